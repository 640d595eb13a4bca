// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "moe/distinct_draw.h"
#include "moe/routing_kinds.h"
#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

class Hash : public RoutingSource {
 public:
  Hash(const HashRouting& config, const RoutingSetup& setup)
      : setup_(setup), draw_(static_cast<std::size_t>(setup.experts)) {
    PODSIM_CHECK(setup.vocabulary >= 1, "a vocabulary of {} tokens", setup.vocabulary);
    std::vector<double> frequency;
    for (std::int64_t n = 1; n <= setup.vocabulary; ++n)
      frequency.push_back(std::pow(static_cast<double>(n), -config.token_alpha));
    tokens_ = AliasTable(Span<const double>(frequency));
  }

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    const std::size_t top_k = check_request(request, setup_, experts);
    const std::vector<ExpertIndex>& table = table_of(request.layer);
    // The layer is not in the stream: a token keeps its id on its way through the network.
    Random random(setup_.seed, "routing.hash.tokens", batch_index(request.step, 0),
                  static_cast<std::uint64_t>(request.source));
    for (std::size_t at = 0; at < experts.size(); at += top_k) {
      const std::size_t id = tokens_.draw(random);
      std::copy_n(table.begin() + static_cast<std::ptrdiff_t>(id * top_k), top_k, experts.data() + at);
    }
  }

 private:
  // tid2eid [vocabulary, top_k] of a layer. Ids are in order of frequency, which the table does not know.
  const std::vector<ExpertIndex>& table_of(std::int64_t layer) {
    std::vector<ExpertIndex>& table = tables_[layer];
    if (!table.empty()) return table;
    const auto top_k = static_cast<std::size_t>(setup_.top_k);
    table.resize(static_cast<std::size_t>(setup_.vocabulary) * top_k);
    Random random(setup_.seed, "routing.hash.table", static_cast<std::uint64_t>(layer));
    for (std::size_t at = 0; at < table.size(); at += top_k)
      draw_.draw(random, Span<ExpertIndex>(table.data() + at, top_k));
    return table;
  }

  RoutingSetup setup_;
  UniformDraw draw_;
  AliasTable tokens_;
  std::map<std::int64_t, std::vector<ExpertIndex>> tables_;  // of each layer asked for so far
};

}  // namespace

std::unique_ptr<RoutingSource> make_hash_routing(const HashRouting& config, const RoutingSetup& setup) {
  return std::make_unique<Hash>(config, setup);
}

}  // namespace podsim::moe

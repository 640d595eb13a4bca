// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "moe/dealing.h"
#include "moe/distinct_draw.h"
#include "moe/routing_kinds.h"

namespace podsim::moe {
namespace {

class Zipf : public RoutingSource {
 public:
  Zipf(const ZipfRouting& config, const RoutingSetup& setup) : setup_(setup) {
    std::vector<double> weights;
    for (std::int64_t n = 1; n <= setup.experts; ++n)
      weights.push_back(std::pow(static_cast<double>(n), -config.alpha));
    draw_ = WeightedDraw(std::move(weights));
  }

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    const std::size_t top_k = check_request(request, setup_, experts);
    const std::vector<ExpertIndex>& by_popularity = order_of(request.layer);
    Random random(setup_.seed, "routing.zipf", batch_index(request.step, request.layer),
                  static_cast<std::uint64_t>(request.source));
    for (std::size_t at = 0; at < experts.size(); at += top_k) {
      draw_.draw(random, Span<ExpertIndex>(experts.data() + at, top_k));
    }
    for (ExpertIndex& expert : experts) expert = by_popularity[expert];
  }

 private:
  const std::vector<ExpertIndex>& order_of(std::int64_t layer) {
    const auto found = orders_.find(layer);
    if (found != orders_.end()) return found->second;
    Random random(setup_.seed, "routing.zipf.order", static_cast<std::uint64_t>(layer));
    return orders_[layer] = shuffled_experts(static_cast<std::size_t>(setup_.experts), random);
  }

  RoutingSetup setup_;
  WeightedDraw draw_;                                        // of places in the order of popularity
  std::map<std::int64_t, std::vector<ExpertIndex>> orders_;  // of each layer asked for so far
};

}  // namespace

std::unique_ptr<RoutingSource> make_zipf_routing(const ZipfRouting& config, const RoutingSetup& setup) {
  return std::make_unique<Zipf>(config, setup);
}

}  // namespace podsim::moe

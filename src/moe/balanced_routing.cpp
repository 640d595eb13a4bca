// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "moe/dealing.h"
#include "moe/routing_kinds.h"

namespace podsim::moe {
namespace {

// Stratified, not round-robin: the latter leaves half of the experts idle in small batches
// (sgl-project/sglang PR #37741).
class Balanced : public RoutingSource {
 public:
  explicit Balanced(const RoutingSetup& setup) : setup_(setup) {}

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    check_request(request, setup_, experts);
    if (experts.empty()) return;
    const std::int64_t group = request.source / setup_.group_ranks;
    const std::uint64_t batch = batch_index(request.step, request.layer);
    if (!dealer_ || group != group_ || batch != batch_) deal_group(batch, group);
    dealer_->deal(
        request.source % setup_.group_ranks,
        Random(setup_.seed, "routing.balanced.rows", batch, static_cast<std::uint64_t>(request.source)),
        experts);
  }

 private:
  void deal_group(std::uint64_t batch, std::int64_t group) {
    Random random(setup_.seed, "routing.balanced", batch, static_cast<std::uint64_t>(group));
    const auto count = static_cast<std::size_t>(setup_.experts);
    const std::int64_t tokens = setup_.group_ranks * setup_.tokens_per_source;
    const std::int64_t routes = tokens * setup_.top_k;
    std::vector<std::int64_t> counts(count, routes / setup_.experts);
    const std::vector<ExpertIndex> order =
        spread_experts(count, static_cast<std::size_t>(setup_.group_ranks), random);
    for (std::size_t i = 0; i < static_cast<std::size_t>(routes % setup_.experts); ++i) ++counts[order[i]];
    dealer_.emplace(std::move(counts), setup_.group_ranks, setup_.tokens_per_source, setup_.top_k, random);
    group_ = group;
    batch_ = batch;
  }

  RoutingSetup setup_;
  std::optional<Dealer> dealer_;  // of this batch and group
  std::uint64_t batch_ = 0;
  std::int64_t group_ = 0;
};

}  // namespace

std::unique_ptr<RoutingSource> make_balanced_routing(const BalancedRouting& /*config*/,
                                                     const RoutingSetup& setup) {
  return std::make_unique<Balanced>(setup);
}

}  // namespace podsim::moe

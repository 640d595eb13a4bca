// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "moe/distinct_draw.h"
#include "moe/routing_kinds.h"

namespace podsim::moe {
namespace {

class Uniform : public RoutingSource {
 public:
  explicit Uniform(const RoutingSetup& setup)
      : setup_(setup), draw_(static_cast<std::size_t>(setup.experts)) {}

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    const std::size_t top_k = check_request(request, setup_, experts);
    Random random(setup_.seed, "routing.uniform", batch_index(request.step, request.layer),
                  static_cast<std::uint64_t>(request.source));
    for (std::size_t at = 0; at < experts.size(); at += top_k) {
      draw_.draw(random, Span<ExpertIndex>(experts.data() + at, top_k));
    }
  }

 private:
  RoutingSetup setup_;
  UniformDraw draw_;
};

}  // namespace

std::unique_ptr<RoutingSource> make_uniform_routing(const UniformRouting& /*config*/,
                                                    const RoutingSetup& setup) {
  return std::make_unique<Uniform>(setup);
}

}  // namespace podsim::moe

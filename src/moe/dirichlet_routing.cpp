// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "moe/distinct_draw.h"
#include "moe/routing_kinds.h"
#include "podsim/base/error.h"

namespace podsim::moe {
namespace {

// A Dirichlet distribution is one of gamma variables of one shape, divided by their sum. Each of them drifts
// as a beta-gamma autoregression (Lewis, McKenzie and Hugus, Communications in Statistics: Stochastic Models
// 5(1), 1989): g' = b g + e with b ~ Beta(shape r, shape (1 - r)) and e ~ Gamma(shape (1 - r)) is again
// Gamma(shape), with the correlation r to g.
class Dirichlet : public RoutingSource {
 public:
  Dirichlet(const DirichletRouting& config, const RoutingSetup& setup) : setup_(setup), config_(config) {
    // A component of a symmetric Dirichlet(shape) over n has the mean 1/n and the variance (n-1) / (n^2 (n
    // shape + 1)).
    const auto n = static_cast<double>(setup.experts);
    if (config.cv == 0.0) return;
    shape_ = ((n - 1.0) / (config.cv * config.cv) - 1.0) / n;
    if (!(shape_ > 0.0)) {
      throw ConfigError(
          fmt::format("dirichlet routing with a cv of {} over {} experts, expected below {:.3f}", config.cv,
                      setup.experts, std::sqrt(n - 1.0)));
    }
  }

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    const std::size_t top_k = check_request(request, setup_, experts);
    const WeightedDraw& draw = popularity(request.step, request.layer);
    Random random(setup_.seed, "routing.dirichlet", batch_index(request.step, request.layer),
                  static_cast<std::uint64_t>(request.source));
    for (std::size_t at = 0; at < experts.size(); at += top_k) {
      draw.draw(random, Span<ExpertIndex>(experts.data() + at, top_k));
    }
  }

 private:
  struct Layer {
    std::int64_t step = -1;
    std::vector<double> weights{};  // gamma variables at that step
    WeightedDraw draw{};
  };

  // The popularity at a step follows from that at step 0: going back starts over.
  const WeightedDraw& popularity(std::int64_t step, std::int64_t layer) {
    Layer& state = layers_[layer];
    const std::int64_t wanted = config_.drift > 0.0 && config_.cv > 0.0 ? step : 0;
    if (state.step == wanted) return state.draw;
    if (state.step < 0 || wanted < state.step) start(state, layer);
    while (state.step < wanted) advance(state, layer);
    state.draw = WeightedDraw(state.weights);
    return state.draw;
  }

  void start(Layer& state, std::int64_t layer) const {
    Random random(setup_.seed, "routing.dirichlet.popularity", batch_index(0, layer));
    state.weights.clear();
    for (std::int64_t e = 0; e < setup_.experts; ++e)
      state.weights.push_back(config_.cv == 0.0 ? 1.0 : random.gamma(shape_));
    state.step = 0;
  }

  void advance(Layer& state, std::int64_t layer) const {
    ++state.step;
    Random random(setup_.seed, "routing.dirichlet.popularity", batch_index(state.step, layer));
    const double renewed = shape_ * config_.drift;
    const double kept = shape_ - renewed;
    for (double& weight : state.weights) {
      if (!(kept > 0.0)) {
        weight = random.gamma(shape_);
        continue;
      }
      const double a = random.gamma(kept);
      const double b = random.gamma(renewed);
      // Beta(a, b) of tiny shapes is 0 or 1, where both gamma variables are too small for a double.
      const double beta = a + b > 0.0 ? a / (a + b) : (random.uniform() < kept / shape_ ? 1.0 : 0.0);
      weight = beta * weight + random.gamma(renewed);
    }
  }

  RoutingSetup setup_;
  DirichletRouting config_;
  double shape_ = 0.0;
  std::map<std::int64_t, Layer> layers_;
};

}  // namespace

std::unique_ptr<RoutingSource> make_dirichlet_routing(const DirichletRouting& config,
                                                      const RoutingSetup& setup) {
  return std::make_unique<Dirichlet>(config, setup);
}

}  // namespace podsim::moe

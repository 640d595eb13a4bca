// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/trace_routed.h"

#include <algorithm>
#include <numeric>

#include "podsim/base/error.h"

namespace podsim::moe {

RoutedTrace::RoutedTrace(RoutingSource& routing, const RoutingSetup& setup, std::string model,
                         std::int64_t steps, std::int64_t layers, std::int64_t first_layer)
    : routing_(routing),
      setup_(setup),
      steps_(static_cast<std::size_t>(steps)),
      layers_(static_cast<std::size_t>(layers)) {
  PODSIM_CHECK(steps > 0 && layers > 0, "a trace of {} steps and {} layers", steps, layers);
  shape_.model = std::move(model);
  shape_.experts = setup.experts;
  shape_.top_k = setup.top_k;
  std::iota(steps_.begin(), steps_.end(), 0);
  std::iota(layers_.begin(), layers_.end(), first_layer);
}

std::int64_t RoutedTrace::records() const {
  return static_cast<std::int64_t>(steps_.size() * layers_.size()) * setup_.sources;
}

TraceRecord RoutedTrace::record(std::int64_t index) {
  const auto batch = static_cast<std::size_t>(index / setup_.sources);
  return {{steps_[batch / layers_.size()], layers_[batch % layers_.size()], index % setup_.sources},
          setup_.tokens_per_source};
}

TraceBatch RoutedTrace::batch(std::int64_t step, std::int64_t layer) {
  const auto layers = static_cast<std::int64_t>(layers_.size());
  if (step < 0 || step > steps_.back() || layer < layers_.front() || layer > layers_.back()) return {};
  return {(step * layers + layer - layers_.front()) * setup_.sources, setup_.sources};
}

void RoutedTrace::read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) {
  const TraceKey key = record(index).key;
  rows_.resize(static_cast<std::size_t>(setup_.tokens_per_source * setup_.top_k));
  routing_.route({key.step, key.layer - layers_.front(), key.source, setup_.tokens_per_source},
                 Span<ExpertIndex>(rows_));
  const auto first = static_cast<std::size_t>(first_row * setup_.top_k);
  PODSIM_CHECK(first + experts.size() <= rows_.size(), "{} experts from {} of {}", experts.size(), first,
               rows_.size());
  std::copy_n(rows_.begin() + static_cast<std::ptrdiff_t>(first), experts.size(), experts.begin());
}

}  // namespace podsim::moe

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/moe/generators.h"
#include "podsim/moe/trace.h"

namespace podsim::moe {

// What a routing source answers, as a trace: a record per step, layer and source, each with
// setup.tokens_per_source tokens. Nothing is held in memory.
class RoutedTrace : public TraceReader {
 public:
  // Steps 0 .. steps-1 and MoE layers 0 .. layers-1, which get the numbers first_layer, first_layer + 1, ..
  RoutedTrace(RoutingSource& routing, const RoutingSetup& setup, std::string model, std::int64_t steps,
              std::int64_t layers, std::int64_t first_layer = 0);

  const std::string& name() const override { return name_; }
  const TraceShape& shape() const override { return shape_; }
  Span<const std::int64_t> steps() const override { return steps_; }
  Span<const std::int64_t> layers() const override { return layers_; }
  std::int64_t records() const override;
  TraceRecord record(std::int64_t index) override;
  TraceBatch batch(std::int64_t step, std::int64_t layer) override;
  void read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) override;

 private:
  RoutingSource& routing_;
  RoutingSetup setup_;
  std::string name_ = "generated routing";
  TraceShape shape_;
  std::vector<std::int64_t> steps_;
  std::vector<std::int64_t> layers_;
  std::vector<ExpertIndex> rows_;
};

}  // namespace podsim::moe

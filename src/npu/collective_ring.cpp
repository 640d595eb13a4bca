// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "npu/collective_steps.h"

namespace podsim::npu {
namespace {

// Every member sends to the next one only (Patarasuk and Yuan, Bandwidth optimal all-reduce algorithms for
// clusters of workstations, 2009). An all-to-all goes the same way: what is for members further on is handed
// on.
class RingSteps : public CollectiveSteps {
 public:
  std::uint32_t steps(const PhaseShape& shape) const override { return shape.members - 1; }
  bool reduces(const PhaseShape& shape, std::uint32_t) const override {
    return shape.operation == CollectiveOperation::ReduceScatter;
  }
  std::vector<std::uint32_t> targets(const PhaseShape& shape, std::uint32_t,
                                     std::uint32_t member) const override {
    return {(member + 1) % shape.members};
  }
  std::vector<std::uint32_t> sources(const PhaseShape& shape, std::uint32_t,
                                     std::uint32_t member) const override {
    return {(member + shape.members - 1) % shape.members};
  }
  std::vector<Units> units(const PhaseShape& shape, std::uint32_t step, std::uint32_t from,
                           std::uint32_t) const override {
    const std::uint32_t n = shape.members;
    if (shape.operation == CollectiveOperation::ReduceScatter)
      return {
          {from, (from + 2 * n - step - 1) % n, 1}};  // the unit that arrives at its owner in the last step
    if (shape.operation == CollectiveOperation::AllGather) return {{from, (from + n - step) % n, 1}};
    const std::uint32_t source = (from + n - step) % n;
    const std::uint32_t first = (from + 1) % n;
    const std::uint32_t count = n - 1 - step;  // not yet where they belong
    const std::uint32_t before_end = std::min(count, n - first);
    std::vector<Units> all{{source, first, before_end}};
    if (before_end < count) all.push_back({source, 0, count - before_end});
    return all;
  }
};

}  // namespace

const CollectiveSteps& ring_steps() {
  static const RingSteps steps;
  return steps;
}

}  // namespace podsim::npu

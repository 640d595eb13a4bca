// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/collective_steps.h"

namespace podsim::npu {
namespace {

// Everyone sends to everyone at once, its neighbour first, so that at any moment every member is wanted by
// one other.
class MeshSteps : public CollectiveSteps {
 public:
  std::uint32_t steps(const PhaseShape& shape) const override { return shape.members > 1 ? 1 : 0; }
  bool reduces(const PhaseShape& shape, std::uint32_t) const override {
    return shape.operation == CollectiveOperation::ReduceScatter;
  }
  std::vector<std::uint32_t> targets(const PhaseShape& shape, std::uint32_t,
                                     std::uint32_t member) const override {
    std::vector<std::uint32_t> others;
    for (std::uint32_t i = 1; i < shape.members; ++i) others.push_back((member + i) % shape.members);
    return others;
  }
  std::vector<std::uint32_t> sources(const PhaseShape& shape, std::uint32_t step,
                                     std::uint32_t member) const override {
    return targets(shape, step, member);
  }
  std::vector<Units> units(const PhaseShape& shape, std::uint32_t, std::uint32_t from,
                           std::uint32_t to) const override {
    return {{from, shape.operation == CollectiveOperation::AllGather ? from : to, 1}};
  }
};

}  // namespace

const CollectiveSteps& mesh_steps() {
  static const MeshSteps steps;
  return steps;
}

}  // namespace podsim::npu

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/collective_plan.h"

#include <algorithm>

#include "npu/collective_steps.h"
#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

const CollectiveSteps& steps_of(CollectiveAlgorithm algorithm) {
  if (algorithm == CollectiveAlgorithm::Mesh) return mesh_steps();
  if (algorithm == CollectiveAlgorithm::Ring) return ring_steps();
  PODSIM_CHECK(algorithm == CollectiveAlgorithm::HalvingDoubling, "a phase cannot be hierarchical");
  return halving_doubling_steps();
}

void check(const CollectiveShape& shape) {
  if (shape.ranks == 0) throw ConfigError("a collective of no ranks");
  const bool hierarchical = shape.algorithm == CollectiveAlgorithm::Hierarchical;
  const CollectiveAlgorithm wide = hierarchical ? shape.across : shape.algorithm;
  if (hierarchical) {
    if (shape.across == CollectiveAlgorithm::Hierarchical)
      throw ConfigError("across: got hierarchical, expected mesh, ring or halving_doubling");
    if (shape.group == 0 || shape.ranks % shape.group != 0)
      throw ConfigError(
          fmt::format("group: {} cards are no whole number of groups of {}", shape.ranks, shape.group));
  }
  if (wide == CollectiveAlgorithm::HalvingDoubling && shape.operation == CollectiveOperation::AllToAll)
    throw ConfigError("halving_doubling has no all_to_all, expected mesh or ring");
}

}  // namespace

CollectivePlan::CollectivePlan(const CollectiveShape& shape) : shape_(shape) {
  check(shape_);
  add_phases();
}

void CollectivePlan::add_phases() {
  const CollectiveOperation operation = shape_.operation;
  const bool all_reduce = operation == CollectiveOperation::AllReduce;
  const auto both = [&](Scope inner, CollectiveAlgorithm algorithm) {
    add_phase(CollectiveOperation::ReduceScatter, algorithm, inner);
    add_phase(CollectiveOperation::AllGather, algorithm, inner);
  };
  if (shape_.algorithm != CollectiveAlgorithm::Hierarchical) {
    if (all_reduce) return both(Scope::All, shape_.algorithm);
    return add_phase(operation, shape_.algorithm, Scope::All);
  }
  // Sums are formed inside the groups first, so that less goes across; copies come from across first.
  constexpr CollectiveAlgorithm kInside = CollectiveAlgorithm::Mesh;
  if (all_reduce) {
    add_phase(CollectiveOperation::ReduceScatter, kInside, Scope::Inside);
    both(Scope::Across, shape_.across);
    return add_phase(CollectiveOperation::AllGather, kInside, Scope::Inside);
  }
  if (operation == CollectiveOperation::AllGather) {
    add_phase(operation, shape_.across, Scope::Across);
    return add_phase(operation, kInside, Scope::Inside);
  }
  add_phase(operation, kInside, Scope::Inside);
  add_phase(operation, shape_.across, Scope::Across);
}

void CollectivePlan::add_phase(CollectiveOperation operation, CollectiveAlgorithm algorithm, Scope scope) {
  Phase phase{operation,    algorithm, scope, shape_.operation == CollectiveOperation::AllReduce,
              shape_.ranks, steps_,    0};
  if (scope == Scope::Inside) phase.members = shape_.group;
  if (scope == Scope::Across) phase.members = shape_.ranks / shape_.group;
  phase.steps = steps_of(algorithm).steps({operation, phase.joined, phase.members});
  if (phase.steps == 0) return;
  phases_.push_back(phase);
  steps_ += phase.steps;
}

std::uint64_t CollectivePlan::chunks() const {
  const std::uint64_t ranks = shape_.ranks;
  return shape_.operation == CollectiveOperation::AllToAll ? ranks * ranks : ranks;
}

// Of a chunk of a vector; the last one ends with the vector.
std::int64_t CollectivePlan::offset(std::uint64_t chunk) const {
  const std::int64_t granule = shape_.granule.count();
  const std::int64_t granules = (shape_.bytes.count() + granule - 1) / granule;
  const auto ranks = static_cast<std::int64_t>(shape_.ranks);
  const auto number = static_cast<std::int64_t>(chunk);
  // As granules x number / ranks, without the product, which overflows.
  const std::int64_t begin = granules / ranks * number + granules % ranks * number / ranks;
  return std::min(shape_.bytes.count(), begin * granule);
}

Bytes CollectivePlan::chunk_bytes(std::uint64_t chunk) const {
  const std::uint64_t place = chunk % shape_.ranks;
  return Bytes(offset(place + 1) - offset(place));
}

Bytes CollectivePlan::bytes_of(const ChunkRange& range) const {
  if (range.stride == 1) {  // within one vector
    const std::uint64_t place = range.first % shape_.ranks;
    return Bytes(offset(place + range.count) - offset(place));
  }
  Bytes sum;
  for (std::uint64_t i = 0; i < range.count; ++i) sum += chunk_bytes(range.first + i * range.stride);
  return sum;
}

ChunkRange CollectivePlan::input(std::uint32_t rank) const {
  const std::uint64_t ranks = shape_.ranks;
  if (shape_.operation == CollectiveOperation::AllGather) return {rank, 1, 1};
  if (shape_.operation == CollectiveOperation::AllToAll) return {rank * ranks, ranks, 1};
  return {0, ranks, 1};
}

ChunkRange CollectivePlan::result(std::uint32_t rank) const {
  const std::uint64_t ranks = shape_.ranks;
  if (shape_.operation == CollectiveOperation::ReduceScatter) return {rank, 1, 1};
  if (shape_.operation == CollectiveOperation::AllToAll) return {rank, ranks, ranks};
  return {0, ranks, 1};
}

const CollectivePlan::Phase& CollectivePlan::phase_of(std::uint32_t step) const {
  PODSIM_CHECK(step < steps_, "step {} of a collective of {}", step, steps_);
  std::size_t phase = 0;
  while (step >= phases_[phase].first_step + phases_[phase].steps) ++phase;
  return phases_[phase];
}

std::uint32_t CollectivePlan::member_of(const Phase& phase, std::uint32_t rank) const {
  if (phase.scope == Scope::Inside) return rank % shape_.group;
  return phase.scope == Scope::Across ? rank / shape_.group : rank;
}

std::uint32_t CollectivePlan::rank_of(const Phase& phase, std::uint32_t rank, std::uint32_t member) const {
  if (phase.scope == Scope::Inside) return rank / shape_.group * shape_.group + member;
  return phase.scope == Scope::Across ? member * shape_.group + rank % shape_.group : member;
}

bool CollectivePlan::reduces(std::uint32_t step) const {
  const Phase& phase = phase_of(step);
  return steps_of(phase.algorithm)
      .reduces({phase.operation, phase.joined, phase.members}, step - phase.first_step);
}

CollectiveStep CollectivePlan::step(std::uint32_t rank, std::uint32_t step) const {
  const Phase& phase = phase_of(step);
  const PhaseShape shape{phase.operation, phase.joined, phase.members};
  const CollectiveSteps& steps = steps_of(phase.algorithm);
  const std::uint32_t own_step = step - phase.first_step;
  const std::uint32_t member = member_of(phase, rank);
  const auto add = [](std::vector<CollectiveTransfer>& list, CollectiveTransfer one) {
    if (one.bytes > Bytes()) list.push_back(std::move(one));
  };
  CollectiveStep result;
  result.reduce = steps.reduces(shape, own_step);
  for (const std::uint32_t to : steps.targets(shape, own_step, member)) {
    CollectiveTransfer one = transfer(phase, own_step, rank, member, to);
    one.peer = rank_of(phase, rank, to);
    add(result.sends, std::move(one));
  }
  for (const std::uint32_t from : steps.sources(shape, own_step, member)) {
    CollectiveTransfer one = transfer(phase, own_step, rank, from, member);
    one.peer = rank_of(phase, rank, from);
    add(result.receives, std::move(one));
  }
  return result;
}

// The units of a phase as chunks of the whole. With r = group x a + i, group g, m groups, n ranks: unit u
// inside group a is what position u of all groups owns, unit u across the positions i what rank g u + i owns.
// Of an all-to-all, a unit inside is the rows of one source for position u of all groups, a unit across those
// of a whole group for rank g u + i.
CollectiveTransfer CollectivePlan::transfer(const Phase& phase, std::uint32_t step, std::uint32_t rank,
                                            std::uint32_t from, std::uint32_t to) const {
  const std::uint64_t n = shape_.ranks;
  const std::uint64_t g = shape_.group;
  const bool rows = phase.operation == CollectiveOperation::AllToAll;
  CollectiveTransfer transfer;
  const auto add = [&](const ChunkRange& range) {
    transfer.chunks.push_back(range);
    transfer.bytes += bytes_of(range);
  };
  const PhaseShape shape{phase.operation, phase.joined, phase.members};
  for (const Units& units : steps_of(phase.algorithm).units(shape, step, from, to)) {
    if (units.count == 0) continue;
    if (phase.scope == Scope::All) {
      add({rows ? units.source * n + units.first : units.first, units.count, 1});
      continue;
    }
    for (std::uint64_t u = units.first; u < units.first + units.count; ++u) {
      if (phase.scope == Scope::Inside) {
        const std::uint64_t source = rank / g * g + units.source;
        add({rows ? source * n + u : u, n / g, g});
      } else if (rows) {
        add({units.source * g * n + u * g + rank % g, g, n});
      } else {
        add({u * g + rank % g, 1, 1});
      }
    }
  }
  return transfer;
}

}  // namespace podsim::npu

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/config/fields.h"

namespace podsim::npu {

// What the ranks of a group have at the end. Every rank has a vector of `bytes`, cut into one chunk for each
// rank.
enum class CollectiveOperation : std::uint8_t {
  AllToAll,       // chunk j of every rank's vector is at rank j
  AllGather,      // every rank has the chunks that each of them began with one of
  ReduceScatter,  // rank j has the sum over all ranks of chunk j
  AllReduce,      // every rank has the sum of all vectors
};

enum class CollectiveAlgorithm : std::uint8_t {
  Mesh,             // everyone with everyone, in one step for each direction
  Ring,             // to the next rank only, one chunk a step
  HalvingDoubling,  // with partners at distance n/2, n/4, ..., half as much each time, and back
  Hierarchical,     // inside groups of neighbouring ranks by mesh, and across the groups
};

struct CollectiveShape {
  CollectiveOperation operation = CollectiveOperation::AllReduce;
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::Mesh;
  CollectiveAlgorithm across = CollectiveAlgorithm::Mesh;  // Hierarchical: between groups
  std::uint32_t ranks = 2;
  std::uint32_t group = 1;   // Hierarchical: ranks of a group
  Bytes bytes;               // of one rank's vector: the longer one of its input and its result
  Bytes granule = Bytes(1);  // chunks are cut between these
};

// Chunks first, first + stride, ..., `count` of them.
struct ChunkRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t stride = 1;
};

// What one rank sends to another, or gets from it, in one step.
struct CollectiveTransfer {
  std::uint32_t peer = 0;
  Bytes bytes;
  std::vector<ChunkRange> chunks;
};

// What one rank does in one step. Its sends may leave when all that it gets in earlier steps is there and
// reduced. Transfers of no bytes are left out.
struct CollectiveStep {
  std::vector<CollectiveTransfer> sends;
  std::vector<CollectiveTransfer> receives;
  bool reduce = false;  // what is received is added to the same chunks; otherwise it takes their place
};

// Who sends what to whom after what: plain data, made step by step and rank by rank, so that nobody holds the
// plan of thousands of ranks. Chunks of an all-to-all are numbered source x ranks + destination, those of the
// others 0 to ranks - 1. docs/components/collectives.md has the steps of each algorithm and their cost.
class CollectivePlan {
 public:
  // Throws ConfigError: groups that do not divide the ranks, an algorithm that the operation does not have.
  explicit CollectivePlan(const CollectiveShape& shape);

  const CollectiveShape& shape() const { return shape_; }
  std::uint32_t ranks() const { return shape_.ranks; }
  std::uint32_t steps() const { return steps_; }
  std::uint64_t chunks() const;
  Bytes chunk_bytes(std::uint64_t chunk) const;
  bool reduces(std::uint32_t step) const;
  CollectiveStep step(std::uint32_t rank, std::uint32_t step) const;

  // What a rank holds before the first step and what it must hold after the last one.
  ChunkRange input(std::uint32_t rank) const;
  ChunkRange result(std::uint32_t rank) const;
  Bytes bytes_of(const ChunkRange& range) const;

 private:
  enum class Scope : std::uint8_t { All, Inside, Across };
  struct Phase {
    CollectiveOperation operation;  // not AllReduce, which is two phases
    CollectiveAlgorithm algorithm;  // not Hierarchical, which is a phase for each scope
    Scope scope;
    bool joined;  // half of an all-reduce
    std::uint32_t members;
    std::uint32_t first_step;
    std::uint32_t steps;
  };

  void add_phases();
  void add_phase(CollectiveOperation operation, CollectiveAlgorithm algorithm, Scope scope);
  const Phase& phase_of(std::uint32_t step) const;
  std::uint32_t member_of(const Phase& phase, std::uint32_t rank) const;
  std::uint32_t rank_of(const Phase& phase, std::uint32_t rank, std::uint32_t member) const;
  CollectiveTransfer transfer(const Phase& phase, std::uint32_t step, std::uint32_t rank, std::uint32_t from,
                              std::uint32_t to) const;
  std::int64_t offset(std::uint64_t chunk) const;

  CollectiveShape shape_;
  std::vector<Phase> phases_;
  std::uint32_t steps_ = 0;
};

}  // namespace podsim::npu

template <>
struct podsim::config::EnumNames<podsim::npu::CollectiveOperation> {
  static constexpr const char* kWhat = "collective operation";
  static constexpr std::array kNames{
      std::pair{npu::CollectiveOperation::AllToAll, "all_to_all"},
      std::pair{npu::CollectiveOperation::AllGather, "all_gather"},
      std::pair{npu::CollectiveOperation::ReduceScatter, "reduce_scatter"},
      std::pair{npu::CollectiveOperation::AllReduce, "all_reduce"},
  };
};

template <>
struct podsim::config::EnumNames<podsim::npu::CollectiveAlgorithm> {
  static constexpr const char* kWhat = "collective algorithm";
  static constexpr std::array kNames{
      std::pair{npu::CollectiveAlgorithm::Mesh, "mesh"},
      std::pair{npu::CollectiveAlgorithm::Ring, "ring"},
      std::pair{npu::CollectiveAlgorithm::HalvingDoubling, "halving_doubling"},
      std::pair{npu::CollectiveAlgorithm::Hierarchical, "hierarchical"},
  };
};

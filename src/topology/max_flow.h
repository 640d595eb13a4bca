// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace podsim::topology {

// Maximum flow through a directed network with integer capacities (Dinic 1970).
class MaxFlow {
 public:
  explicit MaxFlow(std::size_t nodes) : out_(nodes) {}
  void add(std::uint32_t from, std::uint32_t to, std::int64_t capacity);
  // Sends what can be sent; call once.
  std::int64_t run(std::uint32_t source, std::uint32_t sink);

 private:
  struct Arc {
    std::uint32_t to;
    std::int64_t left;  // capacity not used
  };
  bool find_levels(std::uint32_t source, std::uint32_t sink);
  std::int64_t push(std::uint32_t source, std::uint32_t sink);

  std::vector<Arc> arcs_;  // arc i and its opposite i ^ 1
  std::vector<std::vector<std::uint32_t>> out_;
  std::vector<std::uint32_t> level_;
  std::vector<std::size_t> next_;
};

}  // namespace podsim::topology

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/base/span.h"
#include "podsim/moe/routing.h"

namespace podsim::moe {

// Draws sets of distinct items, all alike: `picks` (at most `items` of them) in a random order.
class UniformDraw {
 public:
  explicit UniformDraw(std::size_t items);
  void draw(Random& random, Span<ExpertIndex> picks);

 private:
  std::uint64_t items_;
  std::vector<ExpertIndex> pool_;  // always a permutation
};

// One item with a probability proportional to its weight, in constant time (Walker's alias method, in Vose's
// form: IEEE Transactions on Software Engineering 17(9), 1991). Weights that add up to nothing are taken as
// equal.
class AliasTable {
 public:
  AliasTable() = default;
  explicit AliasTable(Span<const double> weights);
  bool empty() const { return columns_.empty(); }
  std::uint32_t draw(Random& random) const {
    const std::uint64_t x = random();
    const Column& column = columns_[((x >> 32U) * columns_.size()) >> 32U];
    return static_cast<std::uint32_t>(x) < column.threshold ? column.own : column.alias;
  }

 private:
  struct Column {
    std::uint32_t threshold;  // in 2^-32
    std::uint32_t own;
    std::uint32_t alias;
  };
  std::vector<Column> columns_;
};

// Draws items one after the other without repeats, each among those left with a probability proportional to
// its weight (successive sampling, as a Gumbel top-k gives).
class WeightedDraw {
 public:
  WeightedDraw() = default;
  explicit WeightedDraw(std::vector<double> weights);
  bool empty() const { return weights_.empty(); }
  void draw(Random& random, Span<ExpertIndex> picks) const;

 private:
  ExpertIndex draw_among_rest(Random& random, Span<const ExpertIndex> taken) const;

  std::vector<double> weights_;
  AliasTable table_;
};

}  // namespace podsim::moe

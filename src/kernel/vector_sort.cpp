// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_sort.h"

#include <fmt/format.h>

#include <numeric>
#include <vector>

namespace podsim::kernel {
namespace {

constexpr std::uint32_t kRun = 32;  // elements that Sort32 orders at once
constexpr std::uint64_t kMostPairs = 4095;

double score(const std::byte* pair, DataType type) {
  return load_number(pair, 0, type);
}

// Takes the best head of the lists until all are used up, or one is.
std::array<std::uint16_t, 4> merge(std::byte* out, const std::array<const std::byte*, 4>& lists,
                                   const std::array<std::uint32_t, 4>& lengths, bool suspend, DataType type) {
  std::array<std::uint16_t, 4> taken{};
  while (true) {
    int best = -1;
    for (int i = 0; i < 4; ++i) {
      const auto list = static_cast<std::size_t>(i);
      if (taken[list] >= lengths[list]) continue;
      const std::byte* const head = lists[list] + taken[list] * kPairBytes;
      const auto leader = static_cast<std::size_t>(best);
      if (best < 0 || score(head, type) > score(lists[leader] + taken[leader] * kPairBytes, type)) best = i;
    }
    if (best < 0) return taken;
    const auto list = static_cast<std::size_t>(best);
    std::memcpy(out, lists[list] + taken[list]++ * kPairBytes, kPairBytes);
    out += kPairBytes;
    if (suspend && taken[list] == lengths[list]) return taken;
  }
}

Lanes pair_lanes(std::uint64_t pairs) {
  Lanes lanes = full_lanes(32, static_cast<std::uint32_t>(ceil_div(pairs, kRun)));
  lanes.mask[0] = 0xffffffffU;  // a repeat is 32 pairs
  return lanes;
}

}  // namespace

void issue_sort32(std::uint64_t dst, std::uint64_t scores, std::uint64_t indices, std::uint32_t repeats,
                  DataType type) {
  const std::uint32_t size = bits_of(type) / 8;
  const std::uint64_t count = std::uint64_t{repeats} * kRun;
  require_aligned("Sort32", "the scores", scores, kBlockBytes);
  require_aligned("Sort32", "the indices", indices, kBlockBytes);
  Lanes lanes = full_lanes(32, repeats);
  lanes.mask[0] = 0xffffffffU;
  VectorCall("Sort32", VectorOp::Sort, type, lanes)
      .writes_bytes("the destination", dst, count * kPairBytes)
      .reads_bytes("the scores", scores, count * size)
      .reads_bytes("the indices", indices, count * sizeof(std::uint32_t))
      .issue([=](std::byte* memory) {
        for (std::uint32_t r = 0; r < repeats; ++r) {
          const std::byte* const from = memory + scores + std::uint64_t{r} * kRun * size;
          std::array<std::uint32_t, kRun> order{};
          std::iota(order.begin(), order.end(), 0U);
          std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
            return load_number(from, a, type) > load_number(from, b, type);
          });
          std::array<std::byte, kRun * kPairBytes> pairs{};
          for (std::uint32_t i = 0; i < kRun; ++i) {
            std::memcpy(&pairs[i * kPairBytes], from + order[i] * size, size);
            std::memcpy(&pairs[i * kPairBytes + 4],
                        memory + indices + (std::uint64_t{r} * kRun + order[i]) * 4, 4);
          }
          std::memcpy(memory + dst + std::uint64_t{r} * pairs.size(), pairs.data(), pairs.size());
        }
      });
}

void issue_merge(const MergeCall& call) {
  if (call.valid != 3 && call.valid != 7 && call.valid != 15) {
    refuse("MrgSort", fmt::format("validBit is {}, expected 3, 7 or 15", call.valid));
  }
  std::array<std::uint32_t, 4> lengths{};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if ((call.valid >> i & 1U) == 0) continue;
    require_at_most("MrgSort", "an element length", call.lengths[i], kMostPairs);
    lengths[i] = call.lengths[i];
    total += lengths[i];
  }
  // Repeats, four lists of one length behind each other, go on where the last list ends.
  const std::uint64_t all = total * call.repeats;
  VectorCall vector("MrgSort", VectorOp::MergeSort, call.type, pair_lanes(all));
  vector.writes_bytes("the destination", call.dst, all * kPairBytes, kPairBytes);
  for (std::size_t i = 0; i < 4; ++i) {
    if (lengths[i] == 0) continue;
    require_aligned("MrgSort", "a source", call.src[i], kPairBytes);
    vector.reads_bytes("a source", call.src[i], lengths[i] * kPairBytes);
  }
  CoreRegisters* const registers = &scalar_unit().registers();
  registers->merged = call.lengths;
  vector.issue([call, lengths, total, registers](std::byte* memory) {
    for (std::uint32_t r = 0; r < call.repeats; ++r) {
      std::array<const std::byte*, 4> lists{};
      const std::uint64_t shift = r * total * kPairBytes;
      for (std::size_t i = 0; i < 4; ++i) lists[i] = memory + call.src[i] + shift;
      registers->merged = merge(memory + call.dst + shift, lists, lengths, call.suspend, call.type);
    }
  });
}

void issue_merge_runs(std::uint64_t dst, std::uint64_t tmp, std::uint32_t runs, DataType type) {
  const std::uint64_t pairs = std::uint64_t{runs} * kRun;
  std::uint64_t from = dst;
  std::uint64_t to = tmp;
  // Four runs at a time become one, until one is left; an odd number of rounds is copied back.
  for (std::uint64_t length = kRun; length < pairs; length *= 4) {
    VectorCall("Sort", VectorOp::MergeSort, type, pair_lanes(pairs))
        .writes_bytes("the work buffer", to, pairs * kPairBytes)
        .reads_bytes("the runs", from, pairs * kPairBytes)
        .issue([=](std::byte* memory) {
          for (std::uint64_t first = 0; first < pairs; first += 4 * length) {
            std::array<const std::byte*, 4> lists{};
            std::array<std::uint32_t, 4> lengths{};
            for (std::uint64_t i = 0; i < 4; ++i) {
              const std::uint64_t start = std::min(first + i * length, pairs);
              lists[i] = memory + from + start * kPairBytes;
              lengths[i] = static_cast<std::uint32_t>(std::min(start + length, pairs) - start);
            }
            merge(memory + to + first * kPairBytes, lists, lengths, false, type);
          }
        });
    std::swap(from, to);
  }
  if (from == dst) return;
  VectorCall("Sort", VectorOp::Move, type,
             full_lanes(32, static_cast<std::uint32_t>(ceil_div(pairs * kPairBytes, kRepeatBytes))))
      .writes_bytes("the destination", dst, pairs * kPairBytes)
      .reads_bytes("the work buffer", from, pairs * kPairBytes)
      .issue([=](std::byte* memory) { std::memmove(memory + dst, memory + from, pairs * kPairBytes); });
}

void issue_extract(std::uint64_t values, std::uint64_t indices, std::uint64_t sorted, std::uint32_t repeats,
                   DataType type) {
  const std::uint32_t size = bits_of(type) / 8;
  const std::uint64_t pairs = std::uint64_t{repeats} * kRun;
  VectorCall("Extract", VectorOp::GatherMask, type, pair_lanes(pairs))
      .writes_bytes("the values", values, pairs * size)
      .writes_bytes("the indices", indices, pairs * sizeof(std::uint32_t))
      .reads_bytes("the sorted list", sorted, pairs * kPairBytes)
      .issue([=](std::byte* memory) {
        for (std::uint64_t i = 0; i < pairs; ++i) {
          std::memcpy(memory + values + i * size, memory + sorted + i * kPairBytes, size);
          std::memcpy(memory + indices + i * 4, memory + sorted + i * kPairBytes + 4, 4);
        }
      });
}

}  // namespace podsim::kernel

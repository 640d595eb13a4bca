// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Kernels as users write them: sources of their own, compiled like theirs and run on several cores that take
// turns.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "support/fake_core.h"

// User kernels are not held to our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "kernels/add_stream.cpp"
#include "kernels/draft_tree.cpp"
#include "kernels/page_ranges.cpp"
#include "kernels/range_copy.cpp"
#include "kernels/slot_rows.cpp"
#include "kernels/unit_lower_inverse.cpp"
#pragma GCC diagnostic pop

namespace podsim::test {
namespace {

// Device memory with the arrays of one launch.
class Launch {
 public:
  template <class T>
  T* put(const std::vector<T>& values, std::size_t spare = 0) {
    std::byte* const at = memory.allocate((values.size() + spare) * sizeof(T));
    std::memcpy(at, static_cast<const void*>(values.data()), values.size() * sizeof(T));
    return reinterpret_cast<T*>(at);
  }
  template <class T>
  T* zeros(std::size_t count) {
    return reinterpret_cast<T*>(memory.allocate(count * sizeof(T)));
  }
  template <class F>
  void on(std::int64_t blocks, F&& kernel) {
    machine = std::make_unique<FakeMachine>(FakeMachine::vector_cores(memory, blocks));
    machine->run(kernel);
    for (std::int64_t i = 0; i < blocks; ++i)
      EXPECT_EQ(machine->core(static_cast<std::size_t>(i)).pending_flags(), 0U);
  }

  kernel::DeviceMemory memory{1U << 30U};
  std::unique_ptr<FakeMachine> machine;
};
template <class T>
GM_ADDR gm(T* pointer) {
  return reinterpret_cast<GM_ADDR>(pointer);
}

TEST(UserKernel, AddStreamAddsExactly) {
  constexpr std::size_t kCount = 16384;
  std::vector<half> x(kCount);
  std::vector<half> y(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    x[i] = half(i % 251);
    y[i] = half(-static_cast<double>(i % 127) / 2);
  }
  Launch launch;
  half* const dx = launch.put(x);
  half* const dy = launch.put(y);
  half* const dz = launch.zeros<half>(kCount);
  launch.on(8, [&] { add_stream(gm(dx), gm(dy), gm(dz), kCount); });
  for (std::size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(static_cast<float>(dz[i]), static_cast<float>(x[i]) + static_cast<float>(y[i])) << i;
  EXPECT_EQ(launch.machine->core(0).of("Add").size(), 16U);
}

void check_slot_rows(std::uint64_t batch) {
  constexpr std::uint64_t kBlocks = 8;
  constexpr std::uint64_t kRow = 64;
  constexpr std::uint64_t kMost = 4;
  const auto up = [](std::uint64_t n) { return (n + 7) / 8 * 8; };
  std::mt19937 random(static_cast<std::uint32_t>(batch));
  std::vector<std::int32_t> begin(batch);
  std::vector<std::int32_t> end(batch);
  std::vector<std::int32_t> first(batch + 1);
  for (std::size_t i = 0; i < batch; ++i) {
    begin[i] = static_cast<std::int32_t>(random() % (kRow - kMost));
    end[i] = begin[i] + 1 + static_cast<std::int32_t>(random() % kMost);
    first[i + 1] = first[i] + end[i] - begin[i];
  }
  std::vector<std::int32_t> slots(batch * kMost);
  std::iota(slots.begin(), slots.end(), 1000);
  std::vector<std::int32_t> pool((batch + batch / kBlocks + 2) * kRow);
  std::iota(pool.begin(), pool.end(), 0);
  SlotRowsTiling tiling{kBlocks,
                        batch / kBlocks,
                        batch % kBlocks,
                        up(kRow * (batch / kBlocks + 1)),
                        up(batch * kMost),
                        up(batch + 1),
                        kRow,
                        0};
  tiling.workspace = kBlocks * 32 * kBlocks + kBlocks * 32 + 32;
  Launch launch;
  auto* const dpool = launch.put(pool);
  auto* const dbegin = launch.put(begin, 8);
  auto* const dend = launch.put(end, 8);
  auto* const dfirst = launch.put(first, 8);
  auto* const dslots = launch.put(slots, 8);
  auto* const flags = launch.zeros<std::int32_t>(tiling.workspace / 4);
  auto* const dtiling = launch.put(std::vector<SlotRowsTiling>{tiling});
  launch.on(kBlocks, [&] {
    slot_rows(gm(dpool), gm(dbegin), gm(dend), gm(dslots), gm(dfirst), gm(flags), gm(dtiling));
  });
  for (std::size_t row = 0; row < batch; ++row) {
    for (std::int32_t c = begin[row]; c < end[row]; ++c) {
      pool[row * kRow + static_cast<std::size_t>(c)] =
          slots[static_cast<std::size_t>(first[row] + c - begin[row])];
    }
  }
  for (std::size_t i = 0; i < pool.size(); ++i) ASSERT_EQ(dpool[i], pool[i]) << i;
  for (std::size_t i = 0; i < kBlocks; ++i) EXPECT_EQ(flags[8 * i], 0);
}
TEST(UserKernel, SlotRowsWritesEveryRowAndConsumesItsFlags) {
  check_slot_rows(16);
  check_slot_rows(19);
}

template <class T, class F>
void check_inverse(std::uint32_t n, std::uint32_t matrices, F&& entry) {
  std::mt19937 random(n);
  std::vector<T> lower(matrices * n * n, T(0));
  for (std::size_t b = 0; b < matrices; ++b) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = i < 3 ? 0 : i - 3; k < i; ++k) {
        if (random() % 8 == 0) lower[b * n * n + i * n + k] = T(random() % 2 == 0 ? 1 : -1);
      }
      lower[b * n * n + i * n + i] = T(1);
    }
  }
  Launch launch;
  T* const in = launch.put(lower);
  T* const out = launch.zeros<T>(lower.size());
  auto* const tiling = launch.put(std::vector<std::uint32_t>{matrices, matrices * n * n, n});
  launch.on(matrices, [&] { entry(gm(in), gm(out), gm(tiling)); });
  for (std::size_t b = 0; b < matrices; ++b) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) {
          sum +=
              static_cast<double>(lower[(b * n + i) * n + k]) * static_cast<double>(out[(b * n + k) * n + j]);
        }
        ASSERT_EQ(sum, i == j ? 1 : 0) << b << " " << i << " " << j;
      }
    }
  }
}
TEST(UserKernel, InverseTimesMatrixIsTheUnitMatrix) {
  check_inverse<half>(32, 3, unit_lower_inverse_fp16);
  check_inverse<half>(64, 4, unit_lower_inverse_fp16);
  check_inverse<float>(32, 4, unit_lower_inverse_fp32);
  check_inverse<float>(64, 3, unit_lower_inverse_fp32);
}

template <class Index>
void check_page_ranges(std::uint64_t batch, std::int64_t blocks, std::uint32_t mode) {
  constexpr std::uint64_t kRow = 256;
  std::mt19937 random(static_cast<std::uint32_t>(batch + mode));
  std::vector<Index> rows(batch);
  std::iota(rows.begin(), rows.end(), Index{0});
  std::shuffle(rows.begin(), rows.end(), random);
  std::vector<std::int64_t> begin(batch);
  std::vector<std::int64_t> end(batch);
  for (std::size_t i = 0; i < batch; ++i) {
    begin[i] = static_cast<std::int64_t>(random() % (kRow - 16));
    end[i] = begin[i] + static_cast<std::int64_t>(random() % 17);
  }
  std::vector<std::int32_t> pool(batch * kRow);
  std::iota(pool.begin(), pool.end(), 0);
  std::vector<std::int32_t> list(16 * batch);
  std::iota(list.begin(), list.end(), 1 << 20);
  const std::uint64_t per = 32 / sizeof(Index);
  const auto cores = static_cast<std::uint64_t>(blocks);
  const PageRangesTiling tiling{sizeof(Index) == 4 ? 1U : 2U,
                                cores,
                                batch,
                                batch / cores,
                                batch % cores,
                                kRow,
                                (batch + per - 1) / per * per,
                                (batch + 3) / 4 * 4,
                                (16 * batch + 7) / 8 * 8};
  Launch launch;
  auto* const drows = launch.put(rows, 8);
  auto* const dbegin = launch.put(begin, 8);
  auto* const dend = launch.put(end, 8);
  auto* const dpool = launch.put(pool);
  auto* const dlist = launch.put(list, 8);
  auto* const dtiling = launch.put(std::vector<PageRangesTiling>{tiling});
  launch.on(blocks,
            [&] { page_ranges(gm(drows), gm(dpool), gm(dbegin), gm(dend), gm(dlist), gm(dtiling), mode); });
  std::size_t packed = 0;
  for (std::size_t i = 0; i < batch; ++i) {
    for (std::int64_t c = begin[i]; c < end[i]; ++c, ++packed) {
      std::int32_t& cell = pool[static_cast<std::size_t>(rows[i]) * kRow + static_cast<std::size_t>(c)];
      (mode == 0 ? cell : list[packed]) = mode == 0 ? list[packed] : cell;
    }
  }
  for (std::size_t i = 0; i < pool.size(); ++i) ASSERT_EQ(dpool[i], pool[i]) << i;
  for (std::size_t i = 0; i < list.size(); ++i) ASSERT_EQ(dlist[i], list[i]) << i;
}
TEST(UserKernel, PageRangesGoBothWays) {
  check_page_ranges<std::int32_t>(37, 8, 0);
  check_page_ranges<std::int64_t>(5, 8, 0);
  check_page_ranges<std::int32_t>(5, 1, 1);
  check_page_ranges<std::int64_t>(37, 1, 1);
}

void check_draft_tree(std::int64_t batch) {
  constexpr std::int64_t kTopk = 4;
  constexpr std::int64_t kDepth = 3;
  constexpr std::int64_t kDrafts = 8;
  constexpr std::size_t kParents = kTopk * (kDepth - 1) + 1;
  std::mt19937 random(static_cast<std::uint32_t>(batch));
  const auto pick = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint32_t>(high - low + 1));
  };
  std::vector<std::int64_t> parents;
  std::vector<std::int64_t> selected;
  std::vector<std::int64_t> lengths;
  std::int64_t mask_size = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t c1 = pick(4, 7);
    for (const std::int64_t s :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, c1, pick(8, 11), pick(20, 23)})
      selected.push_back(s);
    std::vector<std::int64_t> row{-1, 0, 1, 2, 3, c1};
    row.resize(kParents, 99);
    parents.insert(parents.end(), row.begin(), row.end());
    lengths.push_back(pick(5, 24));
    mask_size += kDrafts * (lengths.back() + kDrafts);
  }
  const std::int64_t blocks = std::min<std::int64_t>(batch, 4);
  const std::int64_t rest = batch % blocks;
  draft_tree_kernel::DraftTreeTiling tiling{kTopk,
                                            kDepth,
                                            kDrafts,
                                            batch,
                                            mask_size,
                                            rest == 0 ? blocks : rest,
                                            (batch + blocks - 1) / blocks,
                                            batch / blocks};
  Launch launch;
  auto* const dparents = launch.put(parents);
  auto* const dselected = launch.put(selected);
  auto* const dlengths = launch.put(lengths);
  const std::vector<std::uint8_t> untouched(static_cast<std::size_t>(mask_size), 0x77);
  auto* const mask = launch.put(untouched);
  const auto outputs = static_cast<std::size_t>(batch * kDrafts);
  auto* const positions = launch.zeros<std::int64_t>(outputs);
  auto* const index = launch.zeros<std::int64_t>(outputs);
  auto* const next = launch.zeros<std::int64_t>(outputs);
  auto* const sibling = launch.zeros<std::int64_t>(outputs);
  auto* const dtiling = launch.put(std::vector<draft_tree_kernel::DraftTreeTiling>{tiling});
  launch.on(blocks, [&] {
    draft_tree(gm(dparents), gm(dselected), gm(dlengths), gm(mask), gm(positions), gm(index), gm(next),
               gm(sibling), nullptr, gm(dtiling));
  });
  std::size_t row_start = 0;
  for (std::size_t b = 0; b < static_cast<std::size_t>(batch); ++b) {
    std::array<std::size_t, kDrafts> parent{};
    for (std::size_t i = 1; i < kDrafts; ++i) {
      const auto q = static_cast<std::size_t>(selected[b * 7 + i - 1] / kTopk);
      for (std::size_t s = 0; q != 0 && s < 7; ++s) {
        if (selected[b * 7 + s] == parents[b * kParents + q]) parent[i] = s + 1;
      }
    }
    std::array<std::int64_t, kDrafts> expected_next;
    std::array<std::int64_t, kDrafts> expected_sibling;
    expected_next.fill(-1);
    expected_sibling.fill(-1);
    for (std::size_t i = kDrafts - 1; i >= 1; --i) {
      expected_sibling[i] = expected_next[parent[i]];
      expected_next[parent[i]] = static_cast<std::int64_t>(i);
    }
    const auto length = static_cast<std::size_t>(lengths[b]);
    for (std::size_t i = 0; i < kDrafts; ++i) {
      std::array<std::uint8_t, kDrafts> row{1};
      std::int64_t depth = 0;
      for (std::size_t up = i; up != 0; up = parent[up], ++depth) row[up] = 1;
      ASSERT_EQ(positions[b * kDrafts + i], lengths[b] + depth);
      ASSERT_EQ(index[b * kDrafts + i], static_cast<std::int64_t>(b * kDrafts + i));
      ASSERT_EQ(next[b * kDrafts + i], expected_next[i]);
      ASSERT_EQ(sibling[b * kDrafts + i], expected_sibling[i]);
      for (std::size_t c = 0; c < length + kDrafts; ++c)
        ASSERT_EQ(mask[row_start + c], c < length ? 0x77 : row[c - length]);
      row_start += length + kDrafts;
    }
  }
}
TEST(UserKernel, DraftTreeLinksAndMasks) {
  check_draft_tree(1);
  check_draft_tree(3);
  check_draft_tree(7);
}

template <class T>
void check_range_copy(std::uint32_t batch, std::int64_t blocks, std::uint32_t count, std::uint32_t pitch) {
  std::mt19937 random(batch + count);
  std::vector<std::int64_t> to(batch);
  std::vector<std::int64_t> to_end(batch);
  std::vector<std::int64_t> from(batch);
  std::vector<std::int64_t> from_end(batch);
  for (std::size_t b = 0; b < batch; ++b) {
    to[b] = static_cast<std::int64_t>(random() % (pitch - count - 64 + 1));
    to_end[b] = to[b] + count;
    from[b] = b == 0 ? 0 : from_end[b - 1];
    from_end[b] = from[b] + count;
  }
  std::vector<T> source(batch * count);
  for (T& value : source) value = static_cast<T>(random());
  std::vector<T> target(std::size_t{batch} * pitch);
  for (T& value : target) value = static_cast<T>(random());
  Launch launch;
  auto* const dst = launch.put(target);
  auto* const src = launch.put(source);
  auto* const d0 = launch.put(to);
  auto* const d1 = launch.put(to_end);
  auto* const s0 = launch.put(from);
  auto* const s1 = launch.put(from_end);
  auto* const sync = launch.zeros<std::int32_t>(static_cast<std::size_t>(blocks) * 16 + 8);
  auto* const tiling = launch.put(std::vector<std::uint32_t>{
      batch, pitch, sizeof(T), static_cast<std::uint32_t>(blocks * 64 + 32), 192 * 1024});
  launch.on(blocks,
            [&] { range_copy(gm(dst), gm(src), gm(d0), gm(d1), gm(s0), gm(s1), gm(sync), gm(tiling)); });
  for (std::size_t b = 0; b < batch; ++b) {
    std::copy_n(source.begin() + from[b], count,
                target.begin() + static_cast<std::int64_t>(b * pitch) + to[b]);
  }
  for (std::size_t i = 0; i < target.size(); ++i) ASSERT_EQ(dst[i], target[i]) << i;
  for (std::size_t i = 0; i < static_cast<std::size_t>(blocks) * 16; ++i) EXPECT_EQ(sync[i], 0);
}
TEST(UserKernel, RangeCopyMovesEveryWidthInOrder) {
  check_range_copy<std::int32_t>(20, 8, 2, 1024);
  check_range_copy<std::int8_t>(20, 8, 1, 1024);
  check_range_copy<std::int16_t>(9, 4, 37, 1024);
  check_range_copy<std::int64_t>(6, 4, 7000, 16384);
  check_range_copy<std::int32_t>(6, 4, 50000, 100000);
}

}  // namespace
}  // namespace podsim::test

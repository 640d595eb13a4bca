// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <vector>

#include "kernel/ops/vector_rows.h"

// The best lanes of one row, optionally of its best groups only, with the sorting instructions: runs of 32
// are sorted, then the heads of up to four lists at a time merged. Nothing of it depends on data, so that
// runs without data take the same time.
namespace podsim::kernel::ops {

inline constexpr std::uint32_t kRunLanes = 32;  // that Sort32 orders at once

struct SelectPlan {
  std::uint32_t experts = 0;
  std::uint32_t groups = 1;
  std::uint32_t kept_groups = 1;
  std::uint32_t top_k = 1;  // at most a run
  bool sum_of_two = false;  // of a group: its score is the sum of the two best, else the best

  std::uint32_t group_size() const { return experts / groups; }
  // Floats between rows; there are no gaps between groups.
  std::uint32_t pitch() const { return static_cast<std::uint32_t>(round_up(experts, kRunLanes)); }
  std::uint32_t group_lanes() const { return static_cast<std::uint32_t>(round_up(group_size(), kRunLanes)); }
  std::uint32_t top_pitch() const { return static_cast<std::uint32_t>(round_up(top_k, 8)); }
  // Lanes of all groups, each rounded up to runs.
  std::uint32_t lanes() const { return groups * group_lanes(); }
  // Results of merges: at most a third of the runs, and one more a level, four heads each.
  std::uint32_t merge_pairs() const { return (lanes() / kRunLanes / 2 + 4) * 4 * kRunLanes; }
  // Of the unified buffer, for TopkSelect.
  std::uint64_t bytes() const {
    const std::uint64_t most = std::max(lanes(), pitch());
    return most * (4 * 4 + 8) + std::uint64_t{merge_pairs()} * 8 + 16 * kRunLanes * 4 + 8 * kBlockBytes;
  }
};

class TopkSelect {
 public:
  explicit TopkSelect(const SelectPlan& plan) : plan_(plan) {}

  void init(AscendC::TPipe& pipe) {
    using namespace AscendC;
    const uint32_t lanes = std::max(plan_.lanes(), plan_.pitch());
    pipe.InitBuffer(count_buffer_, lanes * 4);
    pipe.InitBuffer(number_buffer_, lanes * 4);
    pipe.InitBuffer(offset_buffer_, lanes * 4);
    pipe.InitBuffer(lane_buffer_, lanes * 4);
    pipe.InitBuffer(pair_buffer_, lanes * 8);
    pipe.InitBuffer(merge_buffer_, plan_.merge_pairs() * 8);
    pipe.InitBuffer(small_buffer_, kSmall * 4);
    const LocalTensor<int32_t> count = count_buffer_.Get<int32_t>();
    CreateVecIndex(count, int32_t{0}, lanes);
    Muls(small(kHeads).ReinterpretCast<int32_t>(), count, static_cast<int32_t>(kPairBytes), kRunLanes);
  }

  // -infinity behind the last column of every row.
  void close_rows(const AscendC::LocalTensor<float>& tile, std::uint32_t rows, std::uint32_t pitch) {
    close(tile, plan_.experts, rows, pitch);
  }

  // index[k] = column of the k-th best of `row`.
  void run(const AscendC::LocalTensor<std::int32_t>& index, const AscendC::LocalTensor<float>& row) {
    using namespace AscendC;
    LocalTensor<float> lanes = row;
    LocalTensor<uint32_t> numbers = count_buffer_.Get<uint32_t>();
    uint32_t count = plan_.pitch();
    if (plan_.groups > 1) {
      keep_groups(row);
      lanes = lane_buffer_.Get<float>();
      numbers = number_buffer_.Get<uint32_t>();
      count = plan_.kept_groups * plan_.group_lanes();
    }
    const LocalTensor<float> pairs = pair_buffer_.Get<float>();
    Sort32(pairs, lanes, numbers, static_cast<int32_t>(count / kRunLanes));
    merged_ = 0;
    const LocalTensor<float> best = merge(pairs, count / kRunLanes, plan_.top_k);
    Gather(index.ReinterpretCast<uint32_t>(), best.ReinterpretCast<uint32_t>(), small(kHeads), 4,
           plan_.top_k);
  }

  // to[k] = row[index[k]].
  void gather(const AscendC::LocalTensor<float>& to, const AscendC::LocalTensor<float>& row,
              const AscendC::LocalTensor<std::int32_t>& index) {
    using namespace AscendC;
    const LocalTensor<uint32_t> offsets = small(kOffsets);
    Muls(offsets.ReinterpretCast<int32_t>(), index, 4, static_cast<int32_t>(plan_.top_k));
    Gather(to, row, offsets, 0, plan_.top_k);
  }

 private:
  // Places in the small buffer, in lanes.
  static constexpr std::uint32_t kHeads = 0;               // 8 k: offsets of the pairs of a list
  static constexpr std::uint32_t kOffsets = kRunLanes;     // of what is gathered
  static constexpr std::uint32_t kFirst = 2 * kRunLanes;   // best of each group
  static constexpr std::uint32_t kSecond = 3 * kRunLanes;  // second best
  static constexpr std::uint32_t kPairs = 4 * kRunLanes;   // groups, sorted
  static constexpr std::uint32_t kGroups = 6 * kRunLanes;  // numbers of the first column of the kept groups
  static constexpr std::uint32_t kBlocks = 8 * kRunLanes;  // the same, a block each
  static constexpr std::uint32_t kSmall = kBlocks + 8 * kRunLanes;
  static constexpr float kNever = -std::numeric_limits<float>::infinity();

  AscendC::LocalTensor<std::uint32_t> small(std::uint32_t at) {
    return small_buffer_.Get<std::uint32_t>()[at];
  }

  // -infinity from column `used` to the end of its run, in every row.
  static void close(const AscendC::LocalTensor<float>& tile, std::uint32_t used, std::uint32_t rows,
                    std::uint32_t pitch) {
    const std::uint32_t first = used / kRunLanes * kRunLanes;
    if (used == first) return;
    std::uint64_t mask[2] = {0xffffffffU & ~((std::uint64_t{1} << (used - first)) - 1), 0};
    AscendC::Duplicate(tile[first], kNever, mask, static_cast<std::uint8_t>(rows), 1,
                       static_cast<std::uint8_t>(pitch / 8));
  }

  // Heads of `keep` pairs of consecutive sorted runs, merged four at a time: the best come first.
  AscendC::LocalTensor<float> merge(const AscendC::LocalTensor<float>& runs, std::uint32_t count,
                                    std::uint32_t keep) {
    using namespace AscendC;
    std::vector<LocalTensor<float>> lists;
    for (uint32_t i = 0; i < count; ++i) lists.push_back(runs[i * kRunLanes * 2]);
    const LocalTensor<float> work = merge_buffer_.Get<float>();
    while (lists.size() > 1) {
      std::vector<LocalTensor<float>> next;
      for (std::size_t i = 0; i < lists.size(); i += 4) {
        const auto four = static_cast<uint32_t>(std::min<std::size_t>(4, lists.size() - i));
        if (four == 1) {
          next.push_back(lists[i]);
          continue;
        }
        const auto list = [&](uint32_t j) { return lists[i + std::min(j, four - 1)]; };
        const uint16_t length[4] = {static_cast<uint16_t>(keep), static_cast<uint16_t>(keep),
                                    static_cast<uint16_t>(four > 2 ? keep : 0),
                                    static_cast<uint16_t>(four > 3 ? keep : 0)};
        const LocalTensor<float> to = work[merged_];
        MrgSort(to, MrgSortSrcList<float>(list(0), list(1), list(2), list(3)),
                MrgSort4Info(length, false, static_cast<uint16_t>((1U << four) - 1), 1));
        merged_ += 4 * kRunLanes * 2;
        next.push_back(to);
      }
      lists = std::move(next);
    }
    return lists[0];
  }

  // Lanes and numbers of the columns of the best groups, group after group.
  void keep_groups(const AscendC::LocalTensor<float>& row) {
    using namespace AscendC;
    const auto group = static_cast<int32_t>(plan_.group_size());
    const uint32_t width = plan_.group_lanes();
    const LocalTensor<int32_t> count = count_buffer_.Get<int32_t>();
    rank_groups(row);
    const LocalTensor<uint32_t> pairs = small(kPairs);
    const LocalTensor<int32_t> groups = small(kGroups).ReinterpretCast<int32_t>();
    Gather(groups.ReinterpretCast<uint32_t>(), pairs, small(kHeads), 4, plan_.kept_groups);
    Muls(groups, groups, group, static_cast<int32_t>(plan_.kept_groups));
    const LocalTensor<int32_t> blocks = small(kBlocks).ReinterpretCast<int32_t>();
    Brcb(blocks, groups, static_cast<uint8_t>(ceil_div(plan_.kept_groups, 8)), BrcbRepeatParams(1, 8));
    const LocalTensor<int32_t> numbers = number_buffer_.Get<int32_t>();
    for (uint32_t at = 0; at < width; at += kRunLanes) {
      Add(numbers[at], count[at], blocks, uint64_t{kRunLanes}, static_cast<uint8_t>(plan_.kept_groups),
          BinaryRepeatParams(1, 1, 0, width / 8, 0, 1));
    }
    spread(row, numbers, plan_.kept_groups);
  }
  // lane_buffer = row[numbers], closed behind every group's columns.
  void spread(const AscendC::LocalTensor<float>& row, const AscendC::LocalTensor<std::int32_t>& numbers,
              std::uint32_t groups) {
    using namespace AscendC;
    const uint32_t lanes = groups * plan_.group_lanes();
    const LocalTensor<int32_t> offsets = offset_buffer_.Get<int32_t>();
    Muls(offsets, numbers, 4, static_cast<int32_t>(lanes));
    const LocalTensor<float> to = lane_buffer_.Get<float>();
    Gather(to, row, offsets.ReinterpretCast<uint32_t>(), 0, lanes);
    close(to, plan_.group_size(), groups, plan_.group_lanes());
  }

  // The groups as sorted pairs of score and number.
  void rank_groups(const AscendC::LocalTensor<float>& row) {
    using namespace AscendC;
    const uint32_t width = plan_.group_lanes();
    LocalTensor<float> lanes = row;
    if (plan_.group_size() != width) {
      const LocalTensor<int32_t> numbers = number_buffer_.Get<int32_t>();
      for (uint32_t g = 0; g < plan_.groups; ++g) {
        Adds(numbers[g * width], count_buffer_.Get<int32_t>(), static_cast<int32_t>(g * plan_.group_size()),
             static_cast<int32_t>(width));
      }
      spread(row, numbers, plan_.groups);
      lanes = lane_buffer_.Get<float>();
    }
    const LocalTensor<float> pairs = pair_buffer_.Get<float>();
    Sort32(pairs, lanes, count_buffer_.Get<uint32_t>(), static_cast<int32_t>(plan_.lanes() / kRunLanes));
    const LocalTensor<float> first = small(kFirst).ReinterpretCast<float>();
    const LocalTensor<float> second = small(kSecond).ReinterpretCast<float>();
    Duplicate(first, kNever, static_cast<int32_t>(kRunLanes));
    Duplicate(second, 0.0F, static_cast<int32_t>(kRunLanes));
    collect(first, second, pairs);
    if (plan_.sum_of_two) Add(first, first, second, static_cast<int32_t>(kRunLanes));
    Sort32(small(kPairs).ReinterpretCast<float>(), first, count_buffer_.Get<uint32_t>(), 1);
  }
  // The two best of every group out of its sorted runs.
  void collect(const AscendC::LocalTensor<float>& first, const AscendC::LocalTensor<float>& second,
               const AscendC::LocalTensor<float>& pairs) {
    using namespace AscendC;
    const uint32_t runs = plan_.group_lanes() / kRunLanes;
    LocalTensor<float> lists = pairs;
    uint32_t pitch = kRunLanes * kPairBytes;
    if (runs > 1) {
      // The last merge of every group goes to a place of its own: equally far apart, as all groups merge
      // alike.
      merged_ = 0;
      for (uint32_t g = 0; g < plan_.groups; ++g) {
        const uint32_t start = merged_;
        const LocalTensor<float> best = merge(pairs[g * runs * kRunLanes * 2], runs, 2);
        if (g == 0) lists = best;
        pitch = (merged_ - start) * 4;
      }
    }
    const LocalTensor<int32_t> offsets = small(kOffsets).ReinterpretCast<int32_t>();
    Muls(offsets, count_buffer_.Get<int32_t>(), static_cast<int32_t>(pitch),
         static_cast<int32_t>(plan_.groups));
    Gather(first, lists, offsets.ReinterpretCast<uint32_t>(), 0, plan_.groups);
    if (plan_.sum_of_two)
      Gather(second, lists, offsets.ReinterpretCast<uint32_t>(), kPairBytes, plan_.groups);
  }

  const SelectPlan& plan_;
  std::uint32_t merged_ = 0;  // floats of the merge buffer in use
  AscendC::TBuf<> count_buffer_;
  AscendC::TBuf<> number_buffer_;
  AscendC::TBuf<> offset_buffer_;
  AscendC::TBuf<> lane_buffer_;
  AscendC::TBuf<> pair_buffer_;
  AscendC::TBuf<> merge_buffer_;
  AscendC::TBuf<> small_buffer_;
};

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Links and attention mask of a tree of draft tokens, all by scalar accesses.
#include "kernel_operator.h"

namespace draft_tree_kernel {
using namespace AscendC;

struct DraftTreeTiling {
  int64_t topk;
  int64_t depth;
  int64_t drafts;
  int64_t batch;
  int64_t mask_size;
  int64_t big_cores;
  int64_t big_count;
  int64_t small_count;
};

template <typename T>
class Buffered {  // one buffer of an input queue, used for output
 public:
  __aicore__ inline void Init(TPipe* pipe, int64_t count) {
    pipe->InitBuffer(queue_, 1, (count * sizeof(T) + 31) / 32 * 32);
  }
  __aicore__ inline LocalTensor<T> Take() { return queue_.template AllocTensor<T>(); }
  __aicore__ inline void Store(const GlobalTensor<T>& to, LocalTensor<T>& from, int64_t count) {
    DataCopyExtParams params{1, static_cast<uint32_t>(count * sizeof(T)), 0, 0, 0};
    DataCopyPad<T>(to, from, params);
    queue_.FreeTensor(from);
  }

 private:
  TQue<TPosition::VECIN, 1> queue_;
};

class DraftTree {
 public:
  __aicore__ inline void Init(GM_ADDR parents, GM_ADDR selected, GM_ADDR lengths, GM_ADDR mask,
                              GM_ADDR positions, GM_ADDR index, GM_ADDR next, GM_ADDR sibling,
                              const DraftTreeTiling& tiling, TPipe* pipe) {
    t_ = tiling;
    parents_.SetGlobalBuffer((__gm__ int64_t*)parents);
    selected_.SetGlobalBuffer((__gm__ int64_t*)selected);
    lengths_.SetGlobalBuffer((__gm__ int64_t*)lengths);
    mask_.SetGlobalBuffer((__gm__ bool*)mask,
                          static_cast<uint16_t>(tiling.mask_size));  // cut short: informative only
    positions_.SetGlobalBuffer((__gm__ int64_t*)positions);
    index_.SetGlobalBuffer((__gm__ int64_t*)index);
    next_.SetGlobalBuffer((__gm__ int64_t*)next);
    sibling_.SetGlobalBuffer((__gm__ int64_t*)sibling);
    row_.Init(pipe, t_.drafts);
    positionBuf_.Init(pipe, t_.drafts);
    indexBuf_.Init(pipe, t_.drafts);
    nextBuf_.Init(pipe, t_.drafts);
    siblingBuf_.Init(pipe, t_.drafts);
  }
  __aicore__ inline void Process() {
    const int64_t block = GetBlockIdx();
    const bool big = block < t_.big_cores;
    const int64_t count = big ? t_.big_count : t_.small_count;
    const int64_t first =
        big ? block * t_.big_count : t_.big_cores * t_.big_count + (block - t_.big_cores) * t_.small_count;
    for (int64_t b = first; b < first + count; ++b) Request(b);
  }

 private:
  __aicore__ inline int64_t ParentOf(int64_t b, int64_t token) {
    const int64_t group = selected_.GetValue(b * (t_.drafts - 1) + token - 1) / t_.topk;
    if (group == 0) return 0;
    const int64_t wanted = parents_.GetValue(b * (t_.topk * (t_.depth - 1) + 1) + group);
    for (int64_t i = 0; i < t_.drafts - 1; ++i) {
      if (selected_.GetValue(b * (t_.drafts - 1) + i) == wanted) return i + 1;
    }
    return 0;
  }
  __aicore__ inline void Request(int64_t b) {
    const int64_t d = t_.drafts;
    const int64_t length = lengths_.GetValue(b);
    int64_t mask_row = 0;
    for (int64_t i = 0; i < b; ++i) mask_row += d * (lengths_.GetValue(i) + d);
    LocalTensor<int64_t> positions = positionBuf_.Take();
    LocalTensor<int64_t> index = indexBuf_.Take();
    LocalTensor<int64_t> next = nextBuf_.Take();
    LocalTensor<int64_t> sibling = siblingBuf_.Take();
    for (int64_t i = 0; i < d; ++i) {
      next.SetValue(i, -1);
      sibling.SetValue(i, -1);
      index.SetValue(i, b * d + i);
    }
    for (int64_t i = d - 1; i >= 1; --i) {
      const int64_t parent = ParentOf(b, i);
      sibling.SetValue(i, next.GetValue(parent));
      next.SetValue(parent, i);
    }
    for (int64_t i = 0; i < d; ++i) {
      LocalTensor<bool> row = row_.Take();
      for (int64_t j = 0; j < d; ++j) row.SetValue(j, j == 0 || j == i);
      int64_t depth = 0;
      for (int64_t up = i; up != 0; up = ParentOf(b, up)) {
        row.SetValue(up, true);
        ++depth;
      }
      positions.SetValue(i, length + depth);
      row_.Store(mask_[mask_row + i * (length + d) + length], row, d);
    }
    positionBuf_.Store(positions_[b * d], positions, d);
    indexBuf_.Store(index_[b * d], index, d);
    nextBuf_.Store(next_[b * d], next, d);
    siblingBuf_.Store(sibling_[b * d], sibling, d);
  }

  DraftTreeTiling t_;
  GlobalTensor<int64_t> parents_, selected_, lengths_, positions_, index_, next_, sibling_;
  GlobalTensor<bool> mask_;
  Buffered<bool> row_;
  Buffered<int64_t> positionBuf_, indexBuf_, nextBuf_, siblingBuf_;
};

}  // namespace draft_tree_kernel

extern "C" __global__ __aicore__ void draft_tree(GM_ADDR parent_list, GM_ADDR selected_index,
                                                 GM_ADDR verified_seq_len, GM_ADDR tree_mask,
                                                 GM_ADDR positions, GM_ADDR retrive_index,
                                                 GM_ADDR retrive_next_token, GM_ADDR retrive_next_sibling,
                                                 GM_ADDR workspace, GM_ADDR tiling) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_AIV_ONLY);
  (void)workspace;
  GET_TILING_DATA_WITH_STRUCT(draft_tree_kernel::DraftTreeTiling, data, tiling);
  AscendC::TPipe pipe;
  draft_tree_kernel::DraftTree op;
  op.Init(parent_list, selected_index, verified_seq_len, tree_mask, positions, retrive_index,
          retrive_next_token, retrive_next_sibling, data, &pipe);
  op.Process();
}

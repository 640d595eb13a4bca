// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Writes a packed list into rows of a pool, in place; neighbours' rows overlap, so blocks write in order.
#include "kernel_operator.h"
using namespace AscendC;

struct SlotRowsTiling {
  uint64_t blocks;
  uint64_t rows;  // per block without the rest
  uint64_t rest;
  uint64_t poolCount;  // words copied: round8(rowSize * (rows + 1))
  uint64_t slots;      // rounded up
  uint64_t bounds;     // batch + 1, rounded up
  uint64_t rowSize;
  uint64_t workspace;
};

class SlotRows {
 public:
  __aicore__ inline void Init(GM_ADDR pool, GM_ADDR begin, GM_ADDR end, GM_ADDR slots, GM_ADDR first,
                              GM_ADDR workspace, GM_ADDR tilingGM) {
    auto tiling = reinterpret_cast<__gm__ SlotRowsTiling*>(tilingGM);
    const uint64_t block = GetBlockIdx();
    rows_ = tiling->rows;
    first_row_ = block * rows_ + (block < tiling->rest ? block : tiling->rest);
    if (block < tiling->rest) rows_ += 1;
    rowSize_ = tiling->rowSize;
    count_ = tiling->poolCount;
    pool_.SetGlobalBuffer((__gm__ int32_t*)pool + first_row_ * rowSize_);
    flags_.SetGlobalBuffer((__gm__ int32_t*)workspace, tiling->workspace / 4);
    begin_.SetGlobalBuffer((__gm__ int32_t*)begin);
    end_.SetGlobalBuffer((__gm__ int32_t*)end);
    slotsGm_.SetGlobalBuffer((__gm__ int32_t*)slots);
    firstGm_.SetGlobalBuffer((__gm__ int32_t*)first);
    TBuf<TPosition::VECCALC> a, b, c, d, e;  // these go out of scope, their tensors stay
    pipe_.InitBuffer(a, tiling->bounds * sizeof(int32_t));
    pipe_.InitBuffer(b, tiling->bounds * sizeof(int32_t));
    pipe_.InitBuffer(c, tiling->bounds * sizeof(int32_t));
    pipe_.InitBuffer(d, tiling->slots * sizeof(int32_t));
    pipe_.InitBuffer(e, 32 * tiling->blocks);
    pipe_.InitBuffer(queue_, 1, count_ * sizeof(int32_t));
    beginUb_ = a.Get<int32_t>();
    endUb_ = b.Get<int32_t>();
    firstUb_ = c.Get<int32_t>();
    slotsUb_ = d.Get<int32_t>();
    sync_ = e.Get<int32_t>();
    DataCopy(beginUb_, begin_, tiling->bounds);
    DataCopy(endUb_, end_, tiling->bounds);
    DataCopy(firstUb_, firstGm_, tiling->bounds);
    DataCopy(slotsUb_, slotsGm_, tiling->slots);
  }

  __aicore__ inline void Process() {
    const int32_t block = GetBlockIdx();
    if (block > 0) IBWait(flags_, sync_, block - 1, 0);
    LocalTensor<int32_t> rows = queue_.AllocTensor<int32_t>();
    DataCopy(rows, pool_, count_);
    queue_.EnQue(rows);
    rows = queue_.DeQue<int32_t>();
    for (uint64_t r = 0; r < rows_; ++r) {
      const uint64_t row = first_row_ + r;
      int32_t from = firstUb_.GetValue(row);
      for (int32_t column = beginUb_.GetValue(row); column < endUb_.GetValue(row); ++column) {
        rows.SetValue(r * rowSize_ + column, slotsUb_.GetValue(from++));
      }
    }
    DataCopy(pool_, rows, count_);
    queue_.FreeTensor(rows);
    if (block + 1 < GetBlockNum()) IBSet(flags_, sync_, block, 0);
  }

 private:
  TPipe pipe_;
  TQue<QuePosition::VECIN, 1> queue_;
  GlobalTensor<int32_t> pool_, begin_, end_, slotsGm_, firstGm_, flags_;
  LocalTensor<int32_t> beginUb_, endUb_, firstUb_, slotsUb_, sync_;
  uint64_t rows_, first_row_, rowSize_, count_;
};

extern "C" __global__ __aicore__ void slot_rows(GM_ADDR pool, GM_ADDR begin, GM_ADDR end, GM_ADDR slots,
                                                GM_ADDR first, GM_ADDR workspace, GM_ADDR tilingGM) {
  REGISTER_TILING_DEFAULT(SlotRowsTiling);
  if ASCEND_IS_AIV {
    SlotRows op;
    op.Init(pool, begin, end, slots, first, workspace, tilingGM);
    op.Process();
  }
}

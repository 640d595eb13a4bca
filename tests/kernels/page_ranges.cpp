// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Packed list into rows of a page table (mode 0), or back (mode 1); ranges of at most 16 words.
#include "kernel_operator.h"

struct PageRangesTiling {
  uint64_t key;  // 1: 32-bit row numbers, 2: 64-bit
  uint64_t blocks;
  uint64_t batch;
  uint64_t rows;
  uint64_t rest;
  uint64_t rowSize;
  uint64_t indexCount;   // row numbers, rounded up to 32 B
  uint64_t offsetCount;  // rounded up to 4
  uint64_t listCount;    // 16 * batch, rounded up to 8
};

template <typename Index>
class PageRanges {
  static constexpr uint32_t kSpan = 16;

 public:
  __aicore__ inline void Init(GM_ADDR rows, GM_ADDR pool, GM_ADDR begin, GM_ADDR end, GM_ADDR list,
                              const PageRangesTiling* t) {
    tiling_ = t;
    poolGm_.SetGlobalBuffer((__gm__ int32_t*)pool);
    listGm_.SetGlobalBuffer((__gm__ int32_t*)list);
    rowsGm_.SetGlobalBuffer((__gm__ Index*)rows);
    beginGm_.SetGlobalBuffer((__gm__ int64_t*)begin);
    endGm_.SetGlobalBuffer((__gm__ int64_t*)end);
    pipe_.InitBuffer(rowsBuf_, t->indexCount * sizeof(Index));
    pipe_.InitBuffer(beginBuf_, t->offsetCount * sizeof(int64_t));
    pipe_.InitBuffer(endBuf_, t->offsetCount * sizeof(int64_t));
    pipe_.InitBuffer(begin32Buf_, t->offsetCount * sizeof(int32_t));
    pipe_.InitBuffer(end32Buf_, t->offsetCount * sizeof(int32_t));
    pipe_.InitBuffer(lengthBuf_, t->offsetCount * sizeof(int32_t));
    pipe_.InitBuffer(listBuf_, t->listCount * sizeof(int32_t));
    pipe_.InitBuffer(inQueue_, 2, kSpan * sizeof(int32_t));
  }

  __aicore__ inline void Process(uint32_t mode) {
    if ASCEND_IS_AIC {
      return;
    }
    AscendC::LocalTensor<int64_t> begin64 = beginBuf_.template Get<int64_t>();
    AscendC::LocalTensor<int64_t> end64 = endBuf_.template Get<int64_t>();
    AscendC::LocalTensor<int32_t> begin = begin32Buf_.template Get<int32_t>();
    AscendC::LocalTensor<int32_t> end = end32Buf_.template Get<int32_t>();
    AscendC::LocalTensor<int32_t> length = lengthBuf_.template Get<int32_t>();
    AscendC::LocalTensor<Index> rows = rowsBuf_.template Get<Index>();
    AscendC::LocalTensor<int32_t> list = listBuf_.template Get<int32_t>();
    AscendC::DataCopy(begin64, beginGm_, tiling_->offsetCount);
    AscendC::DataCopy(end64, endGm_, tiling_->offsetCount);
    AscendC::DataCopy(rows, rowsGm_, tiling_->indexCount);
    AscendC::DataCopy(list, listGm_, tiling_->listCount);
    const int32_t loaded = static_cast<int32_t>(GetTPipePtr()->FetchEventID(AscendC::HardEvent::MTE2_V));
    AscendC::SetFlag<AscendC::HardEvent::MTE2_V>(loaded);
    AscendC::WaitFlag<AscendC::HardEvent::MTE2_V>(loaded);
    AscendC::Cast(begin, begin64, AscendC::RoundMode::CAST_NONE, tiling_->offsetCount);
    AscendC::Cast(end, end64, AscendC::RoundMode::CAST_NONE, tiling_->offsetCount);
    length = end - begin;

    const uint64_t block = AscendC::GetBlockIdx();
    const uint64_t first = block * tiling_->rows + (block < tiling_->rest ? block : tiling_->rest);
    const uint64_t mine = tiling_->rows + (block < tiling_->rest ? 1 : 0);
    uint64_t packed = 0;
    for (uint64_t i = 0; i < first; ++i) packed += length.GetValue(i);
    for (uint64_t i = first; i < first + mine; ++i) {
      const uint64_t at = static_cast<uint64_t>(rows.GetValue(i)) * tiling_->rowSize + begin.GetValue(i);
      const int32_t count = length.GetValue(i);
      if (mode == 0) {
        Store(at, list, packed, count);
      } else {
        Load(at, list, packed, count);
      }
      packed += count;
    }
    if (mode == 1) {
      const int32_t filled = static_cast<int32_t>(GetTPipePtr()->FetchEventID(AscendC::HardEvent::S_MTE3));
      AscendC::SetFlag<AscendC::HardEvent::S_MTE3>(filled);
      AscendC::WaitFlag<AscendC::HardEvent::S_MTE3>(filled);
      AscendC::DataCopyPad(listGm_, list,
                           AscendC::DataCopyExtParams{
                               1, static_cast<uint32_t>(kSpan * tiling_->batch * sizeof(int32_t)), 0, 0, 0});
    }
  }

 private:
  __aicore__ inline AscendC::LocalTensor<int32_t> LoadSpan(uint64_t at) {
    AscendC::LocalTensor<int32_t> span = inQueue_.template AllocTensor<int32_t>();
    AscendC::DataCopy(span, poolGm_[at], kSpan);
    inQueue_.EnQue(span);
    return inQueue_.template DeQue<int32_t>();
  }
  __aicore__ inline void Store(uint64_t at, const AscendC::LocalTensor<int32_t>& list, uint64_t packed,
                               int32_t count) {
    auto span = LoadSpan(at);
    for (int32_t j = 0; j < count; ++j) span.SetValue(j, list.GetValue(packed + j));
    AscendC::DataCopyExtParams params{1, static_cast<uint32_t>(kSpan * sizeof(int32_t)), 0, 0, 0};
    AscendC::DataCopyPad(poolGm_[at], span, params);
    inQueue_.FreeTensor(span);
  }
  __aicore__ inline void Load(uint64_t at, const AscendC::LocalTensor<int32_t>& list, uint64_t packed,
                              int32_t count) {
    auto span = LoadSpan(at);
    for (int32_t j = 0; j < count; ++j) list.SetValue(packed + j, span.GetValue(j));
    inQueue_.FreeTensor(span);
  }

  const PageRangesTiling* tiling_;
  AscendC::TPipe pipe_;
  AscendC::TQue<AscendC::TPosition::VECIN, 2> inQueue_;
  AscendC::TBuf<AscendC::TPosition::VECCALC> rowsBuf_, beginBuf_, endBuf_, begin32Buf_, end32Buf_, lengthBuf_,
      listBuf_;
  AscendC::GlobalTensor<int32_t> poolGm_, listGm_;
  AscendC::GlobalTensor<Index> rowsGm_;
  AscendC::GlobalTensor<int64_t> beginGm_, endGm_;
};

extern "C" __global__ __aicore__ void page_ranges(GM_ADDR rows, GM_ADDR pool, GM_ADDR begin, GM_ADDR end,
                                                  GM_ADDR list, GM_ADDR tilingGM, uint32_t mode) {
  REGISTER_TILING_DEFAULT(PageRangesTiling);
  GET_TILING_DATA(tiling, tilingGM);
  if (tiling.key == 1) {
    PageRanges<int32_t> op;
    op.Init(rows, pool, begin, end, list, &tiling);
    op.Process(mode);
  } else {
    PageRanges<int64_t> op;
    op.Init(rows, pool, begin, end, list, &tiling);
    op.Process(mode);
  }
}

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// dst[b][dstStart[b] + i] = src[srcStart[b] + i], batches dealt to the blocks in turn; the last block of 32 B
// is read, merged and written back, in the order of the batches.
#include "kernel_operator.h"
using namespace AscendC;

#define RANGE_SET(a, b, id) SetFlag<HardEvent::a##_##b>(id)
#define RANGE_WAIT(a, b, id) WaitFlag<HardEvent::a##_##b>(id)
#define RANGE_JOIN(a, b, id) \
  RANGE_SET(a, b, id);       \
  RANGE_WAIT(a, b, id)

template <typename T>
class RangeCopy {
  static constexpr uint32_t kChunk = 48 * 1024;

 public:
  __aicore__ inline void Init(GM_ADDR dst, GM_ADDR src, GM_ADDR sync, uint64_t pitch) {
    dst_.SetGlobalBuffer((__gm__ T*)dst);
    src_.SetGlobalBuffer((__gm__ T*)src);
    sync_.SetGlobalBuffer((__gm__ int32_t*)sync);
    pitch_ = pitch;
    pipe_.InitBuffer(data_, kChunk);
    pipe_.InitBuffer(edge_, kChunk);
    pipe_.InitBuffer(scratch_, 1, 32);
  }
  __aicore__ inline void Batch(uint64_t b, int64_t to, int64_t from, int64_t count, bool last) {
    LocalTensor<T> data = data_.Get<T>();
    LocalTensor<T> edge = edge_.Get<T>();
    auto flags = scratch_.AllocTensor<int32_t>();
    const int64_t most = kChunk / sizeof(T);
    const int64_t step = 32 / sizeof(T);
    // The batch before this one may end in the block that this one begins with.
    if (b > 0)
      IBWait(sync_, flags, static_cast<int32_t>((b - 1) % GetBlockNum()),
             static_cast<int32_t>((b - 1) / GetBlockNum() % 2));
    for (int64_t done = 0; done < count; done += most) {
      const int64_t part = count - done < most ? count - done : most;
      const int64_t rounded = (part + step - 1) / step * step;
      DataCopy(data, src_[from + done], DataCopyParams{1, static_cast<uint16_t>(rounded / step), 0, 0});
      const int64_t rest = part % step;
      if (rest != 0) {
        DataCopy(edge, dst_[b * pitch_ + to + done + part - rest], {1, 1, 0, 0});
        for (int64_t i = rest; i < step; ++i) data.SetValue(part - rest + i, edge.GetValue(i));
      }
      RANGE_JOIN(MTE2, MTE3, EVENT_ID1);
      DataCopy(dst_[b * pitch_ + to + done], data,
               DataCopyParams{1, static_cast<uint16_t>(rounded / step), 0, 0});
      RANGE_JOIN(MTE3, MTE2, EVENT_ID2);
    }
    if (!last)
      IBSet(sync_, flags, static_cast<int32_t>(b % GetBlockNum()),
            static_cast<int32_t>(b / GetBlockNum() % 2));
    scratch_.FreeTensor(flags);
  }

 private:
  TPipe pipe_;
  TBuf<TPosition::VECCALC> data_, edge_;
  TQue<TPosition::VECOUT, 1> scratch_;
  GlobalTensor<T> dst_, src_;
  GlobalTensor<int32_t> sync_;
  uint64_t pitch_;
};

template <typename T>
__aicore__ inline void RunRangeCopy(GM_ADDR dst, GM_ADDR src, GM_ADDR dstStart, GM_ADDR srcStart,
                                    GM_ADDR srcEnd, GM_ADDR sync, uint32_t batch, uint32_t pitch) {
  RangeCopy<T> op;
  op.Init(dst, src, sync, pitch);
  for (uint64_t b = GetBlockIdx(); b < batch; b += GetBlockNum()) {
    const int64_t to = *((__gm__ int64_t*)dstStart + b);
    const int64_t from = *((__gm__ int64_t*)srcStart + b);
    const int64_t end = *((__gm__ int64_t*)srcEnd + b);
    op.Batch(b, to, from, end - from, b + 1 == batch);
  }
}

extern "C" __global__ __aicore__ void range_copy(GM_ADDR dst, GM_ADDR src, GM_ADDR dstStart, GM_ADDR dstEnd,
                                                 GM_ADDR srcStart, GM_ADDR srcEnd, GM_ADDR sync,
                                                 GM_ADDR tiling) {
  (void)dstEnd;
  const uint32_t batch = *(__gm__ uint32_t*)tiling;
  const uint32_t pitch = *((__gm__ uint32_t*)tiling + 1);
  const uint32_t bytes = *((__gm__ uint32_t*)tiling + 2);
  if (bytes == 1) RunRangeCopy<int8_t>(dst, src, dstStart, srcStart, srcEnd, sync, batch, pitch);
  if (bytes == 2) RunRangeCopy<int16_t>(dst, src, dstStart, srcStart, srcEnd, sync, batch, pitch);
  if (bytes == 4) RunRangeCopy<int32_t>(dst, src, dstStart, srcStart, srcEnd, sync, batch, pitch);
  if (bytes == 8) RunRangeCopy<int64_t>(dst, src, dstStart, srcStart, srcEnd, sync, batch, pitch);
}

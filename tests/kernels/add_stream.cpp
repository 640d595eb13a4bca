// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// z = x + y over half, 16 double-buffered tiles per block.
#include "kernel_operator.h"

namespace add_stream_kernel {

constexpr int32_t kBuffers = 2;
constexpr int32_t kTiles = 8;

class AddStream {
 public:
  __aicore__ inline void Init(GM_ADDR x, GM_ADDR y, GM_ADDR z, uint32_t total) {
    const uint32_t block = total / AscendC::GetBlockNum();
    tile_ = block / kTiles / kBuffers;
    const uint32_t start = block * AscendC::GetBlockIdx();
    x_.SetGlobalBuffer((__gm__ half*)x + start, block);
    y_.SetGlobalBuffer((__gm__ half*)y + start, block);
    z_.SetGlobalBuffer((__gm__ half*)z + start, block);
    pipe_.InitBuffer(inX_, kBuffers, tile_ * sizeof(half));
    pipe_.InitBuffer(inY_, kBuffers, tile_ * sizeof(half));
    pipe_.InitBuffer(out_, kBuffers, tile_ * sizeof(half));
  }
  __aicore__ inline void Process() {
    for (int32_t i = 0; i < kTiles * kBuffers; ++i) {
      CopyIn(i);
      Compute();
      CopyOut(i);
    }
  }

 private:
  __aicore__ inline void CopyIn(int32_t i) {
    AscendC::LocalTensor<half> x = inX_.AllocTensor<half>();
    AscendC::LocalTensor<half> y = inY_.AllocTensor<half>();
    AscendC::DataCopy(x, x_[i * tile_], tile_);
    AscendC::DataCopy(y, y_[i * tile_], tile_);
    inX_.EnQue(x);
    inY_.EnQue(y);
  }
  __aicore__ inline void Compute() {
    AscendC::LocalTensor<half> x = inX_.DeQue<half>();
    AscendC::LocalTensor<half> y = inY_.DeQue<half>();
    AscendC::LocalTensor<half> z = out_.AllocTensor<half>();
    AscendC::Add(z, x, y, tile_);
    out_.EnQue<half>(z);
    inX_.FreeTensor(x);
    inY_.FreeTensor(y);
  }
  __aicore__ inline void CopyOut(int32_t i) {
    AscendC::LocalTensor<half> z = out_.DeQue<half>();
    AscendC::DataCopy(z_[i * tile_], z, tile_);
    out_.FreeTensor(z);
  }

  AscendC::TPipe pipe_;
  AscendC::TQue<AscendC::QuePosition::VECIN, kBuffers> inX_, inY_;
  AscendC::TQue<AscendC::QuePosition::VECOUT, kBuffers> out_;
  AscendC::GlobalTensor<half> x_, y_, z_;
  uint32_t tile_;
};

}  // namespace add_stream_kernel

extern "C" __global__ __aicore__ void add_stream(GM_ADDR x, GM_ADDR y, GM_ADDR z, uint32_t totalLength) {
  add_stream_kernel::AddStream op;
  op.Init(x, y, z, totalLength);
  op.Process();
}

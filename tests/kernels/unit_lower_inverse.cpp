// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// Inverse of unit lower triangular matrices, one per block, column after column.
#include "kernel_operator.h"

struct InverseTiling {
  uint32_t num_blocks;
  uint32_t num_elems;
  uint32_t matrix_size;
};

template <typename T>
class UnitLowerInverse {
 public:
  __aicore__ inline UnitLowerInverse(uint32_t n) : n_(n) {}
  __aicore__ inline void Init(GM_ADDR in, GM_ADDR out) {
    const uint32_t count = n_ * n_;
    in_.SetGlobalBuffer((__gm__ T*)in + AscendC::GetBlockIdx() * count, count);
    out_.SetGlobalBuffer((__gm__ T*)out + AscendC::GetBlockIdx() * count, count);
    pipe_.InitBuffer(inQueue_, 1, count * sizeof(T));
    pipe_.InitBuffer(outQueue_, 1, count * sizeof(T));
  }
  __aicore__ inline void Process() {
    {
      const AscendC::LocalTensor<T> loaded = inQueue_.template AllocTensor<T>();
      AscendC::DataCopy(loaded, in_, n_ * n_);
      inQueue_.EnQue(loaded);
    }
    const AscendC::LocalTensor<T> l = inQueue_.template DeQue<T>();
    const AscendC::LocalTensor<T> x = outQueue_.template AllocTensor<T>();
    AscendC::Duplicate(x, static_cast<T>(0), n_ * n_);
    // Row i of the inverse: e_i - sum over k < i of l(i, k) * row k, each as far as it is not zero.
    for (uint32_t i = 0; i < n_; ++i) {
      x.SetValue(i * n_ + i, static_cast<T>(1));
      for (uint32_t k = 0; k < i; ++k) {
        const float factor = static_cast<float>(l.GetValue(i * n_ + k));
        if (factor == 0) continue;
        AscendC::Axpy<T>(x[i * n_], x[k * n_], static_cast<T>(-factor), k + 1);
      }
    }
    outQueue_.template EnQue<T>(x);
    AscendC::LocalTensor<T> done = outQueue_.template DeQue<T>();
    AscendC::DataCopy(out_, done, n_ * n_);
    outQueue_.template FreeTensor<T>(done);
    AscendC::LocalTensor<T> used = l;
    inQueue_.template FreeTensor<T>(used);
  }

 private:
  uint32_t n_;
  AscendC::TPipe pipe_;
  AscendC::TQue<AscendC::QuePosition::VECIN, 1> inQueue_;
  AscendC::TQue<AscendC::QuePosition::VECOUT, 1> outQueue_;
  AscendC::GlobalTensor<T> in_, out_;
};

__aicore__ inline void CopyInverseTiling(InverseTiling* tiling, GM_ADDR from) {
  auto* words = reinterpret_cast<uint32_t*>(tiling);
  auto* source = reinterpret_cast<__gm__ uint32_t*>(from);
  for (uint32_t i = 0; i < sizeof(InverseTiling) / sizeof(uint32_t); ++i) words[i] = source[i];
}

template <typename T>
__aicore__ inline void RunUnitLowerInverse(GM_ADDR in, GM_ADDR out, GM_ADDR tilingGM) {
  InverseTiling tiling;
  CopyInverseTiling(&tiling, tilingGM);
  UnitLowerInverse<T> op(tiling.matrix_size);
  op.Init(in, out);
  op.Process();
}

extern "C" __global__ __aicore__ void unit_lower_inverse_fp16(GM_ADDR in, GM_ADDR out, GM_ADDR tiling) {
  RunUnitLowerInverse<half>(in, out, tiling);
}
extern "C" __global__ __aicore__ void unit_lower_inverse_fp32(GM_ADDR in, GM_ADDR out, GM_ADDR tiling) {
  RunUnitLowerInverse<float>(in, out, tiling);
}

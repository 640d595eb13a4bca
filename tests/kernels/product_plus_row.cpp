// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// A product on the cube core, a row added by its two vector cores. Written as device code is that is compiled
// once for each kind of core: each half exists in its own compilation only. The buffers of the cube core are
// laid out by hand, without a pipe object. The launch at the end is the host's.
#include "kernel_operator.h"

#define SET_FLAG(source, target, id) AscendC::SetFlag<AscendC::HardEvent::source##_##target>((id))
#define WAIT_FLAG(source, target, id) AscendC::WaitFlag<AscendC::HardEvent::source##_##target>((id))

using namespace AscendC;

constexpr uint32_t M = 32, N = 64, K = 64;
constexpr uint16_t kProductDone = 3;

#ifdef __DAV_C220_CUBE__
class ProductHalf {
 public:
  __aicore__ inline ProductHalf() {
    Place(l1_, TPosition::A1, 512 * 1024);
    Place(l0a_, TPosition::A2, 64 * 1024);
    Place(l0b_, TPosition::B2, 64 * 1024);
    Place(l0c_, TPosition::CO1, 128 * 1024);
  }
  __aicore__ inline void Process(GM_ADDR a, GM_ADDR b, GM_ADDR workspace) {
    GlobalTensor<half> aGm, bGm;
    GlobalTensor<float> cGm;
    aGm.SetGlobalBuffer((__gm__ half*)a);
    bGm.SetGlobalBuffer((__gm__ half*)b);
    cGm.SetGlobalBuffer((__gm__ float*)workspace);
    LocalTensor<half> a1 = l1_.ReinterpretCast<half>();
    LocalTensor<half> b1 = l1_[128 * 1024].ReinterpretCast<half>();
    LocalTensor<half> a2 = l0a_.ReinterpretCast<half>();
    LocalTensor<half> b2 = l0b_.ReinterpretCast<half>();
    LocalTensor<float> c = l0c_.ReinterpretCast<float>();
    DataCopy(a1, aGm, Nd2NzParams(1, M, K, 0, K, M, 1, 0));
    DataCopy(b1, bGm, Nd2NzParams(1, K, N, 0, N, K, 1, 0));
    SET_FLAG(MTE2, MTE1, EVENT_ID0);
    WAIT_FLAG(MTE2, MTE1, EVENT_ID0);
    for (uint32_t row = 0; row < M / 16; ++row)
      LoadData(a2[row * K * 16], a1[row * 256], LoadData2dParams(0, K / 16, M / 16, 0, 0, false, 0));
    for (uint32_t row = 0; row < K / 16; ++row)
      LoadData(b2[row * N * 16], b1[row * 256], LoadData2dParams(0, N / 16, K / 16, 0, 0, true, 0));
    SET_FLAG(MTE1, M, EVENT_ID0);
    WAIT_FLAG(MTE1, M, EVENT_ID0);
    Mmad(c, a2, b2, MmadParams(M, N, K, 0, false, true));
    SET_FLAG(M, FIX, EVENT_ID0);
    WAIT_FLAG(M, FIX, EVENT_ID0);
    Fixpipe<float, float, CFG_ROW_MAJOR>(cGm, c, FixpipeParamsV220(N, M, M, N, false));
    CrossCoreSetFlag<2, PIPE_FIX>(kProductDone);
    PipeBarrier<PIPE_ALL>();
  }

 private:
  __aicore__ inline void Place(LocalTensor<uint8_t>& tensor, TPosition position, uint32_t bytes) {
    tensor.InitBuffer(0, bytes);
    tensor.address_.logicPos = static_cast<uint8_t>(position);
  }
  LocalTensor<uint8_t> l1_, l0a_, l0b_, l0c_;
};
#elif __DAV_C220_VEC__
class RowHalf {
 public:
  __aicore__ inline void Process(GM_ADDR workspace, GM_ADDR row, GM_ADDR out) {
    TPipe pipe;
    TBuf<> sums, rows, results;
    pipe.InitBuffer(sums, N * sizeof(float));
    pipe.InitBuffer(rows, N * sizeof(float));
    pipe.InitBuffer(results, N * sizeof(half));
    LocalTensor<float> x = sums.Get<float>(), y = rows.Get<float>();
    LocalTensor<half> z = results.Get<half>();
    GlobalTensor<float> cGm, rowGm;
    GlobalTensor<half> outGm;
    cGm.SetGlobalBuffer((__gm__ float*)workspace);
    rowGm.SetGlobalBuffer((__gm__ float*)row);
    outGm.SetGlobalBuffer((__gm__ half*)out);
    CrossCoreWaitFlag(kProductDone);
    DataCopy(y, rowGm, N);
    const uint32_t mine = M / GetSubBlockNum();
    for (uint32_t r = GetSubBlockIdx() * mine; r < (GetSubBlockIdx() + 1) * mine; ++r) {
      DataCopy(x, cGm[r * N], N);
      SET_FLAG(MTE2, V, EVENT_ID0);
      WAIT_FLAG(MTE2, V, EVENT_ID0);
      Add(x, x, y, N);
      PipeBarrier<PIPE_V>();
      Cast(z, x, RoundMode::CAST_RINT, N);
      SET_FLAG(V, MTE3, EVENT_ID0);
      WAIT_FLAG(V, MTE3, EVENT_ID0);
      DataCopy(outGm[r * N], z, N);
      pipe_barrier(PIPE_ALL);
    }
  }
};
#endif

extern "C" __global__ __aicore__ void product_plus_row(GM_ADDR a, GM_ADDR b, GM_ADDR row, GM_ADDR out,
                                                       GM_ADDR workspace) {
  KERNEL_TASK_TYPE_DEFAULT(KERNEL_TYPE_MIX_AIC_1_2);
#ifdef __DAV_C220_CUBE__
  ProductHalf op;
  op.Process(a, b, workspace);
#elif __DAV_C220_VEC__
  RowHalf op;
  op.Process(workspace, row, out);
#endif
}

#ifndef __CCE_KT_TEST__
void product_plus_row_do(uint32_t blocks, void* stream, uint8_t* a, uint8_t* b, uint8_t* row, uint8_t* out,
                         uint8_t* workspace) {
  product_plus_row<<<blocks, nullptr, stream>>>(a, b, row, out, workspace);
}
#endif

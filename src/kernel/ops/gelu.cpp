// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/activations.h"
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_tiles.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
struct Gelu {
  explicit Gelu(bool one_function) : fused(one_function) {}

  bool fused;
  TBuf<> in_scratch;
  TBuf<> out_scratch;

  void init(TPipe& pipe, uint32_t tile) {
    if constexpr (!kIsFloat<T>) {
      pipe.InitBuffer(in_scratch, static_cast<uint32_t>(tile * sizeof(float)));
      pipe.InitBuffer(out_scratch, static_cast<uint32_t>(tile * sizeof(float)));
    }
  }
  void operator()(const LocalTensor<T>& out, const std::array<LocalTensor<T>, 1>& in, uint32_t count) {
    const VectorFunction function(fused);
    LocalTensor<float> x;
    LocalTensor<float> y;
    if constexpr (kIsFloat<T>) {
      x = in[0];
      y = out;
    } else {
      x = as_float(in[0], in_scratch.template Get<float>(), count);
      y = out_scratch.template Get<float>();
    }
    if constexpr (!kIsFloat<T>) settle();
    gelu_of(y, x, static_cast<int32_t>(count));
    settle();
    finish(out, y, count);
  }
};

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto n = static_cast<uint64_t>(shape_value(context.request, "n", 0, 1, int64_t{1} << 36));
  const StreamPlan plan =
      plan_stream(context, n, 2, 2 * sizeof(T), kIsFloat<T> ? 0 : 2 * sizeof(float), sizeof(T));
  T* const x = device_array<T>(context.memory, n);
  T* const y = device_array<T>(context.memory, n);
  RunParts run;
  run.blocks = plan.blocks;
  const bool fused = option_value(context.request, "fused", 1, 0, 1) == 1;
  run.kernel = [=] { run_stream<T, T, 1>(plan, {x}, y, Gelu<T>(fused)); };
  run.fill = [=, seed = context.request.seed] { fill_uniform(x, n, seed, "x", -6, 6); };
  run.check = [=] {
    // The exponent, up to 17 in size, carries the rounding of its steps into the result.
    Tolerance tolerance = rounded_to<T>();
    tolerance.absolute = 2e-6;
    return first_difference("y", y, n, tolerance,
                            [=](uint64_t i) { return plain_gelu(static_cast<double>(x[i])); });
  };
  run.flops = 8.0 * static_cast<double>(n);
  run.bytes = static_cast<double>(2 * n * sizeof(T));
  run.tiling = tiling_of(plan);
  return make_run(std::move(run));
}

std::vector<OpKey> options() {
  std::vector<OpKey> keys = stream_options();
  keys.push_back(
      {"fused", "1: on 3510 one function of register instructions per tile, 0: call by call", "1"});
  return keys;
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op gelu() {
  return with_preparation(
      {"gelu", "y = gelu(x), tanh form", {{"n", "elements", ""}}, {"fp32", "fp16", "bf16"}, options(), {}},
      prepare);
}

}  // namespace podsim::kernel::ops

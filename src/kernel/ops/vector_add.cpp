// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_tiles.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
struct VectorSum {
  uint32_t times = 1;

  void init(TPipe&, uint32_t) {}
  void operator()(const LocalTensor<T>& z, const std::array<LocalTensor<T>, 2>& x, uint32_t count) {
    for (uint32_t i = 0; i < times; ++i) Add(z, x[0], x[1], static_cast<int32_t>(count));
  }
};
// Element by element on the scalar unit: what kernels should not do, the first rung of a well-known ladder.
template <class T>
struct ScalarSum {
  void init(TPipe&, uint32_t) {}
  void operator()(const LocalTensor<T>& z, const std::array<LocalTensor<T>, 2>& x, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      z.SetValue(i, math::Add{}(x[0].GetValue(i), x[1].GetValue(i)));
    }
  }
};

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto n = static_cast<uint64_t>(shape_value(context.request, "n", 0, 1, int64_t{1} << 36));
  const StreamPlan plan = plan_stream(context, n, 3, 3 * sizeof(T), 0, sizeof(T));
  const std::string unit = option_word(context.request, "unit", "vector", {"vector", "scalar"});
  const auto times = static_cast<uint32_t>(option_value(context.request, "times", 1, 1, 1 << 20));
  T* const x = device_array<T>(context.memory, n);
  T* const y = device_array<T>(context.memory, n);
  T* const z = device_array<T>(context.memory, n);
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] {
    if (unit == "scalar") return run_stream<T, T, 2>(plan, {x, y}, z, ScalarSum<T>());
    run_stream<T, T, 2>(plan, {x, y}, z, VectorSum<T>{times});
  };
  run.fill = [=, seed = context.request.seed] {
    fill_uniform(x, n, seed, "x", -100, 100);
    fill_uniform(y, n, seed, "y", -100, 100);
  };
  // One rounding: exact.
  run.check = [=] {
    return first_difference("z", z, n, {}, [=](uint64_t i) { return math::Add{}(x[i], y[i]); });
  };
  run.flops = static_cast<double>(n * times);
  run.bytes = static_cast<double>(3 * n * sizeof(T));
  run.tiling = tiling_of(plan);
  run.tiling["unit"] = unit;
  run.tiling["times"] = std::to_string(times);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  if (context.dtype == "int32") return prepare_as<int32_t>(context);
  if (context.dtype == "int16") return prepare_as<int16_t>(context);
  return context.dtype == "fp32" ? prepare_as<float>(context) : prepare_as<half>(context);
}

}  // namespace

Op vector_add() {
  Op op{"vector_add",     "z = x + y", {{"n", "elements", ""}}, {"fp16", "fp32", "int32", "int16"},
        stream_options(), {}};
  op.options.push_back({"unit", "what adds: vector or scalar", "vector"});
  op.options.push_back({"times", "additions of each tile by the vector unit, to look at nothing else", "1"});
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

constexpr float kEpsilon = 1e-6F;

template <class T>
struct RmsArrays {
  T* x;
  T* gamma;
  T* y;
};

template <class T>
void rms_norm_kernel(const RowPlan& plan, const RmsArrays<T>& arrays) {
  TPipe pipe;
  TQue<TPosition::VECIN, 2> in;
  TQue<TPosition::VECIN, 1> gamma_in;
  TQue<TPosition::VECOUT, 2> out;
  TBuf<> gamma_float;
  TBuf<> in_float;
  TBuf<> out_float;
  RowScratch scratch;
  const uint32_t tile_elements = plan.tile_rows * plan.pitch;
  pipe.InitBuffer(in, static_cast<uint8_t>(plan.buffers), static_cast<uint32_t>(tile_elements * sizeof(T)));
  pipe.InitBuffer(out, static_cast<uint8_t>(plan.buffers), static_cast<uint32_t>(tile_elements * sizeof(T)));
  pipe.InitBuffer(gamma_in, 1, static_cast<uint32_t>(plan.pitch * sizeof(T)));
  LocalTensor<float> in_scratch;
  LocalTensor<float> out_scratch;
  LocalTensor<float> gamma_scratch;
  if constexpr (!kIsFloat<T>) {
    pipe.InitBuffer(in_float, tile_elements * 4);
    pipe.InitBuffer(out_float, tile_elements * 4);
    pipe.InitBuffer(gamma_float, plan.pitch * 4);
    in_scratch = in_float.Get<float>();
    out_scratch = out_float.Get<float>();
    gamma_scratch = gamma_float.Get<float>();
  }
  scratch.init(pipe, {plan.tile_rows, plan.columns, plan.pitch});

  LocalTensor<T> gamma = gamma_in.template AllocTensor<T>();
  load(gamma, global(arrays.gamma), plan.columns);
  gamma_in.EnQue(gamma);
  gamma = gamma_in.template DeQue<T>();
  const LocalTensor<float> weight = as_float(gamma, gamma_scratch, plan.columns);
  for_row_tiles(plan, [&](uint64_t first, uint32_t rows) {
    const RowTile tile{rows, plan.columns, plan.pitch};
    const RowBlock block{rows, plan.columns, plan.pitch, plan.columns};
    const uint32_t count = rows * plan.pitch;
    const auto row_count = static_cast<int32_t>(rows);
    LocalTensor<T> x = in.template AllocTensor<T>();
    load_rows(x, global(arrays.x)[first * plan.columns], block);
    in.EnQue(x);
    x = in.template DeQue<T>();
    LocalTensor<T> y = out.template AllocTensor<T>();
    {
      const VectorFunction function;
      const LocalTensor<float> from = as_float(x, in_scratch, count);
      const LocalTensor<float> to = float_place(y, out_scratch);
      Mul(to, from, from, static_cast<int32_t>(count));
      fold_rows<Fold::Sum>(scratch.values, scratch.work, to, tile);
      Muls(scratch.values, scratch.values, 1.0F / static_cast<float>(plan.columns), row_count);
      Adds(scratch.values, scratch.values, kEpsilon, row_count);
      Sqrt(scratch.values, scratch.values, row_count);
      spread_rows(scratch.blocks, scratch.values, rows);
      with_row_values(to, from, scratch.blocks, tile, DivRows());
      times_row(to, to, weight, tile);
      finish(y, to, count);
    }
    out.EnQue(y);
    in.FreeTensor(x);
    y = out.template DeQue<T>();
    store_rows(global(arrays.y)[first * plan.columns], y, block);
    out.FreeTensor(y);
  });
  gamma_in.FreeTensor(gamma);
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto rows = static_cast<uint64_t>(shape_value(context.request, "rows", 0, 1, int64_t{1} << 32));
  const auto columns =
      static_cast<uint32_t>(shape_value(context.request, "columns", 0, 1, 255 * int64_t{kLane}));
  const uint32_t pitch = row_pitch<T>(columns);
  const uint64_t float_scratch = kIsFloat<T> ? 0 : uint64_t{pitch} * 4;
  const RowPlan plan = plan_rows(context, rows, columns, pitch,
                                 {2 * pitch * sizeof(T), RowScratch::kRowBytes + 2 * float_scratch,
                                  RowScratch::fixed_bytes(pitch) + pitch * sizeof(T) + float_scratch});
  const uint64_t n = rows * columns;
  const RmsArrays<T> arrays{device_array<T>(context.memory, n), device_array<T>(context.memory, columns),
                            device_array<T>(context.memory, n)};
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { rms_norm_kernel<T>(plan, arrays); };
  run.fill = [=, seed = context.request.seed] {
    fill_uniform(arrays.x, n, seed, "x", -4, 4);
    fill_uniform(arrays.gamma, columns, seed, "gamma", 0.5, 1.5);
  };
  run.check = [=] {
    double root = 1;
    return first_difference("y", arrays.y, n, rounded_to<T>(), [&](uint64_t i) {
      if (i % columns == 0) {
        double sum = 0;
        for (uint64_t j = i; j < i + columns; ++j)
          sum += static_cast<double>(arrays.x[j]) * static_cast<double>(arrays.x[j]);
        root = std::sqrt(sum / columns + static_cast<double>(kEpsilon));
      }
      return static_cast<double>(arrays.x[i]) / root * static_cast<double>(arrays.gamma[i % columns]);
    });
  };
  run.flops = 4.0 * static_cast<double>(n);
  run.bytes = static_cast<double>((2 * n + columns) * sizeof(T));
  run.tiling = tiling_of(plan);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op rms_norm() {
  return with_preparation({"rms_norm",
                           "y = x / sqrt(mean(x^2) + 1e-6) * gamma, row by row",
                           {{"rows", "rows", ""}, {"columns", "elements of a row", ""}},
                           {"fp32", "fp16", "bf16"},
                           row_options(),
                           {}},
                          prepare);
}

}  // namespace podsim::kernel::ops

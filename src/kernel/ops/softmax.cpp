// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
void softmax_kernel(const RowPlan& plan, T* input, T* output) {
  TPipe pipe;
  TQue<TPosition::VECIN, 2> in;
  TQue<TPosition::VECOUT, 2> out;
  TBuf<> in_float;
  TBuf<> out_float;
  RowScratch scratch;
  const uint32_t tile_elements = plan.tile_rows * plan.pitch;
  pipe.InitBuffer(in, static_cast<uint8_t>(plan.buffers), static_cast<uint32_t>(tile_elements * sizeof(T)));
  pipe.InitBuffer(out, static_cast<uint8_t>(plan.buffers), static_cast<uint32_t>(tile_elements * sizeof(T)));
  LocalTensor<float> in_scratch;
  LocalTensor<float> out_scratch;
  if constexpr (!kIsFloat<T>) {
    pipe.InitBuffer(in_float, tile_elements * 4);
    pipe.InitBuffer(out_float, tile_elements * 4);
    in_scratch = in_float.Get<float>();
    out_scratch = out_float.Get<float>();
  }
  scratch.init(pipe, {plan.tile_rows, plan.columns, plan.pitch});
  for_row_tiles(plan, [&](uint64_t first, uint32_t rows) {
    const RowTile tile{rows, plan.columns, plan.pitch};
    const RowBlock block{rows, plan.columns, plan.pitch, plan.columns};
    const uint32_t count = rows * plan.pitch;
    LocalTensor<T> x = in.template AllocTensor<T>();
    load_rows(x, global(input)[first * plan.columns], block);
    in.EnQue(x);
    x = in.template DeQue<T>();
    LocalTensor<T> y = out.template AllocTensor<T>();
    {
      const VectorFunction function;
      const LocalTensor<float> from = as_float(x, in_scratch, count);
      const LocalTensor<float> to = float_place(y, out_scratch);
      fold_rows<Fold::Max>(scratch.values, scratch.work, from, tile);
      spread_rows(scratch.blocks, scratch.values, rows);
      with_row_values(to, from, scratch.blocks, tile, SubRows());
      Exp(to, to, static_cast<int32_t>(count));
      fold_rows<Fold::Sum>(scratch.values, scratch.work, to, tile);
      spread_rows(scratch.blocks, scratch.values, rows);
      with_row_values(to, to, scratch.blocks, tile, DivRows());
      finish(y, to, count);
    }
    out.EnQue(y);
    in.FreeTensor(x);
    y = out.template DeQue<T>();
    store_rows(global(output)[first * plan.columns], y, block);
    out.FreeTensor(y);
  });
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto rows = static_cast<uint64_t>(shape_value(context.request, "rows", 0, 1, int64_t{1} << 32));
  const auto columns =
      static_cast<uint32_t>(shape_value(context.request, "columns", 0, 1, 255 * int64_t{kLane}));
  const uint32_t pitch = row_pitch<T>(columns);
  const uint64_t row = pitch * sizeof(T);
  const RowPlan plan = plan_rows(context, rows, columns, pitch,
                                 {2 * row, RowScratch::kRowBytes + (kIsFloat<T> ? 0 : uint64_t{pitch} * 8),
                                  RowScratch::fixed_bytes(pitch)});
  const uint64_t n = rows * columns;
  T* const x = device_array<T>(context.memory, n);
  T* const y = device_array<T>(context.memory, n);
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { softmax_kernel<T>(plan, x, y); };
  run.fill = [=, seed = context.request.seed] { fill_uniform(x, n, seed, "x", -8, 8); };
  run.check = [=] {
    double peak = 0;
    double sum = 0;
    return first_difference("y", y, n, rounded_to<T>(), [&](uint64_t i) {
      if (i % columns == 0) {
        peak = static_cast<double>(x[i]);
        sum = 0;
        for (uint64_t j = i; j < i + columns; ++j) peak = std::max(peak, static_cast<double>(x[j]));
        for (uint64_t j = i; j < i + columns; ++j) sum += std::exp(static_cast<double>(x[j]) - peak);
      }
      return std::exp(static_cast<double>(x[i]) - peak) / sum;
    });
  };
  run.flops = 5.0 * static_cast<double>(n);
  run.bytes = static_cast<double>(2 * n * sizeof(T));
  run.tiling = tiling_of(plan);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op softmax() {
  return with_preparation({"softmax",
                           "softmax of every row",
                           {{"rows", "rows", ""}, {"columns", "elements of a row", ""}},
                           {"fp32", "fp16", "bf16"},
                           row_options(),
                           {}},
                          prepare);
}

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/activations.h"
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

constexpr float kLeastScale = 1e-12F;  // of a row of zeros

template <class T>
struct SwigluArrays {
  T* x;          // rows x (gate of `columns`, up of `columns`)
  int8_t* y;     // rows x columns
  float* scale;  // rows
};

template <class T>
class SwigluQuant {
 public:
  SwigluQuant(const RowPlan& plan, const SwigluArrays<T>& arrays) : plan_(plan), arrays_(arrays) {
    const uint32_t elements = plan.tile_rows * plan.pitch;
    const auto buffers = static_cast<uint8_t>(plan.buffers);
    pipe_.InitBuffer(gate_in_, buffers, static_cast<uint32_t>(elements * sizeof(T)));
    pipe_.InitBuffer(up_in_, buffers, static_cast<uint32_t>(elements * sizeof(T)));
    pipe_.InitBuffer(out_, buffers, elements);
    pipe_.InitBuffer(scale_out_, buffers, static_cast<uint32_t>(round_up(plan.tile_rows, 8) * 4));
    for (TBuf<>* buffer : {&first_, &second_, &third_}) pipe_.InitBuffer(*buffer, elements * 4);
    scratch_.init(pipe_, {plan.tile_rows, plan.columns, plan.pitch});
  }

  void run() {
    SetDeqScale(half(1.0));
    for_row_tiles(plan_, [this](uint64_t first, uint32_t rows) {
      load_tile(first, rows);
      compute(rows);
      store_tile(first, rows);
    });
  }
  // Buffers of one row, and once.
  static RowBytes bytes(uint32_t pitch) {
    return {pitch * (2 * sizeof(T) + 1) + 4, uint64_t{pitch} * 12 + RowScratch::kRowBytes,
            RowScratch::fixed_bytes(pitch) + 2 * 8 * 4};
  }

 private:
  void load_tile(uint64_t first, uint32_t rows) {
    const uint64_t stride = 2 * uint64_t{plan_.columns};
    const RowBlock block{rows, plan_.columns, plan_.pitch, stride};
    const LocalTensor<T> gate = gate_in_.template AllocTensor<T>();
    load_rows(gate, global(arrays_.x)[first * stride], block);
    gate_in_.EnQue(gate);
    const LocalTensor<T> up = up_in_.template AllocTensor<T>();
    load_rows(up, global(arrays_.x)[first * stride + plan_.columns], block);
    up_in_.EnQue(up);
  }

  void compute(uint32_t rows) {
    const VectorFunction function;
    const RowTile tile{rows, plan_.columns, plan_.pitch};
    const uint32_t count = rows * plan_.pitch;
    const auto n = static_cast<int32_t>(count);
    const auto row_count = static_cast<int32_t>(rows);
    const LocalTensor<float> y = third_.Get<float>();
    const LocalTensor<T> gate = gate_in_.template DeQue<T>();
    const LocalTensor<float> a = as_float(gate, first_.Get<float>(), count);
    silu_of(y, a, n);
    gate_in_.FreeTensor(gate);
    const LocalTensor<T> up = up_in_.template DeQue<T>();
    Mul(y, y, as_float(up, second_.Get<float>(), count), n);
    up_in_.FreeTensor(up);

    const LocalTensor<float> size = first_.Get<float>();
    const LocalTensor<float> scale = scale_out_.AllocTensor<float>();
    const LocalTensor<int8_t> out = out_.AllocTensor<int8_t>();
    Abs(size, y, n);
    fold_rows<Fold::Max>(scale, scratch_.work, size, tile);
    Muls(scale, scale, 1.0F / 127.0F, row_count);
    Maxs(scale, scale, kLeastScale, row_count);
    spread_rows(scratch_.blocks, scale, rows);
    scale_out_.EnQue(scale);
    with_row_values(y, y, scratch_.blocks, tile, DivRows());
    // There is no conversion from float to int8: over int32, which rounds, and half, which is exact up to
    // 2048.
    const LocalTensor<int32_t> whole = second_.Get<int32_t>();
    const LocalTensor<half> narrow = first_.Get<half>();
    Cast(whole, y, RoundMode::CAST_RINT, count);
    Cast(narrow, whole, RoundMode::CAST_NONE, count);
    Cast(out, narrow, RoundMode::CAST_RINT, count);
    out_.EnQue(out);
  }

  void store_tile(uint64_t first, uint32_t rows) {
    const LocalTensor<float> scale = scale_out_.DeQue<float>();
    store(global(arrays_.scale)[first], scale, rows);
    scale_out_.FreeTensor(scale);
    const LocalTensor<int8_t> out = out_.DeQue<int8_t>();
    store_rows(global(arrays_.y)[first * plan_.columns], out,
               {rows, plan_.columns, plan_.pitch, plan_.columns});
    out_.FreeTensor(out);
  }

  const RowPlan& plan_;
  const SwigluArrays<T>& arrays_;
  TPipe pipe_;
  TQue<TPosition::VECIN, 2> gate_in_;
  TQue<TPosition::VECIN, 2> up_in_;
  TQue<TPosition::VECOUT, 2> out_;
  TQue<TPosition::VECOUT, 2> scale_out_;
  TBuf<> first_;
  TBuf<> second_;
  TBuf<> third_;
  RowScratch scratch_;
};

template <class T>
std::string check(const SwigluArrays<T>& arrays, uint64_t rows, uint64_t columns) {
  std::vector<double> row(columns);
  for (uint64_t r = 0; r < rows; ++r) {
    double largest = 0;
    for (uint64_t c = 0; c < columns; ++c) {
      const auto gate = static_cast<double>(arrays.x[r * 2 * columns + c]);
      row[c] = plain_silu(gate) * static_cast<double>(arrays.x[(r * 2 + 1) * columns + c]);
      largest = std::max(largest, std::fabs(row[c]));
    }
    const double scale = std::max(largest / 127, static_cast<double>(kLeastScale));
    std::string wrong =
        first_difference("scale", arrays.scale + r, 1, {1e-5, 0}, [&](uint64_t) { return scale; });
    // Half a step, and the rounding of the steps before.
    if (wrong.empty()) {
      wrong = first_difference("y", arrays.y + r * columns, columns, {1e-4, 0.501},
                               [&](uint64_t c) { return row[c] / scale; });
    }
    if (!wrong.empty()) return "row " + std::to_string(r) + ": " + wrong;
  }
  return "";
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto rows = static_cast<uint64_t>(shape_value(context.request, "rows", 0, 1, int64_t{1} << 32));
  const auto columns =
      static_cast<uint32_t>(shape_value(context.request, "columns", 0, 1, 255 * int64_t{kLane}));
  const auto pitch = static_cast<uint32_t>(round_up(columns, 32));
  const RowPlan plan = plan_rows(context, rows, columns, pitch, SwigluQuant<T>::bytes(pitch));
  const uint64_t n = rows * columns;
  const SwigluArrays<T> arrays{device_array<T>(context.memory, 2 * n),
                               device_array<int8_t>(context.memory, n),
                               device_array<float>(context.memory, rows)};
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { SwigluQuant<T>(plan, arrays).run(); };
  run.fill = [=, seed = context.request.seed] { fill_uniform(arrays.x, 2 * n, seed, "x", -4, 4); };
  run.check = [=] { return check(arrays, rows, columns); };
  run.flops = 8.0 * static_cast<double>(n);
  run.bytes = static_cast<double>(2 * n * sizeof(T) + n + rows * sizeof(float));
  run.tiling = tiling_of(plan);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op swiglu_quant() {
  return with_preparation(
      {"swiglu_quant",
       "int8 of silu(gate) * up with a scale per row; gate and up are halves of a row",
       {{"rows", "rows", ""}, {"columns", "elements of an output row; the input has twice as many", ""}},
       {"fp16", "bf16", "fp32"},
       row_options(),
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops

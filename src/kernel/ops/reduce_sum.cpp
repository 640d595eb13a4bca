// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

// Halves: element-wise additions until 64 columns are left, then one reduction (the fast way: a reduction
// inside repeats takes 7 cycles a repeat on 2201, an addition one). Repeats: reductions of repeats only,
// round by round.
enum class Method : uint8_t { Halves, Repeats };

constexpr uint32_t kMostPiece = 255 * kLane;  // columns that fold_rows takes at once
constexpr uint32_t kGoodPiece = 8192;         // two buffers of them fit in every type

struct ReducePlan {
  RowPlan rows;
  uint64_t columns = 0;  // of the matrix; rows.columns of them at a time
  Method method = Method::Halves;
};

// dst[0] = sum of `count` floats; `work` has two floats per repeat and 16.
void sum_repeats(const LocalTensor<float>& dst, const LocalTensor<float>& work, const LocalTensor<float>& row,
                 uint32_t count) {
  const auto second = static_cast<uint32_t>(round_up(ceil_div(count, kLane), 8));
  LocalTensor<float> from = row;
  for (uint32_t round = 0;; ++round) {
    const uint32_t whole = count / kLane;
    const uint32_t tail = count % kLane;
    const bool last = count <= kLane;
    const LocalTensor<float> to = last ? dst : work[round % 2 * second];
    if (whole > 0)
      WholeReduceSum(to, from, static_cast<int32_t>(kLane), static_cast<int32_t>(whole), 1, 1, 8);
    if (tail > 0) WholeReduceSum(to[whole], from[whole * kLane], static_cast<int32_t>(tail), 1, 1, 1, 8);
    if (last) return;
    count = whole + (tail > 0 ? 1 : 0);
    from = to;
  }
}

template <class T>
class ReduceSumKernel {
 public:
  ReduceSumKernel(const ReducePlan& plan, T* input, T* output) : plan_(plan), input_(input), output_(output) {
    const RowPlan& rows = plan.rows;
    const auto buffers = static_cast<uint8_t>(rows.buffers);
    const uint32_t elements = rows.tile_rows * rows.pitch;
    pipe_.InitBuffer(in_, buffers, static_cast<uint32_t>(elements * sizeof(T)));
    pipe_.InitBuffer(out_, buffers, static_cast<uint32_t>(round_up(rows.tile_rows, 16) * sizeof(T)));
    if constexpr (!kIsFloat<T>) {
      pipe_.InitBuffer(float_, elements * 4);
      float_in_ = float_.Get<float>();
    }
    for (TBuf<>* buffer : {&sums_, &piece_})
      pipe_.InitBuffer(*buffer, static_cast<uint32_t>(round_up(rows.tile_rows, 8) * 4));
    pipe_.InitBuffer(work_, fold_work({rows.tile_rows, rows.columns, rows.pitch}) * 4);
  }
  void run() {
    for_row_tiles(plan_.rows, [this](uint64_t first, uint32_t rows) {
      const LocalTensor<float> sums = sums_.Get<float>();
      for (uint64_t at = 0; at < plan_.columns; at += plan_.rows.columns) {
        const auto columns =
            static_cast<uint32_t>(std::min<uint64_t>(plan_.rows.columns, plan_.columns - at));
        const LocalTensor<float> to = at == 0 ? sums : piece_.Get<float>();
        reduce(to, first, rows, at, columns);
        if (at > 0) Add(sums, sums, to, static_cast<int32_t>(rows));
      }
      const LocalTensor<T> y = out_.template AllocTensor<T>();
      if constexpr (kIsFloat<T>)
        Adds(y, sums, 0.0F, static_cast<int32_t>(rows));
      else
        Cast(y, sums, RoundMode::CAST_RINT, rows);
      out_.EnQue(y);
      const LocalTensor<T> done = out_.template DeQue<T>();
      store(global(output_)[first], done, rows);
      out_.FreeTensor(done);
    });
  }
  static RowBytes bytes(uint32_t pitch) {
    return {pitch * sizeof(T) + sizeof(T), (kIsFloat<T> ? 0 : uint64_t{pitch} * 4) + 8 + kLane * 4,
            uint64_t{pitch} * 4 + 2 * 8 * 4 + 2 * 32};
  }

 private:
  void reduce(const LocalTensor<float>& to, uint64_t first, uint32_t rows, uint64_t at, uint32_t columns) {
    const uint32_t pitch = plan_.rows.pitch;
    LocalTensor<T> x = in_.template AllocTensor<T>();
    load_rows(x, global(input_)[first * plan_.columns + at], {rows, columns, pitch, plan_.columns});
    in_.EnQue(x);
    x = in_.template DeQue<T>();
    const LocalTensor<float> from = as_float(x, float_in_, rows * pitch);
    const LocalTensor<float> work = work_.Get<float>();
    if (plan_.method == Method::Halves) {
      fold_rows<Fold::Sum>(to, work, from, {rows, columns, pitch});
    } else {
      for (uint32_t r = 0; r < rows; ++r) sum_repeats(to[r], work, from[r * pitch], columns);
    }
    in_.FreeTensor(x);
  }
  const ReducePlan& plan_;
  T* input_;
  T* output_;
  TPipe pipe_;
  TQue<TPosition::VECIN, 2> in_;
  TQue<TPosition::VECOUT, 2> out_;
  TBuf<> float_;
  TBuf<> sums_;
  TBuf<> piece_;
  TBuf<> work_;
  LocalTensor<float> float_in_;
};

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto rows = static_cast<uint64_t>(shape_value(context.request, "rows", 0, 1, int64_t{1} << 32));
  ReducePlan plan;
  plan.columns = static_cast<uint64_t>(shape_value(context.request, "columns", 0, 1, int64_t{1} << 32));
  plan.method = option_word(context.request, "method", "halves", {"halves", "repeats"}) == "halves"
                    ? Method::Halves
                    : Method::Repeats;
  const uint64_t pieces = ceil_div(plan.columns, kGoodPiece);
  const uint64_t piece = pieces == 1 ? plan.columns : round_up(ceil_div(plan.columns, pieces), kLane);
  const uint64_t most = std::min<uint64_t>(plan.columns, kMostPiece);
  const auto columns = static_cast<uint32_t>(option_value(
      context.request, "tile_columns", static_cast<int64_t>(piece), 1, static_cast<int64_t>(most)));
  const uint32_t pitch = row_pitch<T>(columns);
  plan.rows = plan_rows(context, rows, columns, pitch, ReduceSumKernel<T>::bytes(pitch));
  const uint64_t n = rows * plan.columns;
  T* const x = device_array<T>(context.memory, n);
  T* const y = device_array<T>(context.memory, rows);
  RunParts run;
  run.blocks = plan.rows.blocks;
  run.kernel = [=] { ReduceSumKernel<T>(plan, x, y).run(); };
  run.fill = [=, seed = context.request.seed] { fill_uniform(x, n, seed, "x", -1, 1); };
  run.check = [=] {
    // Partial sums of n uniform values stay below about 4 sqrt(n) and are rounded log2(n) times or so.
    Tolerance tolerance = rounded_to<T>();
    tolerance.absolute = 5e-6 * std::sqrt(static_cast<double>(plan.columns));
    return first_difference("y", y, rows, tolerance, [=](uint64_t r) {
      double sum = 0;
      for (uint64_t c = 0; c < plan.columns; ++c) sum += static_cast<double>(x[r * plan.columns + c]);
      return sum;
    });
  };
  run.flops = static_cast<double>(n);
  run.bytes = static_cast<double>((n + rows) * sizeof(T));
  run.tiling = tiling_of(plan.rows);
  run.tiling["tile_columns"] = std::to_string(columns);
  run.tiling["method"] = plan.method == Method::Halves ? "halves" : "repeats";
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op reduce_sum() {
  Op op{"reduce_sum",
        "sum of every row, added in float",
        {{"rows", "rows", ""}, {"columns", "elements of a row", ""}},
        {"fp32", "fp16", "bf16"},
        row_options(),
        {}};
  op.options.push_back(
      {"tile_columns", "columns of one copy, at most 16,320", "all, or even pieces of at most 8,192"});
  op.options.push_back({"method",
                        "halves: additions until 64 columns are left; repeats: reductions of 64 columns only",
                        "halves"});
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

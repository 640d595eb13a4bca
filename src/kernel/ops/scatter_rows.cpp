// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/row_indices.h"
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"
#include "podsim/base/error.h"

// y[index[i]] = weight[i] * x[i], or += : the local half of combine, which adds the weighted results of a
// token's experts. Additions are the copy's own (atomic), rounded to the type one after another.
namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
struct ScatterArrays {
  T* x;  // rows x columns
  int32_t* index;
  float* weight;  // per row; null: none
  T* y;           // tokens x columns, zeros before
};

template <class T>
class ScatterKernel {
 public:
  ScatterKernel(const IndexPlan& plan, const ScatterArrays<T>& arrays, bool accumulate)
      : plan_(plan), arrays_(arrays), accumulate_(accumulate) {
    const uint32_t elements = plan.tile_rows * plan.pitch;
    const auto buffers = static_cast<uint8_t>(plan.buffers);
    const auto bytes = static_cast<uint32_t>(elements * sizeof(T));
    if (arrays.weight == nullptr) {
      pipe_.InitBuffer(through_, buffers, bytes);
      return;
    }
    pipe_.InitBuffer(in_, buffers, bytes);
    pipe_.InitBuffer(out_, buffers, bytes);
    if constexpr (!kIsFloat<T>) pipe_.InitBuffer(float_, elements * 4);
  }

  void run() {
    const Share mine =
        share_of(plan_.rows, 1, static_cast<uint64_t>(GetBlockNum()), static_cast<uint64_t>(GetBlockIdx()));
    if (accumulate_) SetAtomicAdd<T>();
    for (uint64_t done = 0; done < mine.count; done += plan_.tile_rows) {
      const auto rows = static_cast<uint32_t>(std::min<uint64_t>(plan_.tile_rows, mine.count - done));
      for (uint64_t at = 0; at < plan_.columns; at += plan_.tile_columns) {
        const auto columns =
            static_cast<uint32_t>(std::min<uint64_t>(plan_.tile_columns, plan_.columns - at));
        tile(mine.first + done, rows, at, columns);
      }
    }
    if (accumulate_) SetAtomicNone();
  }
  // Bytes of an element, with buffers and once.
  static uint64_t buffered(bool weighted) { return (weighted ? 2 : 1) * sizeof(T); }
  static uint64_t once(bool weighted) { return weighted && !kIsFloat<T> ? sizeof(float) : 0; }

 private:
  void tile(uint64_t first, uint32_t rows, uint64_t at, uint32_t columns) {
    const RowBlock block{rows, columns, plan_.pitch, plan_.columns};
    const GlobalTensor<T> from = global(arrays_.x, plan_.bypass)[first * plan_.columns + at];
    if (arrays_.weight == nullptr) {
      LocalTensor<T> x = through_.template AllocTensor<T>();
      load_rows(x, from, block);
      through_.EnQue(x);
      x = through_.template DeQue<T>();
      scatter(x, first, rows, at, columns);
      through_.FreeTensor(x);
      return;
    }
    LocalTensor<T> x = in_.template AllocTensor<T>();
    load_rows(x, from, block);
    in_.EnQue(x);
    x = in_.template DeQue<T>();
    LocalTensor<T> y = out_.template AllocTensor<T>();
    weigh(y, x, first, rows, columns);
    out_.EnQue(y);
    in_.FreeTensor(x);
    y = out_.template DeQue<T>();
    scatter(y, first, rows, at, columns);
    out_.FreeTensor(y);
  }
  void weigh(const LocalTensor<T>& y, const LocalTensor<T>& x, uint64_t first, uint32_t rows,
             uint32_t columns) {
    const uint32_t count = rows * plan_.pitch;
    const GlobalTensor<float> weight = global(arrays_.weight);
    LocalTensor<float> scratch;
    if constexpr (!kIsFloat<T>) scratch = float_.Get<float>();
    const LocalTensor<float> in = as_float(x, scratch, count);
    const LocalTensor<float> out = float_place(y, scratch);
    for (uint32_t r = 0; r < rows; ++r) {
      const uint32_t start = r * plan_.pitch;
      Muls(out[start], in[start], weight.GetValue(first + r), static_cast<int32_t>(columns));
    }
    finish(y, out, count);
  }
  void scatter(const LocalTensor<T>& y, uint64_t first, uint32_t rows, uint64_t at, uint32_t columns) {
    const GlobalTensor<int32_t> index = global(arrays_.index);
    for (uint32_t r = 0; r < rows; ++r) {
      const auto row = static_cast<uint64_t>(index.GetValue(first + r));
      store(global(arrays_.y)[row * plan_.columns + at], y[r * plan_.pitch], columns);
    }
  }

  const IndexPlan& plan_;
  const ScatterArrays<T>& arrays_;
  bool accumulate_;
  TPipe pipe_;
  TQueBind<TPosition::VECIN, TPosition::VECOUT, 2> through_;
  TQue<TPosition::VECIN, 2> in_;
  TQue<TPosition::VECOUT, 2> out_;
  TBuf<> float_;
};

template <class T>
std::string check(const ScatterArrays<T>& arrays, const IndexPlan& plan, bool accumulate) {
  std::vector<double> sum(plan.tokens * plan.columns, 0.0);
  std::vector<double> size(plan.tokens * plan.columns, 0.0);  // what roundings are relative to
  for (uint64_t i = 0; i < plan.rows * plan.columns; ++i) {
    const uint64_t row = i / plan.columns;
    const uint64_t to = static_cast<uint64_t>(arrays.index[row]) * plan.columns + i % plan.columns;
    const double value = static_cast<double>(arrays.x[i]) *
                         (arrays.weight == nullptr ? 1.0 : static_cast<double>(arrays.weight[row]));
    sum[to] = accumulate ? sum[to] + value : value;
    size[to] += std::fabs(value);
  }
  // Every addend and every partial sum is rounded once.
  const std::vector<uint64_t> addends = [&] {
    std::vector<uint64_t> count(plan.tokens, 0);
    for (uint64_t r = 0; r < plan.rows; ++r) ++count[static_cast<uint64_t>(arrays.index[r])];
    return count;
  }();
  const bool exact = arrays.weight == nullptr && !accumulate;
  for (uint64_t i = 0; i < sum.size(); ++i) {
    const double roundings = static_cast<double>(2 * addends[i / plan.columns]);
    const Tolerance allowed{0, exact ? 0 : rounded_to<T>().relative * size[i] * roundings + 1e-7};
    std::string wrong = first_difference("y", arrays.y + i, 1, allowed, [&](uint64_t) { return sum[i]; });
    if (!wrong.empty()) return fmt::format("element {}: {}", i, wrong);
  }
  return "";
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const OpRequest& request = context.request;
  const auto tokens = static_cast<uint64_t>(shape_value(request, "tokens", 0, 1, INT32_MAX));
  const auto rows =
      static_cast<uint64_t>(shape_value(request, "rows", static_cast<int64_t>(tokens), 1, INT32_MAX));
  const auto columns = static_cast<uint64_t>(shape_value(request, "columns", 0, 1, 1 << 24));
  // More rows than places cannot be written without adding.
  const bool accumulate = option_value(request, "accumulate", rows > tokens ? 1 : 0, 0, 1) == 1;
  const bool weighted = option_value(request, "weights", 0, 0, 1) == 1;
  const char* const fallback = accumulate ? "uniform" : "distinct";
  const std::string pattern =
      option_word(request, "pattern", fallback, {"uniform", "distinct", "sequential", "same"});
  const bool collide = pattern == "uniform" || (pattern == "same" && rows > 1) || rows > tokens;
  if (!accumulate && collide) {
    throw ConfigError(
        fmt::format("scatter_rows: {} rows to {} places, pattern {}, may meet in one place; expected "
                    "accumulate=1 or distinct rows",
                    rows, tokens, pattern));
  }
  const IndexPlan plan = plan_indexed(context, rows, tokens, columns, ScatterKernel<T>::buffered(weighted),
                                      ScatterKernel<T>::once(weighted));
  ScatterArrays<T> arrays{device_array<T>(context.memory, rows * columns),
                          device_indices(context, row_indices(context, plan, fallback)), nullptr,
                          device_array<T>(context.memory, tokens * columns)};
  if (weighted) arrays.weight = device_array<float>(context.memory, rows);
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { ScatterKernel<T>(plan, arrays, accumulate).run(); };
  run.fill = [=, seed = request.seed] {
    fill_uniform(arrays.x, rows * columns, seed, "x", -4, 4);
    if (weighted) fill_uniform(arrays.weight, rows, seed, "weight", 0, 1);
  };
  run.check = [=] { return check(arrays, plan, accumulate); };
  run.flops = static_cast<double>(rows * columns) * (weighted ? 1 : 0);
  run.bytes = static_cast<double>(2 * rows * columns * sizeof(T) + rows * (weighted ? 8 : 4));
  run.tiling = tiling_of(plan);
  run.tiling["accumulate"] = accumulate ? "1" : "0";
  run.tiling["weights"] = weighted ? "1" : "0";
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op scatter_rows() {
  Op op{"scatter_rows",
        "y[index[i]] = weight[i] * x[i], or +=, row by row: the local half of combine",
        {{"tokens", "rows of y", ""}, {"columns", "elements of a row", ""}, {"rows", "rows of x", "tokens"}},
        {"bf16", "fp16", "fp32"},
        index_options(),
        {}};
  op.options.push_back(
      {"accumulate", "1: add to what is there (atomic copies); 0: overwrite", "1 if rows exceed tokens"});
  op.options.push_back({"weights", "1: multiply each row by its weight", "0"});
  for (OpKey& key : pattern_option("distinct, uniform if accumulated")) op.options.push_back(std::move(key));
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/row_indices.h"
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_rows.h"

// y[i] = x[index[i]], row by row: the local half of dispatch, which puts the rows of tokens in the order of
// their experts.
namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
struct GatherArrays {
  T* x;  // tokens x columns
  int32_t* index;
  T* y;  // rows x columns
};

template <class T>
void gather_kernel(const IndexPlan& plan, const GatherArrays<T>& arrays) {
  TPipe pipe;
  TQueBind<TPosition::VECIN, TPosition::VECOUT, 2> tiles;
  pipe.InitBuffer(tiles, static_cast<uint8_t>(plan.buffers),
                  static_cast<uint32_t>(plan.tile_rows * plan.pitch * sizeof(T)));
  const GlobalTensor<T> x = global(arrays.x, plan.bypass);
  const GlobalTensor<int32_t> index = global(arrays.index);
  const Share mine =
      share_of(plan.rows, 1, static_cast<uint64_t>(GetBlockNum()), static_cast<uint64_t>(GetBlockIdx()));
  for (uint64_t done = 0; done < mine.count; done += plan.tile_rows) {
    const auto rows = static_cast<uint32_t>(std::min<uint64_t>(plan.tile_rows, mine.count - done));
    const uint64_t first = mine.first + done;
    for (uint64_t at = 0; at < plan.columns; at += plan.tile_columns) {
      const auto columns = static_cast<uint32_t>(std::min<uint64_t>(plan.tile_columns, plan.columns - at));
      LocalTensor<T> tile = tiles.template AllocTensor<T>();
      for (uint32_t r = 0; r < rows; ++r) {
        const auto row = static_cast<uint64_t>(index.GetValue(first + r));
        load(tile[r * plan.pitch], x[row * plan.columns + at], columns);
      }
      tiles.EnQue(tile);
      tile = tiles.template DeQue<T>();
      store_rows(global(arrays.y)[first * plan.columns + at], tile,
                 {rows, columns, plan.pitch, plan.columns});
      tiles.FreeTensor(tile);
    }
  }
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto tokens = static_cast<uint64_t>(shape_value(context.request, "tokens", 0, 1, INT32_MAX));
  const auto rows =
      static_cast<uint64_t>(shape_value(context.request, "rows", static_cast<int64_t>(tokens), 1, INT32_MAX));
  const auto columns = static_cast<uint64_t>(shape_value(context.request, "columns", 0, 1, 1 << 24));
  const IndexPlan plan = plan_indexed(context, rows, tokens, columns, sizeof(T), 0);
  const GatherArrays<T> arrays{device_array<T>(context.memory, tokens * columns),
                               device_indices(context, row_indices(context, plan, "uniform")),
                               device_array<T>(context.memory, rows * columns)};
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { gather_kernel<T>(plan, arrays); };
  run.fill = [=, seed = context.request.seed] {
    fill_uniform(arrays.x, tokens * columns, seed, "x", -100, 100);
  };
  run.check = [=] {
    return first_difference("y", arrays.y, rows * columns, {}, [=](uint64_t i) {
      return arrays.x[static_cast<uint64_t>(arrays.index[i / columns]) * columns + i % columns];
    });
  };
  run.bytes = static_cast<double>(2 * rows * columns * sizeof(T) + rows * sizeof(int32_t));
  run.tiling = tiling_of(plan);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  if (context.dtype == "int8") return prepare_as<int8_t>(context);
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op gather_rows() {
  Op op{"gather_rows",
        "y[i] = x[index[i]], row by row: the local half of dispatch",
        {{"tokens", "rows of x", ""}, {"columns", "elements of a row", ""}, {"rows", "rows of y", "tokens"}},
        {"bf16", "fp16", "fp32", "int8"},
        index_options(),
        {}};
  for (OpKey& key : pattern_option("uniform")) op.options.push_back(std::move(key));
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernel/ops/vector_run.h"

// Rows of a matrix by index, as dispatch and combine move the rows of tokens: what gather_rows and
// scatter_rows share.
namespace podsim::kernel::ops {

// Rows pass through the unified buffer in tiles of `tile_rows` whole rows; rows that do not fit are cut into
// pieces of `tile_columns`.
struct IndexPlan {
  std::uint64_t rows = 0;    // as many as indices
  std::uint64_t tokens = 0;  // rows of the matrix that is indexed
  std::uint64_t columns = 0;
  std::uint32_t tile_columns = 0;
  std::uint32_t pitch = 0;  // elements between rows in the unified buffer
  std::uint32_t tile_rows = 0;
  std::uint32_t buffers = 2;
  std::int64_t blocks = 1;
  bool bypass = false;
};
// `element_bytes`: of one element in every buffer that is there `buffers` times; `scratch_bytes`: once.
IndexPlan plan_indexed(const OpContext& context, std::uint64_t rows, std::uint64_t tokens,
                       std::uint64_t columns, std::uint64_t element_bytes, std::uint64_t scratch_bytes);
std::vector<OpKey> index_options();
std::map<std::string, std::string> tiling_of(const IndexPlan& plan);

// Which row each index names: `pattern` is uniform, distinct, sequential or same.
std::vector<OpKey> pattern_option(const char* fallback);
std::vector<std::int32_t> row_indices(const OpContext& context, const IndexPlan& plan, const char* fallback);
// In device memory, in every kind of run: indices steer the kernel.
std::int32_t* device_indices(const OpContext& context, const std::vector<std::int32_t>& indices);

}  // namespace podsim::kernel::ops

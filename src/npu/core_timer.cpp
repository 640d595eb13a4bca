// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/core_timer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

constexpr std::int64_t kRowStep = 16;  // rows of a fractal: what the cube multiplies
// Tiles per core of the two launches. Three fill the pipes and more; nine are as many as a layer has for a
// core, and leave the difference far above a tile's rounding.
constexpr std::int64_t kFewTiles = 3;
constexpr std::int64_t kManyTiles = 9;
constexpr std::size_t kJobsOfSize = 6;
constexpr std::int64_t kRateElements = std::int64_t{1} << 20U;

std::int64_t divided_up(std::int64_t value, std::int64_t by) {
  return (value + by - 1) / by;
}

std::int64_t bits_of(const std::string& dtype) {
  for (const auto& [type, name] : config::EnumNames<moe::DataType>::kNames) {
    if (dtype == name) return moe::bits(type);
  }
  throw ConfigError(fmt::format("{} is no element type", dtype));
}

// The same rows for every group, as option rows takes it.
std::string repeated(const std::string& rows, std::int64_t groups) {
  std::string text;
  for (std::int64_t i = 0; i < groups; ++i) text += (i == 0 ? "" : ":") + rows;
  return text;
}

// Tiles per core when groups of so many tiles first come out even on the cores.
std::int64_t even_share(std::int64_t tiles, std::int64_t cores) {
  return tiles / std::gcd(tiles, cores);
}

// Tiles of a group in the launches that are simulated: those of the product, or a few less with which not too
// many groups come out even on the cores. Where they do not, the last tiles run beside idle cores.
std::int64_t simulated_tiles(std::int64_t tiles, std::int64_t cores) {
  for (std::int64_t fewer = tiles; fewer > 0; --fewer) {
    if (even_share(fewer, cores) <= kManyTiles) return fewer;
  }
  return tiles;
}

// Groups of two launches with the same number of tiles on every core, about kFewTiles and kManyTiles.
std::array<std::int64_t, 2> group_counts(std::int64_t cores, std::int64_t tiles) {
  const std::int64_t share = even_share(tiles, cores);
  const std::int64_t step = share * cores / tiles;
  const auto groups = [&](std::int64_t per_core) {
    return std::max<std::int64_t>(1, (2 * per_core + share) / (2 * share)) * step;
  };
  const std::int64_t few = groups(kFewTiles);
  return {few, std::max(groups(kManyTiles), 2 * few)};
}

// Rows and columns of two vector kernels that fill all vector cores; the difference leaves out their starts.
struct VectorJobs {
  KernelJob few;
  KernelJob many;
  std::int64_t elements;  // of the difference, as the timer counts them
};

KernelJob vector_job(const char* kernel, std::int64_t rows, std::int64_t columns) {
  KernelJob job;
  job.kernel = kernel;
  job.shape = {{"rows", rows}, {"columns", columns}};
  job.dtype = "bf16";
  return job;
}

constexpr std::int64_t kVectorColumns = 2048;
constexpr std::int64_t kVectorRows = 16;  // per vector core
constexpr std::int64_t kDequantRows = 128;

VectorJobs swiglu_jobs(std::int64_t vector_cores) {
  const std::int64_t rows = kVectorRows * vector_cores;
  return {vector_job("swiglu_quant", rows, kVectorColumns),
          vector_job("swiglu_quant", 2 * rows, kVectorColumns), rows * kVectorColumns};
}

// Rows are weighted; those of a token are added by the copy on its way out.
VectorJobs sum_jobs(std::int64_t vector_cores) {
  const std::int64_t rows = kVectorRows * vector_cores;
  VectorJobs jobs{vector_job("scatter_rows", rows, kVectorColumns),
                  vector_job("scatter_rows", 2 * rows, kVectorColumns), rows * kVectorColumns};
  for (KernelJob* job : {&jobs.few, &jobs.many}) {
    job->shape["tokens"] = job->shape["rows"];
    job->options = {{"weights", "1"}};
  }
  return jobs;
}

// Scales per token and channel of int8 sums.
VectorJobs dequant_jobs(std::int64_t cube_cores, WeightLayout weights) {
  constexpr std::int64_t kDepth = 512;
  constexpr std::int64_t kBlockN = 128;
  const std::int64_t columns = kBlockN * cube_cores;
  VectorJobs jobs{};
  for (auto [job, groups] : {std::pair{&jobs.few, 1}, std::pair{&jobs.many, 2}}) {
    *job = grouped_job(repeated(std::to_string(kDequantRows), groups), columns, kDepth, kDequantRows, kBlockN,
                       "int8", weights);
    job->options["out"] = "bf16";
    job->options["dequant"] = "vector";
  }
  jobs.elements = kDequantRows * columns;
  return jobs;
}

}  // namespace

std::string grouped_matmul_type(moe::DataType weight, moe::DataType activation) {
  const moe::DataType wider = moe::bits(weight) > moe::bits(activation) ? weight : activation;
  if (wider == moe::DataType::Fp4) {
    throw ConfigError(
        "the core timer has no grouped GEMM with fp4 on both sides; take --timer roofline, or other "
        "/workload/types");
  }
  return config::enum_name(wider);
}

KernelJob grouped_job(const std::string& rows, std::int64_t columns, std::int64_t k, std::int64_t block_m,
                      std::int64_t block_n, const std::string& dtype, WeightLayout weights) {
  KernelJob job;
  job.kernel = "grouped_matmul";
  job.dtype = dtype;
  job.shape = {{"n", columns}, {"k", k}};
  job.options = {{"rows", rows},
                 {"base_m", std::to_string(block_m)},
                 {"base_n", std::to_string(block_n)},
                 {"swizzle", "1:0"}};  // M-block by M-block, as schedules deal tiles out
  if (weights == WeightLayout::Transposed) job.options["b_transposed"] = "1";
  if (weights == WeightLayout::Stripes) job.options["b_format"] = "nz";
  if (dtype == "int8") {
    job.options["out"] = "fp16";
    job.options["dequant"] = "fixpipe";
  }
  return job;
}

CoreTimer::CoreTimer(const ChipConfig& chip, const CoreTimerConfig& config, moe::DataType activation,
                     KernelTimings& timings, double compute_scale)
    : config_(config),
      int8_(activation == moe::DataType::Int8),
      timings_(timings),
      compute_scale_(compute_scale),
      cores_(chip.cores.value),
      memory_rate_(chip.hbm.sustained()) {
  if (!chip.die) {
    throw ConfigError(fmt::format(
        "/machine/timer/kind: got \"core\", but chip {} names no die in its file; take \"roofline\"",
        chip.name));
  }
  die_ = **chip.die;
  const std::int64_t of_die = die_.cube_cores.value;
  if (cores_ != of_die && cores_ != of_die * chip.dies.value) {
    throw ConfigError(fmt::format("chip {} has {} cores on {} dies, its die {} has {} cores", chip.name,
                                  cores_, chip.dies.value, die_.name, of_die));
  }
}

Picoseconds CoreTimer::scaled(Picoseconds time) const {
  if (compute_scale_ == 1.0) return time;
  return Picoseconds(std::llround(static_cast<double>(time.count()) / compute_scale_));
}

Picoseconds CoreTimer::gemm_tile(const GemmTile& tile) const {
  const Tile& times = tile_of(tile);
  return scaled(tile.weights_in_l2 ? times.from_l2 : times.from_hbm);
}

// Where the core multiplies wider weights than the chip would read, memory serves the bytes of the chip's.
Picoseconds CoreTimer::gemm_memory(const GemmTile& tile) const {
  if (tile.weights_in_l2) return Picoseconds();
  const std::int64_t simulated = std::max(moe::bits(tile.weight), moe::bits(tile.activation));
  return tile_of(tile).memory * moe::bits(tile.weight) / simulated;
}

Picoseconds CoreTimer::gemm_fill(const GemmTile& tile) const {
  return scaled(tile_of(tile).fill);
}

const CoreTimer::Tile& CoreTimer::tile_of(const GemmTile& tile) const {
  const std::int64_t rows = std::max(tile.m, tile.block_m);
  const KernelShape shape{divided_up(rows, kRowStep) * kRowStep, divided_up(tile.n, kRowStep) * kRowStep,
                          tile.k, std::max(tile.n, tile.columns),
                          grouped_matmul_type(tile.weight, tile.activation)};
  auto found = tiles_.find(shape);
  if (found == tiles_.end()) found = tiles_.emplace(shape, measure(shape)).first;
  return found->second[static_cast<std::size_t>(divided_up(tile.m, kRowStep) - 1)];
}

CoreTimer::Tiles CoreTimer::measure(const KernelShape& shape) const {
  const auto& [block_m, block_n, k, all_columns, dtype] = shape;
  const std::int64_t die_cores = die_.cube_cores.value;
  const std::int64_t all_tiles = divided_up(all_columns, block_n);
  const std::int64_t tiles = simulated_tiles(all_tiles, die_cores);
  const std::int64_t columns = tiles == all_tiles ? all_columns : tiles * block_n;
  const std::array<std::int64_t, 2> groups = group_counts(die_cores, tiles);
  const std::array<std::int64_t, 2> groups_of_one = group_counts(1, tiles);
  std::vector<KernelJob> jobs;  // [sizes][from HBM, behind a whole M-block, on one core][few, many]
  const auto add = [&](std::int64_t rows, std::int64_t count, std::int64_t cores) {
    jobs.push_back(grouped_job(repeated(std::to_string(rows), count), columns, k, block_m, block_n, dtype,
                               config_.weights));
    jobs.back().cores = cores;
  };
  for (std::int64_t m = kRowStep; m <= block_m; m += kRowStep) {
    for (const std::int64_t rows : {m, block_m + m}) {
      for (const std::int64_t count : groups) add(rows, count, 0);
    }
    for (const std::int64_t count : groups_of_one) add(m, count, 1);
  }
  const std::vector<KernelTiming> timings = timings_.get(die_, jobs);
  const std::int64_t more = (groups[1] - groups[0]) * tiles;
  // Of a tile, or of a tile and one behind it.
  const auto slope = [&](std::size_t first, std::int64_t tiles_more) {
    return (timings[first + 1].cube_time - timings[first].cube_time) / tiles_more;
  };
  const Picoseconds whole_block = slope(kJobsOfSize * static_cast<std::size_t>(block_m / kRowStep - 1), more);
  // Memory sets the time of tiles where it needs longer for one of every core than a core does.
  const Bytes weights(block_n * k * bits_of(dtype) / 8);
  const Picoseconds weights_of_all = time_rounded_up(weights * cores_, memory_rate_);
  Tiles result;
  for (std::size_t size = 0; size < jobs.size() / kJobsOfSize; ++size) {
    const std::size_t first = kJobsOfSize * size;
    Tile tile;
    const Picoseconds together = slope(first, more);
    const Picoseconds alone = slope(first + 4, (groups_of_one[1] - groups_of_one[0]) * tiles);
    tile.from_hbm = together;
    tile.from_l2 = std::clamp(slope(first + 2, more) - whole_block, Picoseconds(1), together);
    if (weights_of_all > alone && together > alone) {
      tile.from_hbm = std::max(alone, tile.from_l2);
      tile.memory = together / cores_;
    }
    const KernelTiming& few = timings[first];
    const Picoseconds rest = few.cube_time - together * (groups[0] * tiles);
    tile.fill = std::max(Picoseconds(), rest / few.blocks);
    PODSIM_CHECK(tile.from_hbm > Picoseconds(), "{} takes {} longer for {} more tiles", job_text(jobs[first]),
                 to_string(timings[first + 1].cube_time - few.cube_time), more);
    result.push_back(tile);
  }
  return result;
}

Picoseconds CoreTimer::vector_rate(VectorOp op) const {
  const std::int64_t vector_cores = die_.cube_cores.value * die_.vector_cores.value;
  const VectorJobs jobs = op == VectorOp::SwiGlu ? swiglu_jobs(vector_cores)
                          : op == VectorOp::WeightedSum
                              ? sum_jobs(vector_cores)
                              : dequant_jobs(die_.cube_cores.value, config_.weights);
  const std::vector<KernelTiming> timings = timings_.get(die_, {jobs.few, jobs.many});
  const double busy = static_cast<double>((timings[1].vector_busy - timings[0].vector_busy).count()) /
                      static_cast<double>(die_.vector_cores.value);
  return Picoseconds(
      std::llround(busy * static_cast<double>(kRateElements) / static_cast<double>(jobs.elements)));
}

// Fixpipe converts sums to floating-point results on their way out of L0C, which the tile contains.
Picoseconds CoreTimer::vector_pass(VectorOp op, std::int64_t elements) const {
  if (op == VectorOp::Cast && !int8_) return Picoseconds();
  auto rate = vector_rates_.find(op);
  if (rate == vector_rates_.end()) rate = vector_rates_.emplace(op, vector_rate(op)).first;
  const double time = static_cast<double>(rate->second.count()) * static_cast<double>(elements) /
                      static_cast<double>(kRateElements);
  return scaled(Picoseconds(std::llround(time)));
}

}  // namespace podsim::npu

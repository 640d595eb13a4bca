// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/grouped_run.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "kernel/ops/matmul_data.h"
#include "kernel/ops/tile_epilogue.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::int64_t kMostSize = std::int64_t{1} << 24U;
constexpr std::int64_t kMostGroups = 4096;
constexpr std::int64_t kMostRing = 15;     // cross-core flags count up to 15
constexpr std::uint64_t kMostChunk = 240;  // the repeat count of a vector call is 8 bits; 8 rows of Brcb
constexpr std::uint32_t kMostRingColumns = 2016;  // so is the stride between repeats, in blocks

// Tiles go to their place in c.
class IntoRows : public TileSink {
 public:
  explicit IntoRows(const MatmulOperands& operands) : operands_(operands) {}
  TileTarget target(const MatmulTile& tile) override {
    const std::uint64_t at = tile.m0 * operands_.n + tile.n0;
    return {operands_.c + at * bits_of(operands_.out) / 8, operands_.n};
  }
  void written(const MatmulTile& /*tile*/) override {}

 private:
  const MatmulOperands& operands_;
};

// Calls f(Tag<Sum>(), Tag<Out>()).
template <class F>
auto with_epilogue_types(const MatmulOperands& operands, F f) {
  const bool from_int = operands.type->sum == DataType::Int32;
  const auto with_sum = [&](auto out) { return from_int ? f(Tag<int32_t>(), out) : f(Tag<float>(), out); };
  if (operands.out == DataType::Int8) return with_sum(Tag<int8_t>());
  if (operands.out == DataType::Fp16) return with_sum(Tag<half>());
  if (operands.out == DataType::Bf16) return with_sum(Tag<bfloat16_t>());
  return with_sum(Tag<float>());
}

class GroupedRun : public OpRun {
 public:
  GroupedRun(const MatmulOperands& operands, const MatmulTiling& tiling, std::vector<std::int64_t> rows,
             const Epilogue* epilogue, std::uint64_t seed)
      : operands_(operands),
        tiling_(tiling),
        rows_(std::move(rows)),
        epilogue_(epilogue == nullptr ? Epilogue() : *epilogue),
        fused_(epilogue != nullptr),
        order_(tiling, rows_, operands.n, operands.k, epilogue_.inputs() == 2),
        seed_(seed) {}

  OpMix mix() const override {
    if (!fused_) return OpMix::Cube;
    return epilogue_.vectors == 1 ? OpMix::CubeAndOneVector : OpMix::CubeAndTwoVectors;
  }
  std::int64_t blocks() const override { return static_cast<std::int64_t>(order_.cores()); }

  void kernel() override {
    if (!ASCEND_IS_AIC) return epilogue();
    const auto block = static_cast<std::uint64_t>(AscendC::GetBlockIdx());
    if (fused_) {
      IntoRing ring(epilogue_, tiling_, block);
      run_products(operands_, tiling_, order_, block, operands_.type->sum, ring);
      return ring.finish();
    }
    IntoRows rows(operands_);
    run_products(operands_, tiling_, order_, block, operands_.out, rows);
  }

  void fill() override {
    const DataType type = operands_.type->element;
    fill_matrix(operands_.a, type, seed_, "grouped_matmul.a", 0);
    GmMatrix weights = operands_.b;
    for (std::size_t g = 0; g < rows_.size(); ++g) {
      fill_matrix(weights, type, seed_, "grouped_matmul.b", g);
      weights.data += operands_.b.bytes(operands_.bits());
    }
    if (!epilogue_.scaled()) return;
    fill_powers(epilogue_.channel_scales, rows_.size() * operands_.n, "grouped_matmul.channel_scales");
    fill_powers(epilogue_.token_scales, operands_.m, "grouped_matmul.token_scales");
    if (operands_.out == DataType::Int8)
      fill_powers(epilogue_.out_scales, rows_.size(), "grouped_matmul.out_scales");
  }

  std::string check() const override {
    MatmulOperands result = operands_;
    result.n /= epilogue_.inputs();
    std::uint64_t row = 0;
    for (std::size_t g = 0; g < rows_.size(); ++g) {
      const auto count = static_cast<std::uint64_t>(rows_[g]);
      const std::vector<double> sums = plain_product(operands_, row, count, g);
      std::vector<double> expected(count * result.n);
      for (std::uint64_t i = 0; i < count; ++i) {
        for (std::uint64_t n = 0; n < result.n; ++n)
          expected[i * result.n + n] = value(&sums[i * operands_.n], row + i, g, n);
      }
      const std::string wrong = compare_rows(result, row, count, expected, allowance());
      if (!wrong.empty()) return fmt::format("group {}: {}", g, wrong);
      row += count;
    }
    return "";
  }

  double flops() const override {
    return 2.0 * static_cast<double>(operands_.m) * static_cast<double>(operands_.n) *
           static_cast<double>(operands_.k);
  }
  // Weights of groups without rows are not read.
  double compulsory_bytes() const override {
    const auto used = static_cast<double>(
        rows_.size() - static_cast<std::size_t>(std::count(rows_.begin(), rows_.end(), 0)));
    const double m = static_cast<double>(operands_.m);
    const double n = static_cast<double>(operands_.n);
    const double inputs = (m + used * n) * static_cast<double>(operands_.k) * operands_.bits() / 8;
    const double scales = epilogue_.scaled() ? 4 * (m + used * n) : 0;
    return inputs + scales + m * n / epilogue_.inputs() * bits_of(operands_.out) / 8;
  }
  std::map<std::string, std::string> tiling() const override {
    std::map<std::string, std::string> text = tiling_.as_text();
    if (fused_) {
      text["ring"] = std::to_string(epilogue_.depth);
      text["via"] = epilogue_.direct ? "unified_buffer" : "gm";
      text["vectors"] = std::to_string(epilogue_.vectors);
    }
    return text;
  }

 private:
  void epilogue() {
    with_epilogue_types(operands_, [this](auto sum, auto out) {
      using Sum = typename decltype(sum)::Type;
      using Out = typename decltype(out)::Type;
      TileEpilogue<Sum, Out>(operands_, tiling_, order_, epilogue_).run();
    });
  }

  // Of 2^-7 to 2^-4: scaled sums are exact in float.
  void fill_powers(float* scales, std::uint64_t count, const char* stream) const {
    Random random(seed_, stream);
    for (std::uint64_t i = 0; i < count; ++i)
      scales[i] = std::exp2(static_cast<float>(random.below(4)) - 7.0F);
  }

  // Element n of a row of the result, from that row of sums.
  double value(const double* sums, std::uint64_t row, std::uint64_t group, std::uint64_t n) const {
    if (!fused_) return as_stored(operands_, sums[n]);
    const auto scaled = [&](std::uint64_t column) {
      if (!epilogue_.scaled()) return sums[column];
      return sums[column] * static_cast<double>(epilogue_.channel_scales[group * operands_.n + column]) *
             static_cast<double>(epilogue_.token_scales[row]);
    };
    double x = scaled(n);
    if (epilogue_.activation == Activation::Gelu) x = plain_gelu(x);
    if (epilogue_.activation == Activation::FasterGelu) x = plain_faster_gelu(x);
    if (epilogue_.activation == Activation::Swiglu) x = plain_silu(x) * scaled(operands_.n / 2 + n);
    if (operands_.out == DataType::Int8)
      x = std::nearbyint(x / static_cast<double>(epilogue_.out_scales[group]));
    std::array<std::byte, 8> stored{};
    store_number(stored.data(), 0, operands_.out, x);
    return load_number(stored.data(), 0, operands_.out);
  }
  // The steps of an activation round, which moves a value over the edge between two results at most; the rest
  // is exact.
  Allowance allowance() const {
    if (epilogue_.activation == Activation::None) return {};
    return operands_.out == DataType::Int8 ? Allowance{0, 1} : Allowance{0x1p-8, 0};
  }

  const MatmulOperands operands_;
  const MatmulTiling tiling_;
  const std::vector<std::int64_t> rows_;
  const Epilogue epilogue_;
  const bool fused_;
  const GroupedOrder order_;
  const std::uint64_t seed_;
};

MatmulTiling group_tiling(const OpContext& context, const MatmulOperands& operands,
                          const std::vector<std::int64_t>& rows) {
  const auto most = static_cast<std::uint64_t>(*std::max_element(rows.begin(), rows.end()));
  const auto used = static_cast<std::uint64_t>(rows.size()) -
                    static_cast<std::uint64_t>(std::count(rows.begin(), rows.end(), 0));
  return choose_matmul_tiling(context.die, operands, most, used, context.request);
}

void allocate(MatmulOperands& operands, std::size_t groups, std::uint64_t columns, DeviceMemory& memory) {
  operands.a.data = memory.allocate(operands.a.bytes(operands.bits()));
  operands.b.data = memory.allocate(operands.b.bytes(operands.bits()) * groups);
  operands.c = memory.allocate(operands.m * columns * bits_of(operands.out) / 8);
}

// Rows of a chunk that fit the unified buffer.
std::uint32_t choose_chunk(const OpContext& context, const MatmulOperands& operands,
                           const MatmulTiling& tiling, const Epilogue& epilogue) {
  if (tiling.base_n > kMostRingColumns) {
    throw ConfigError(fmt::format("base_n is {}, expected at most {} in front of vector cores", tiling.base_n,
                                  kMostRingColumns));
  }
  const RowBytes bytes = with_epilogue_types(operands, [&](auto sum, auto out) {
    return TileEpilogue<typename decltype(sum)::Type, typename decltype(out)::Type>::bytes(tiling, epilogue);
  });
  const std::uint64_t room = context.die.capacity[static_cast<std::size_t>(Memory::UnifiedBuffer)];
  const std::uint64_t left = room > bytes.fixed ? room - bytes.fixed : 0;
  const std::uint64_t fits = std::min(left / (2 * bytes.buffered + bytes.once), kMostChunk) / 8 * 8;
  if (fits == 0) {
    throw ConfigError(
        fmt::format("a tile of {} x {} with a ring of {} leaves no room for eight rows in the {} B of the "
                    "unified buffer",
                    tiling.base_m, tiling.base_n, epilogue.depth, room));
  }
  return static_cast<std::uint32_t>(std::min(fits, round_to(part_rows(tiling.base_m, epilogue.vectors), 8)));
}

Epilogue ring_of(const OpContext& context, Activation activation) {
  const OpRequest& request = context.request;
  Epilogue epilogue;
  epilogue.activation = activation;
  epilogue.vectors = static_cast<std::uint32_t>(option_value(request, "vectors", 2, 1, 2));
  epilogue.direct = option_word(request, "via", "gm", {"gm", "unified_buffer"}) == "unified_buffer";
  if (epilogue.direct && context.die.architecture != 3510) {
    throw ConfigError(fmt::format("via is \"unified_buffer\", which needs architecture 3510, this die is {}",
                                  context.die.architecture));
  }
  const std::int64_t least = epilogue.inputs();
  epilogue.depth = static_cast<std::uint32_t>(
      option_value(request, "ring", epilogue.direct ? least : 4, least, kMostRing));
  return epilogue;
}

}  // namespace

std::vector<OpKey> group_sizes() {
  return {{"groups", "products, when all have m rows", "1"},
          {"m", "rows of a group", "from option rows"},
          {"n", "columns of b", ""},
          {"k", "columns of a, rows of b", ""}};
}

std::vector<OpKey> group_options(const std::vector<OpKey>& own) {
  std::vector<OpKey> keys = matmul_tiling_keys();
  const std::vector<OpKey> shared{
      {"single_m", "rows of a block of tiles that one core makes, dealt out one by one", "one tile"},
      {"single_n", "columns of it", "one tile"},
      {"rows", "rows of every group, \"12:0:7\", instead of groups and m", "m each"},
      {"b_transposed", "1: weights are stored n x k", "0"},
      {"b_format", "nd: row by row, nz: in stripes of 32 B", "nd"},
  };
  keys.insert(keys.end(), shared.begin(), shared.end());
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

std::vector<OpKey> ring_options() {
  return {
      {"ring", "tiles on their way from a cube core to its vector cores",
       "4; 1 through the unified buffer, 2 with swiglu"},
      {"via", "where they pass: gm, or on 3510 unified_buffer, straight from L0C", "gm"},
      {"vectors", "vector cores of a cube core: 1 or 2", "2"},
  };
}

std::vector<std::int64_t> group_rows(const OpRequest& request) {
  std::vector<std::int64_t> rows = option_list(request, "rows");
  if (rows.empty()) {
    const auto groups = static_cast<std::size_t>(shape_value(request, "groups", 1, 1, kMostGroups));
    rows.assign(groups, shape_value(request, "m", 0, 1, kMostSize));
  } else if (request.shape.count("groups") != 0 || request.shape.count("m") != 0) {
    throw ConfigError("rows gives the rows of every group: groups and m do not go with it");
  }
  for (const std::int64_t count : rows) {
    if (count < 0 || count > kMostSize)
      throw ConfigError(fmt::format("a group has {} rows, expected 0 to {}", count, kMostSize));
  }
  if (std::accumulate(rows.begin(), rows.end(), std::int64_t{0}) == 0) throw ConfigError("no group has rows");
  return rows;
}

MatmulOperands group_operands(const OpContext& context, const std::vector<std::int64_t>& rows) {
  const OpRequest& request = context.request;
  MatmulOperands operands;
  operands.type = &matmul_type(context.dtype, context.die.architecture);
  operands.m = static_cast<std::uint64_t>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
  operands.n = static_cast<std::uint64_t>(shape_value(request, "n", 0, 1, kMostSize));
  operands.k = static_cast<std::uint64_t>(shape_value(request, "k", 0, 1, kMostSize));
  operands.b_transposed = option_value(request, "b_transposed", 0, 0, 1) == 1;
  operands.a = {nullptr, operands.m, operands.k, false};
  operands.b = operands.b_transposed ? GmMatrix{nullptr, operands.n, operands.k, false}
                                     : GmMatrix{nullptr, operands.k, operands.n, false};
  operands.b.nz = option_word(request, "b_format", "nd", {"nd", "nz"}) == "nz";
  return operands;
}

std::unique_ptr<OpRun> grouped_run(const OpContext& context, MatmulOperands operands,
                                   const std::vector<std::int64_t>& rows) {
  const MatmulTiling tiling = group_tiling(context, operands, rows);
  allocate(operands, rows.size(), operands.n, context.memory);
  return std::make_unique<GroupedRun>(operands, tiling, rows, nullptr, context.request.seed);
}

std::unique_ptr<OpRun> fused_run(const OpContext& context, MatmulOperands operands,
                                 const std::vector<std::int64_t>& rows, Activation activation) {
  Epilogue epilogue = ring_of(context, activation);
  const std::uint64_t unit = operands.b.nz ? 2 * operands.c0() : 2;
  if (epilogue.inputs() == 2 && operands.n % unit != 0) {
    throw ConfigError(fmt::format("n is {}, expected a multiple of {}: gates and values are halves of it",
                                  operands.n, unit));
  }
  // Tiles of swiglu lie in one half.
  MatmulOperands half = operands;
  half.n /= epilogue.inputs();
  const MatmulTiling tiling = group_tiling(context, half, rows);
  DeviceMemory& memory = context.memory;
  if (operands.type->sum == DataType::Int32) {
    epilogue.channel_scales = device_array<float>(memory, rows.size() * operands.n);
    epilogue.token_scales = device_array<float>(memory, operands.m);
    epilogue.out_scales = device_array<float>(memory, rows.size());
  }
  epilogue.chunk = choose_chunk(context, operands, tiling, epilogue);
  if (!epilogue.direct) {
    const std::uint64_t place = std::uint64_t{tiling.base_m} * tiling.base_n * 4;
    epilogue.ring = memory.allocate(std::uint64_t{tiling.cores} * epilogue.depth * place);
  }
  allocate(operands, rows.size(), half.n, memory);
  return std::make_unique<GroupedRun>(operands, tiling, rows, &epilogue, context.request.seed);
}

}  // namespace podsim::kernel::ops

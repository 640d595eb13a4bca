// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/grouped_matmul.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "kernel/ops/grouped_matmul_dequant.h"
#include "kernel/ops/matmul_data.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::int64_t kMostSize = std::int64_t{1} << 24U;
constexpr std::int64_t kMostGroups = 4096;

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

class GroupedRun : public OpRun {
 public:
  GroupedRun(const MatmulOperands& operands, const MatmulTiling& tiling, std::vector<std::int64_t> rows,
             std::uint64_t seed)
      : operands_(operands),
        tiling_(tiling),
        rows_(std::move(rows)),
        order_(tiling, rows_, operands.n, operands.k),
        seed_(seed) {}

  // int32 sums pass through vector cores.
  void dequantise(DequantArrays arrays, DeviceMemory& memory) {
    arrays_ = arrays;
    vectors_ = true;
    const std::uint64_t place = std::uint64_t{tiling_.base_m} * tiling_.base_n;
    arrays_.ring = device_array<std::int32_t>(memory, order_.cores() * arrays_.depth * place);
    arrays_.channel_scales = device_array<float>(memory, rows_.size() * operands_.n);
    arrays_.token_scales = device_array<float>(memory, operands_.m);
  }

  OpMix mix() const override { return vectors_ ? OpMix::CubeAndTwoVectors : OpMix::Cube; }
  std::int64_t blocks() const override { return static_cast<std::int64_t>(order_.cores()); }

  void kernel() override {
    if (!ASCEND_IS_AIC) return dequant();
    switch (operands_.type->type) {
      case MatmulType::Fp16:
        return products<MatmulType::Fp16>();
      case MatmulType::Bf16:
        return products<MatmulType::Bf16>();
      case MatmulType::Int8:
        return products<MatmulType::Int8>();
      case MatmulType::Fp8:
        return products<MatmulType::Fp8>();
      default:
        break;  // refused in preparation
    }
  }

  void fill() override {
    const DataType type = operands_.type->element;
    fill_matrix(operands_.a, type, seed_, "grouped_matmul.a", 0);
    GmMatrix weights = operands_.b;
    for (std::size_t g = 0; g < rows_.size(); ++g) {
      fill_matrix(weights, type, seed_, "grouped_matmul.b", g);
      weights.data += operands_.b.bytes(operands_.bits());
    }
    if (!vectors_) return;
    fill_powers(arrays_.channel_scales, rows_.size() * operands_.n, "grouped_matmul.channel_scales");
    fill_powers(arrays_.token_scales, operands_.m, "grouped_matmul.token_scales");
  }

  std::string check() const override {
    std::uint64_t row = 0;
    for (std::size_t g = 0; g < rows_.size(); ++g) {
      const auto count = static_cast<std::uint64_t>(rows_[g]);
      std::vector<double> expected = plain_product(operands_, row, count, g);
      for (std::uint64_t i = 0; i < expected.size(); ++i)
        expected[i] = result(expected[i], row + i / operands_.n, g * operands_.n + i % operands_.n);
      // The steps of the activation round; the rest is exact.
      const std::string wrong = compare_rows(operands_, row, count, expected, arrays_.gelu ? 0x1p-8 : 0);
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
    return inputs + m * n * bits_of(operands_.out) / 8 + (vectors_ ? 4 * (m + used * n) : 0);
  }
  std::map<std::string, std::string> tiling() const override {
    std::map<std::string, std::string> text = tiling_.as_text();
    if (vectors_) text["ring"] = std::to_string(arrays_.depth);
    return text;
  }

 private:
  template <MatmulType kType>
  void products() {
    const auto block = static_cast<std::uint64_t>(AscendC::GetBlockIdx());
    if (vectors_) {
      IntoRing ring(arrays_, tiling_, block);
      CubeMatmul<kType>(operands_, tiling_, order_, block, operands_.type->sum, ring).run();
      return ring.finish();
    }
    IntoRows rows(operands_);
    CubeMatmul<kType>(operands_, tiling_, order_, block, operands_.out, rows).run();
  }

  void dequant() {
    if (operands_.out == DataType::Bf16)
      return Dequant<bfloat16_t>(operands_, tiling_, order_, arrays_).run();
    Dequant<half>(operands_, tiling_, order_, arrays_).run();
  }

  // Of 2^-7 to 2^-4: scaled sums are exact in float.
  void fill_powers(float* scales, std::uint64_t count, const char* stream) const {
    Random random(seed_, stream);
    for (std::uint64_t i = 0; i < count; ++i)
      scales[i] = std::exp2(static_cast<float>(random.below(4)) - 7.0F);
  }

  double result(double sum, std::uint64_t row, std::uint64_t channel) const {
    if (!vectors_) return as_stored(operands_, sum);
    double x = sum * static_cast<double>(arrays_.channel_scales[channel]) *
               static_cast<double>(arrays_.token_scales[row]);
    if (arrays_.gelu) x = x / (1 + std::exp(-1.702 * x));
    std::array<std::byte, 8> stored{};
    store_number(stored.data(), 0, operands_.out, x);
    return load_number(stored.data(), 0, operands_.out);
  }

  const MatmulOperands operands_;
  const MatmulTiling tiling_;
  const std::vector<std::int64_t> rows_;
  const GroupedOrder order_;
  const std::uint64_t seed_;
  DequantArrays arrays_;
  bool vectors_ = false;
};

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

MatmulOperands operands_of(const OpContext& context, const std::vector<std::int64_t>& rows) {
  const OpRequest& request = context.request;
  MatmulOperands operands;
  operands.type = &matmul_type(context.dtype, context.die.architecture);
  operands.m = static_cast<std::uint64_t>(std::accumulate(rows.begin(), rows.end(), std::int64_t{0}));
  operands.n = static_cast<std::uint64_t>(shape_value(request, "n", 0, 1, kMostSize));
  operands.k = static_cast<std::uint64_t>(shape_value(request, "k", 0, 1, kMostSize));
  operands.scale = 0x1p-6F;
  operands.b_transposed = option_value(request, "b_transposed", 0, 0, 1) == 1;
  operands.a = {nullptr, operands.m, operands.k, false};
  operands.b = operands.b_transposed ? GmMatrix{nullptr, operands.n, operands.k, false}
                                     : GmMatrix{nullptr, operands.k, operands.n, false};
  operands.b.nz = option_word(request, "b_format", "nd", {"nd", "nz"}) == "nz";
  const bool int8 = operands.type->sum == DataType::Int32;
  const std::string out = option_word(request, "out", int8 ? "fp16" : "", {"fp16", "bf16", "fp32", "int32"});
  operands.out = out == "bf16" && int8 ? DataType::Bf16 : matmul_out_type(out, *operands.type);
  return operands;
}

// Where int32 sums become numbers: on vector cores, in Fixpipe, or not at all.
bool through_vectors(const OpRequest& request, const MatmulOperands& operands) {
  const bool int8 = operands.type->sum == DataType::Int32;
  const std::string how =
      option_word(request, "dequant", int8 && operands.out != DataType::Int32 ? "vector" : "fixpipe",
                  {"vector", "fixpipe"});
  const bool gelu = option_word(request, "activation", "none", {"none", "gelu"}) == "gelu";
  if (how == "vector" && (!int8 || operands.out == DataType::Int32)) {
    throw ConfigError("dequant is \"vector\", which needs dtype int8 and out fp16 or bf16");
  }
  if (how != "vector" && gelu) throw ConfigError("activation is \"gelu\", which needs dequant \"vector\"");
  if (how != "vector" && int8 && operands.out == DataType::Bf16)
    throw ConfigError("out is \"bf16\", which needs dequant \"vector\" with int8");
  return how == "vector";
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  const OpRequest& request = context.request;
  const std::vector<std::int64_t> rows = group_rows(request);
  MatmulOperands operands = operands_of(context, rows);
  const bool vectors = through_vectors(request, operands);
  const auto most = static_cast<std::uint64_t>(*std::max_element(rows.begin(), rows.end()));
  const auto used = static_cast<std::uint64_t>(rows.size()) -
                    static_cast<std::uint64_t>(std::count(rows.begin(), rows.end(), 0));
  const MatmulTiling tiling = choose_matmul_tiling(context.die, operands, most, used, request);
  if (vectors && Dequant<half>::chunk_rows(tiling, true) == 0) {
    throw ConfigError(
        fmt::format("base_n is {}, of which the unified buffer does not hold eight rows", tiling.base_n));
  }
  operands.a.data = context.memory.allocate(operands.a.bytes(operands.bits()));
  operands.b.data = context.memory.allocate(operands.b.bytes(operands.bits()) * rows.size());
  operands.c = context.memory.allocate(operands.m * operands.n * bits_of(operands.out) / 8);
  auto run = std::make_unique<GroupedRun>(operands, tiling, rows, request.seed);
  if (vectors) {
    DequantArrays arrays;
    arrays.depth = static_cast<std::uint32_t>(option_value(request, "ring", 4, 1, 15));
    arrays.gelu = option_word(request, "activation", "none", {"none", "gelu"}) == "gelu";
    run->dequantise(arrays, context.memory);
  }
  return run;
}

std::vector<OpKey> options() {
  std::vector<OpKey> keys = matmul_tiling_keys();
  const std::vector<OpKey> own{
      {"rows", "rows of every group, \"12:0:7\", instead of groups and m", "m each"},
      {"b_transposed", "1: weights are stored n x k", "0"},
      {"b_format", "nd: row by row, nz: in stripes of 32 B", "nd"},
      {"out", "type of c: fp16, bf16, fp32, int32", "that of a; fp16 with int8"},
      {"dequant", "of int8: vector (scales per token and channel, on vector cores) or fixpipe (one scale)",
       "vector"},
      {"activation", "none, or gelu with dequant vector: x sigmoid(1.702 x)", "none"},
      {"ring", "tiles on their way from a cube core to its vector cores", "4"},
  };
  keys.insert(keys.end(), own.begin(), own.end());
  return keys;
}

}  // namespace

Op grouped_matmul() {
  return with_preparation(
      {"grouped_matmul",
       "c = a b[g] for the rows of every group g, on cube cores; int8 dequantised on vector cores",
       {{"groups", "products, when all have m rows", "1"},
        {"m", "rows of a group", "from option rows"},
        {"n", "columns of b and c", ""},
        {"k", "columns of a, rows of b", ""}},
       {"fp16", "bf16", "int8", "fp8"},
       options(),
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "kernel/ops/matmul_plan.h"
#include "kernel/ops/request.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::uint32_t kFractal = 16;
constexpr std::uint32_t kMostBlock = 4080;  // Mmad and Fixpipe take up to 4,095 rows and columns
constexpr std::uint32_t kMostStep = 64;
constexpr std::uint32_t kMostScaleStep = 1024;
constexpr std::uint32_t kScaleGroup = 64;  // values of k behind a 16-bit pair of scales

std::uint32_t narrow(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

std::uint64_t capacity(const DieTraits& die, Memory memory) {
  return die.capacity[static_cast<std::size_t>(memory)];
}

std::uint32_t option_or(const OpRequest& request, const char* key, std::uint32_t fallback, std::int64_t least,
                        std::int64_t most) {
  return static_cast<std::uint32_t>(option_value(request, key, fallback, least, most));
}

bool given(const OpRequest& request, const char* key) {
  return request.options.count(key) != 0;
}

void require_multiple(const char* key, std::uint64_t value, std::uint64_t unit) {
  if (value % unit != 0)
    throw ConfigError(fmt::format("{} is {}, expected a multiple of {}", key, value, unit));
}

void require_room(const char* what, std::uint64_t bytes, std::uint64_t room) {
  if (bytes > room) throw ConfigError(fmt::format("{} takes {} B, expected at most {}", what, bytes, room));
}

// Elements of k that every unit of work is made of.
std::uint64_t k_unit(const MatmulOperands& operands) {
  if (operands.type->microscaled) return kScaleGroup;
  return std::max<std::uint64_t>(operands.c0(), operands.b_transposed ? 1 : operands.b_unit());
}

// At most 256, never more than the product has; fewer when some cores would have no tile. With a tile for
// every core, a width from 128 on that takes a tenth off the columns of the busiest core: narrower tiles are
// more traffic. Rows of b that lie along n are left whole.
std::uint64_t choose_columns(std::uint64_t cores, const MatmulOperands& operands, std::uint64_t row_tiles) {
  const std::uint64_t unit = operands.b_unit();
  const std::uint64_t most = std::min<std::uint64_t>(256, round_to(operands.n, unit));
  const std::uint64_t wanted = std::max<std::uint64_t>(1, cores / std::max<std::uint64_t>(1, row_tiles));
  std::uint64_t best = std::min(most, std::max(unit, round_to(parts_of(operands.n, wanted), unit)));
  if (row_tiles * parts_of(operands.n, best) <= cores || !operands.b_transposed) return best;
  const auto busiest = [&](std::uint64_t width) {
    return parts_of(row_tiles * parts_of(operands.n, width), cores) * width;
  };
  const std::uint64_t usual = busiest(best);
  for (std::uint64_t width = best - unit; width >= 128 && width < most; width -= unit) {
    if (busiest(width) * 10 <= usual * 9 && busiest(width) < busiest(best)) best = width;
  }
  return best;
}

// 128 x 256 with 128 B of k on 2201, 256 x 256 on 3510 (asc-devkit and catlass examples).
void choose_base(MatmulTiling& tiling, const DieTraits& die, const MatmulOperands& operands,
                 std::uint64_t rows, std::uint64_t tile_groups, const OpRequest& request) {
  const std::uint64_t m_all = round_to(rows, kFractal);
  const std::uint64_t most_m = die.architecture == 3510 ? 256 : 128;
  tiling.base_m = option_or(request, "base_m", narrow(std::min(most_m, m_all)), kFractal, kMostBlock);
  const std::uint64_t parts = option_or(request, "split_k", 1, 1, 1024);
  const std::uint64_t row_tiles = parts_of(rows, tiling.base_m) * tile_groups * parts;
  const std::uint64_t base_n = choose_columns(tiling.cores, operands, row_tiles);
  tiling.base_n = option_or(request, "base_n", narrow(base_n), kFractal, kMostBlock);
  require_multiple("base_m", tiling.base_m, kFractal);
  require_multiple("base_n", tiling.base_n, operands.b_unit());
}

void choose_base_k(MatmulTiling& tiling, const DieTraits& die, const MatmulOperands& operands,
                   const OpRequest& request) {
  const std::uint64_t unit = k_unit(operands);
  const std::uint64_t k_all = round_to(operands.k, unit);
  const std::uint64_t room =
      std::min(capacity(die, Memory::L0a) / tiling.l0_buffers * 8 / (tiling.base_m * operands.bits()),
               capacity(die, Memory::L0b) / tiling.l0_buffers * 8 / (tiling.base_n * operands.bits()));
  std::uint64_t base_k = 128 * 8 / operands.bits();
  while (2 * base_k <= std::min<std::uint64_t>(room, 512) && base_k < k_all)
    base_k *= 2;  // fewer, longer loads
  base_k = std::min(base_k, k_all);
  tiling.base_k = option_or(request, "base_k", narrow(base_k), 1, kMostBlock);
  require_multiple("base_k", tiling.base_k, unit);
  const std::uint64_t a =
      std::uint64_t{tiling.base_m} * tiling.base_k * operands.bits() / 8 * tiling.l0_buffers;
  const std::uint64_t b =
      std::uint64_t{tiling.base_n} * tiling.base_k * operands.bits() / 8 * tiling.l0_buffers;
  require_room("base_m x base_k in L0A", a, capacity(die, Memory::L0a));
  require_room("base_n x base_k in L0B", b, capacity(die, Memory::L0b));
  require_room("base_m x base_n in L0C", std::uint64_t{tiling.base_m} * tiling.base_n * 4,
               capacity(die, Memory::L0c));
}

// As many base blocks, a power of two, as half of L1 holds.
std::uint32_t choose_step(const MatmulTiling& tiling, const MatmulOperands& operands, std::uint64_t side,
                          std::uint64_t l1) {
  const std::uint64_t scale_bits = operands.type->microscaled ? 16 * tiling.base_k / kScaleGroup : 0;
  const std::uint64_t block = round_to(side, kFractal) * (tiling.base_k * operands.bits() + scale_bits) / 8;
  std::uint64_t step = 1;
  while (2 * step <= kMostStep && 2 * step * block * tiling.l1_buffers <= l1 / 2 &&
         step * tiling.base_k < operands.k)
    step *= 2;
  return narrow(step);
}

// Rows of scales are short: as many of them together as the rest of L1 holds.
std::uint32_t choose_scale_step(MatmulTiling tiling, const MatmulOperands& operands, std::uint64_t l1) {
  tiling.step_scales = tiling.span();
  std::uint32_t step = tiling.step_scales;
  while (plan_l1(operands, tiling).end() <= l1) {
    step = tiling.step_scales;
    tiling.step_scales *= 2;
    if (tiling.step_scales > kMostScaleStep || std::uint64_t{step} * tiling.base_k >= operands.k) break;
  }
  return step;
}

// Scales leave less than half of L1 to each side: A's packets may take what B's do not.
void lengthen_a(MatmulTiling& tiling, const MatmulOperands& operands, std::uint64_t l1) {
  MatmulTiling longer = tiling;
  longer.step_ka *= 2;
  longer.step_scales = std::max(longer.step_ka, longer.step_kb);
  if (longer.step_ka > kMostStep || std::uint64_t{tiling.step_ka} * tiling.base_k >= operands.k) return;
  if (plan_l1(operands, longer).end() <= l1) tiling.step_ka = longer.step_ka;
}

void choose_packets(MatmulTiling& tiling, const DieTraits& die, const MatmulOperands& operands,
                    const OpRequest& request) {
  const std::uint64_t l1 = capacity(die, Memory::L1);
  tiling.step_ka =
      option_or(request, "step_ka", choose_step(tiling, operands, tiling.base_m, l1), 1, kMostStep);
  tiling.step_kb =
      option_or(request, "step_kb", choose_step(tiling, operands, tiling.base_n, l1), 1, kMostStep);
  if (operands.type->microscaled && !given(request, "step_ka")) lengthen_a(tiling, operands, l1);
  const std::uint32_t most = tiling.span();
  if (most % std::min(tiling.step_ka, tiling.step_kb) != 0) {
    throw ConfigError(fmt::format("step_ka is {} and step_kb {}, expected one to be a multiple of the other",
                                  tiling.step_ka, tiling.step_kb));
  }
  if (operands.type->microscaled) {
    tiling.step_scales =
        option_or(request, "step_scales", choose_scale_step(tiling, operands, l1), 1, kMostScaleStep);
    require_multiple("step_scales", tiling.step_scales, most);
  }
  require_room("the packets in L1", plan_l1(operands, tiling).end(), l1);
}

void choose_order(MatmulTiling& tiling, const MatmulOperands& operands, const OpRequest& request) {
  // Bands along the shorter side (catlass: <3,0> for m > n, <3,1> otherwise).
  tiling.swizzle_direction = operands.m > operands.n ? 0 : 1;
  if (given(request, "swizzle")) {
    const std::vector<std::int64_t> pair = option_list(request, "swizzle");
    if (pair.size() != 2 || pair[0] < 1 || pair[0] > 4096 || pair[1] < 0 || pair[1] > 1) {
      throw ConfigError(fmt::format(
          "swizzle is \"{}\", expected an offset of at least 1 and a direction of 0 or 1: \"3:1\"",
          request.options.at("swizzle")));
    }
    tiling.swizzle_offset = static_cast<std::uint32_t>(pair[0]);
    tiling.swizzle_direction = static_cast<std::uint32_t>(pair[1]);
  }
  tiling.k_stagger = option_value(request, "k_stagger", 0, 0, 1) == 1;
  const std::uint64_t asked = option_or(request, "split_k", 1, 1, 1024);
  tiling.split_k = narrow(parts_of(operands.k, round_to(parts_of(operands.k, asked), tiling.base_k)));
  tiling.single_m = option_or(request, "single_m", 0, 0, 1 << 30);
  tiling.single_n = option_or(request, "single_n", 0, 0, 1 << 30);
  tiling.l2_parts = option_or(request, "l2_parts", 1, 1, 1024);
  if ((tiling.single_m == 0) != (tiling.single_n == 0))
    throw ConfigError("single_m and single_n come together");
  if (tiling.single_m == 0 && tiling.l2_parts > 1) throw ConfigError("l2_parts needs single_m and single_n");
  if (tiling.single_m != 0 && tiling.split_k > 1)
    throw ConfigError("split_k does not go with single_m and single_n");
  tiling.tail_split = option_value(request, "tail_split", 0, 0, 1) == 1;
  if (tiling.tail_split && (tiling.split_k > 1 || tiling.single_m != 0 || operands.a.nz || operands.b.nz))
    throw ConfigError("tail_split does not go with split_k, single_m and nz");
  tiling.library = matmul_library(option_word(request, "library", "basic", matmul_library_names()));
  if (operands.b.nz && tiling.single_n != 0)
    require_multiple("single_n", tiling.single_n, operands.b_transposed ? 16 : operands.c0());
  if (operands.a.nz && tiling.single_m != 0) require_multiple("single_m", tiling.single_m, 16);
}

}  // namespace

L1Plan plan_l1(const MatmulOperands& operands, const MatmulTiling& tiling) {
  const std::uint64_t c0 = operands.c0();
  const std::uint64_t k_a = round_to(std::uint64_t{tiling.step_ka} * tiling.base_k, c0);
  const std::uint64_t k_b = std::uint64_t{tiling.step_kb} * tiling.base_k;
  const std::uint64_t b = operands.b_transposed
                              ? round_to(k_b, c0) * tiling.base_n
                              : round_to(k_b, operands.b_unit()) * round_to(tiling.base_n, c0);
  L1Plan plan;
  plan.buffers = tiling.l1_buffers;
  plan.a_packet = narrow(k_a * tiling.base_m * operands.bits() / 8);
  plan.b_packet = narrow(b * operands.bits() / 8);
  if (operands.type->microscaled) {
    const std::uint64_t scales = std::uint64_t{tiling.step_scales} * tiling.base_k / kScaleGroup * 2;
    plan.a_scales = narrow(scales * tiling.base_m);
    plan.b_scales = narrow(scales * tiling.base_n);
  }
  return plan;
}

MatmulTiling choose_matmul_tiling(const DieTraits& die, const MatmulOperands& operands, std::uint64_t rows,
                                  std::uint64_t tile_groups, const OpRequest& request) {
  MatmulTiling tiling;
  if (request.cores < 0 || request.cores > die.cube_cores) {
    throw ConfigError(fmt::format("{} cores, expected 1 to {}, or 0 for all", request.cores, die.cube_cores));
  }
  tiling.cores = narrow(static_cast<std::uint64_t>(request.cores == 0 ? die.cube_cores : request.cores));
  tiling.l1_buffers = option_or(request, "l1_buffers", 2, 1, 2);
  tiling.l0_buffers = option_or(request, "l0_buffers", 2, 1, 2);
  tiling.unit_flag = option_value(request, "unit_flag", 1, 0, 1) == 1;
  choose_base(tiling, die, operands, rows, tile_groups, request);
  choose_base_k(tiling, die, operands, request);
  choose_packets(tiling, die, operands, request);
  choose_order(tiling, operands, request);
  const std::uint64_t result = round_to(std::uint64_t{tiling.base_m} * tiling.base_n * 4, 1024);
  const bool two_results = 2 * result <= capacity(die, Memory::L0c);
  tiling.l0c_buffers = option_or(request, "l0c_buffers", two_results ? 2 : 1, 1, two_results ? 2 : 1);
  return tiling;
}

std::vector<OpKey> matmul_tiling_keys() {
  return {
      {"base_m", "rows of a product in L0C", "by chip"},
      {"base_n", "columns of it", "by chip"},
      {"base_k", "k of one Mmad", "by chip"},
      {"step_ka", "base blocks of A in one copy to L1", "as fit half of L1"},
      {"step_kb", "base blocks of B in one copy to L1", "as fit half of L1"},
      {"step_scales", "MX types: base blocks whose scales come in one copy to L1", "as fit the rest of L1"},
      {"l1_buffers", "packets of A and of B in L1: 2 copies ahead", "2"},
      {"l0_buffers", "base blocks in L0A and L0B: 2 loads ahead", "2"},
      {"l0c_buffers", "results in L0C", "as fit"},
      {"unit_flag", "1: Mmad and Fixpipe hand results over fractal by fractal", "1"},
      {"swizzle", "order of tiles: width of a band, 0 for bands of rows or 1 of columns",
       "3:1; 3:0 if m > n"},
      {"k_stagger", "1: cores begin at different k", "0"},
  };
}

std::map<std::string, std::string> MatmulTiling::as_text() const {
  std::map<std::string, std::string> text{
      {"base_m", std::to_string(base_m)},         {"base_n", std::to_string(base_n)},
      {"base_k", std::to_string(base_k)},         {"step_ka", std::to_string(step_ka)},
      {"step_kb", std::to_string(step_kb)},       {"l1_buffers", std::to_string(l1_buffers)},
      {"l0_buffers", std::to_string(l0_buffers)}, {"l0c_buffers", std::to_string(l0c_buffers)},
      {"unit_flag", unit_flag ? "1" : "0"},       {"k_stagger", k_stagger ? "1" : "0"},
  };
  if (tail_split) text["tail_split"] = "1";
  if (library.step_cycles != 0) text["library"] = library.name;
  if (step_scales != 0) text["step_scales"] = std::to_string(step_scales);
  if (single_m == 0) {
    text["swizzle"] = fmt::format("{}:{}", swizzle_offset, swizzle_direction);
    return text;
  }
  text["single_m"] = std::to_string(single_m);
  text["single_n"] = std::to_string(single_n);
  text["l2_parts"] = std::to_string(l2_parts);
  return text;
}

}  // namespace podsim::kernel::ops

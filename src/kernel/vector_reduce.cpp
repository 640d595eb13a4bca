// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_reduce.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace podsim::kernel {
namespace {

struct Found {
  double value = 0;
  std::uint64_t index = 0;
};

// One step of a sum in the type's own arithmetic: 16-bit floats round, integers are exact up to 2^53.
double add(double a, double b, DataType type) {
  if (type == DataType::Fp32) return static_cast<double>(static_cast<float>(a) + static_cast<float>(b));
  if (type == DataType::Fp16)
    return static_cast<double>(static_cast<float>(Half(static_cast<float>(a) + static_cast<float>(b))));
  return a + b;
}

double tree_sum(std::vector<double> values, DataType type) {
  while (values.size() > 1) {
    const std::size_t pairs = values.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) values[i] = add(values[2 * i], values[2 * i + 1], type);
    if (values.size() % 2 != 0) values[pairs] = values.back();
    values.resize((values.size() + 1) / 2);
  }
  return values.empty() ? 0 : values.front();
}

bool better(Reduction reduction, double now, double best) {
  return reduction == Reduction::Max ? now > best : now < best;
}

double neutral(Reduction reduction) {
  if (reduction == Reduction::Sum) return 0;
  return reduction == Reduction::Max ? -std::numeric_limits<double>::infinity()
                                     : std::numeric_limits<double>::infinity();
}

// The elements of a call, in place.
class Source {
 public:
  Source(const std::byte* memory, const ReduceCall& call)
      : base_(memory + call.src),
        call_(call),
        per_block_(static_cast<std::uint32_t>(kBlockBytes * 8 / bits_of(call.type))) {}
  double operator()(std::uint32_t repeat, std::uint32_t element) const {
    const std::uint64_t block = repeat * std::uint64_t{call_.repeat_stride} +
                                element / per_block_ * std::uint64_t{call_.block_stride};
    return load_number(base_ + block * kBlockBytes, element % per_block_, call_.type);
  }

 private:
  const std::byte* base_;
  ReduceCall call_;
  std::uint32_t per_block_;
};

bool counts(const Lanes& lanes, std::uint32_t repeat, std::uint32_t element) {
  return lanes.counter ? std::uint64_t{repeat} * lanes.per_repeat + element < lanes.count
                       : lanes.active(element);
}

// Sum of the elements [first, last) of a repeat that the mask lets through.
double sum_of(const Source& source, const Lanes& lanes, std::uint32_t repeat, std::uint32_t first,
              std::uint32_t last, DataType type) {
  std::vector<double> values(last - first, 0.0);
  for (std::uint32_t e = first; e < last; ++e) {
    if (counts(lanes, repeat, e)) values[e - first] = source(repeat, e);
  }
  return tree_sum(std::move(values), type);
}

// The smallest index among equals.
Found extreme_of(const Source& source, const Lanes& lanes, Reduction reduction, std::uint32_t repeat,
                 std::uint32_t first, std::uint32_t last) {
  Found found{neutral(reduction), 0};
  bool any = false;
  for (std::uint32_t e = first; e < last; ++e) {
    if (!counts(lanes, repeat, e)) continue;
    const double value = source(repeat, e);
    if (any && !better(reduction, value, found.value)) continue;
    found = {value, e};
    any = true;
  }
  return found;
}

DataType index_type(DataType type) {
  switch (bits_of(type)) {
    case 16:
      return DataType::Uint16;
    case 64:
      return DataType::Uint64;
    default:
      return DataType::Uint32;
  }
}

Operand source_operand(const ReduceCall& call) {
  return {call.src, call.type, static_cast<std::uint16_t>(call.block_stride),
          static_cast<std::uint16_t>(call.repeat_stride)};
}

std::uint64_t bits_word(double value, DataType type) {
  std::uint64_t word = 0;
  store_number(reinterpret_cast<std::byte*>(&word), 0, type, value);
  return word;
}

// What a tensor reduces to.
Found reduce_all(const std::byte* memory, const ReduceCall& call, const Lanes& lanes, bool in_order) {
  const Source source(memory, call);
  if (call.reduction == Reduction::Sum) {
    std::vector<double> sums;
    for (std::uint32_t r = 0; r < lanes.repeats; ++r)
      sums.push_back(sum_of(source, lanes, r, 0, lanes.per_repeat, call.type));
    if (!in_order) return {tree_sum(std::move(sums), call.type), 0};
    double total = sums.front();
    for (std::size_t r = 1; r < sums.size(); ++r) total = add(total, sums[r], call.type);
    return {total, 0};
  }
  Found best;
  for (std::uint32_t r = 0; r < lanes.repeats; ++r) {
    Found found = extreme_of(source, lanes, call.reduction, r, 0, lanes.per_repeat);
    found.index += std::uint64_t{r} * lanes.per_repeat;
    if (r == 0 || better(call.reduction, found.value, best.value)) best = found;
  }
  return best;
}

// The rounds before the last: each leaves one result per repeat in the work buffer. Returns their number.
std::uint32_t issue_first_rounds(const ReduceCall& call, const Lanes& lanes, std::uint32_t per_result) {
  Lanes now = lanes;
  Operand from = source_operand(call);
  while (now.repeats > 1) {
    const std::uint64_t results = std::uint64_t{now.repeats} * per_result;
    VectorCall(call.call, VectorOp::ReduceRepeat, call.type, now)
        .reads(from)
        .writes_bytes("the work buffer", call.tmp, results * bits_of(call.type) / 8)
        .issue([](std::byte*) {});
    Lanes next =
        full_lanes(bits_of(call.type), static_cast<std::uint32_t>(ceil_div(results, now.per_repeat)));
    next.counter = true;
    next.count = results;
    now = next;
    from = Operand{call.tmp, call.type, 1, 8};
    if (now.repeats == 1) break;
  }
  return now.repeats == 1 && lanes.repeats > 1 ? static_cast<std::uint32_t>(now.count) : 0;
}

}  // namespace

void issue_reduce_all(const ReduceCall& call, const Lanes& lanes, bool in_order, bool with_index) {
  if (lanes.empty()) return;
  const std::uint32_t size = bits_of(call.type) / 8;
  const bool sum = call.reduction == Reduction::Sum;
  Lanes last = lanes;
  Operand from = source_operand(call);
  if (!in_order && lanes.repeats > 1) {
    const std::uint32_t left = issue_first_rounds(call, lanes, sum ? 1 : 2);
    last.counter = true;
    last.count = left;
    last.repeats = 1;
    from = Operand{call.tmp, call.type, 1, 8};
  }
  CoreRegisters* const registers = &scalar_unit().registers();
  VectorCall(call.call, VectorOp::ReduceRepeat, call.type, last)
      .reads(from)
      .writes_bytes("the destination", call.dst, with_index ? 2 * size : size, size)
      .issue([call, lanes, in_order, with_index, sum, size, registers](std::byte* memory) {
        const Found found = reduce_all(memory, call, lanes, in_order);
        std::byte* const out = memory + call.dst;
        store_number(out, 0, call.type, found.value);
        if (with_index) store_number(out + size, 0, index_type(call.type), static_cast<double>(found.index));
        (sum ? registers->reduce_sum : registers->reduce_value) = bits_word(found.value, call.type);
        if (!sum) registers->reduce_index = found.index;
      });
}

void issue_reduce_repeats(const ReduceCall& call, const Lanes& lanes, AscendC::ReduceOrder order) {
  using AscendC::ReduceOrder;
  if (lanes.empty()) return;
  const std::uint32_t size = bits_of(call.type) / 8;
  const bool sum = call.reduction == Reduction::Sum;
  const bool pair = order == ReduceOrder::ORDER_VALUE_INDEX || order == ReduceOrder::ORDER_INDEX_VALUE;
  // Stride unit: a value, a pair, or an index of 4 bytes.
  const std::uint32_t unit = pair ? 2 * size : (order == ReduceOrder::ORDER_ONLY_INDEX ? 4 : size);
  const std::uint64_t stride = std::uint64_t{call.destination_stride} * unit;
  CoreRegisters* const registers = &scalar_unit().registers();
  VectorCall(call.call, VectorOp::ReduceRepeat, call.type, lanes)
      .reads(source_operand(call))
      .writes_bytes("the destination", call.dst, (lanes.repeats - 1) * stride + unit, unit)
      .issue([call, lanes, order, sum, size, stride, registers](std::byte* memory) {
        const Source source(memory, call);
        for (std::uint32_t r = 0; r < lanes.repeats; ++r) {
          std::byte* const out = memory + call.dst + r * stride;
          if (sum) {
            const double total = sum_of(source, lanes, r, 0, lanes.per_repeat, call.type);
            store_number(out, 0, call.type, total);
            registers->reduce_sum = bits_word(total, call.type);
            continue;
          }
          const Found found = extreme_of(source, lanes, call.reduction, r, 0, lanes.per_repeat);
          const auto index = static_cast<double>(found.index);
          const bool index_first = order == ReduceOrder::ORDER_INDEX_VALUE;
          if (order != ReduceOrder::ORDER_ONLY_INDEX)
            store_number(out + (index_first ? size : 0), 0, call.type, found.value);
          if (order == ReduceOrder::ORDER_ONLY_INDEX) store_number(out, 0, DataType::Uint32, index);
          if (order == ReduceOrder::ORDER_VALUE_INDEX || index_first) {
            store_number(out + (index_first ? 0 : size), 0, index_type(call.type), index);
          }
          registers->reduce_value = bits_word(found.value, call.type);
          registers->reduce_index = found.index;
        }
      });
}

void issue_reduce_blocks(const ReduceCall& call, const Lanes& lanes) {
  constexpr std::uint32_t kBlocks = 8;
  if (lanes.empty()) return;
  const std::uint32_t size = bits_of(call.type) / 8;
  const std::uint64_t stride = std::uint64_t{call.destination_stride} * kBlocks * size;
  const bool untouched = !is_3510();  // blocks without an active element
  VectorCall(call.call, VectorOp::ReduceBlock, call.type, lanes)
      .reads(source_operand(call))
      .writes_bytes("the destination", call.dst, (lanes.repeats - 1) * stride + std::uint64_t{kBlocks} * size,
                    std::uint64_t{kBlocks} * size)
      .issue([call, lanes, size, stride, untouched](std::byte* memory) {
        const Source source(memory, call);
        const auto per_block = static_cast<std::uint32_t>(kBlockBytes / size);
        for (std::uint32_t r = 0; r < lanes.repeats; ++r) {
          for (std::uint32_t b = 0; b < kBlocks; ++b) {
            bool any = false;
            for (std::uint32_t e = b * per_block; e < (b + 1) * per_block; ++e)
              any = any || counts(lanes, r, e);
            if (!any && untouched) continue;
            const double value =
                call.reduction == Reduction::Sum
                    ? sum_of(source, lanes, r, b * per_block, (b + 1) * per_block, call.type)
                    : extreme_of(source, lanes, call.reduction, r, b * per_block, (b + 1) * per_block).value;
            store_number(memory + call.dst + r * stride, b, call.type, value);
          }
        }
      });
}

void issue_reduce_pairs(const ReduceCall& call, const Lanes& lanes) {
  if (lanes.empty()) return;
  const std::uint64_t stride = std::uint64_t{call.destination_stride} * kRepeatBytes / 2;
  VectorCall(call.call, VectorOp::ReducePair, call.type, lanes)
      .reads(source_operand(call))
      .writes_bytes("the destination", call.dst, (lanes.repeats - 1) * stride + kRepeatBytes / 2)
      .issue([call, lanes, stride](std::byte* memory) {
        const Source source(memory, call);
        for (std::uint32_t r = 0; r < lanes.repeats; ++r) {
          for (std::uint32_t e = 0; e + 1 < lanes.per_repeat; e += 2) {
            if (!counts(lanes, r, e) && !counts(lanes, r, e + 1)) continue;
            store_number(memory + call.dst + r * stride, e / 2, call.type,
                         sum_of(source, lanes, r, e, e + 2, call.type));
          }
        }
      });
}

}  // namespace podsim::kernel

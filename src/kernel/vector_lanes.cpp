// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/vector_lanes.h"

#include <fmt/format.h>

#include "podsim/kernel/vector_issue.h"

namespace podsim::kernel {
namespace {

constexpr std::uint32_t kRepeatBits = 2048;
constexpr std::uint32_t kMostRepeats = 255;

std::uint32_t lanes_of(std::uint32_t bits) {
  return kRepeatBits / bits;
}

void set_mask_registers(std::uint64_t low, std::uint64_t high) {
  CoreRegisters& registers = scalar_unit().registers();
  registers.counter_mask = false;
  registers.mask_low = low;
  registers.mask_high = high;
}

std::uint64_t low_bits(std::uint64_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

// Masks have 128 bits; 32-bit types use the low half.
Lanes with_mask(std::uint32_t bits, std::uint64_t low, std::uint64_t high, std::uint32_t repeats) {
  Lanes lanes;
  lanes.per_repeat = lanes_of(bits);
  lanes.repeats = repeats;
  lanes.mask[0] = low & low_bits(lanes.per_repeat);
  if (lanes.per_repeat > 64) lanes.mask[1] = high;
  return lanes;
}

}  // namespace

std::uint32_t Lanes::reach() const {
  if (counter) return static_cast<std::uint32_t>(std::min<std::uint64_t>(per_repeat, count));
  for (std::size_t word = mask.size(); word-- > 0;) {
    if (mask[word] == 0) continue;
    return static_cast<std::uint32_t>(word * 64 + 64) -
           static_cast<std::uint32_t>(__builtin_clzll(mask[word]));
  }
  return 0;
}

std::uint64_t Lanes::elements() const {
  if (counter) return count;
  std::uint64_t active_ones = 0;
  for (const std::uint64_t word : mask) active_ones += static_cast<std::uint64_t>(__builtin_popcountll(word));
  return active_ones * repeats;
}

Lanes counted_lanes(std::uint32_t bits, std::uint64_t count) {
  set_mask_registers(~std::uint64_t{0}, ~std::uint64_t{0});
  Lanes lanes;
  lanes.per_repeat = lanes_of(bits);
  lanes.counter = true;
  lanes.count = count > (std::uint64_t{1} << 31U) ? 0 : count;  // negative counts do nothing
  lanes.repeats = static_cast<std::uint32_t>(ceil_div(lanes.count, lanes.per_repeat));
  return lanes;
}

Lanes masked_lanes(const char* call, std::uint32_t bits, std::uint64_t mask, std::uint32_t repeats) {
  const std::uint32_t most = lanes_of(bits);
  require_at_most(call, "mask", mask, most);
  require_at_most(call, "repeatTime", repeats, kMostRepeats);
  set_mask_registers(low_bits(mask), mask > 64 ? low_bits(mask - 64) : 0);
  Lanes lanes;
  lanes.per_repeat = most;
  lanes.repeats = repeats;
  for (std::uint64_t word = 0; word * 64 < mask; ++word) lanes.mask[word] = low_bits(mask - word * 64);
  return lanes;
}

Lanes bitwise_lanes(std::uint32_t bits, const std::uint64_t* mask, std::uint32_t repeats) {
  const std::uint64_t high = lanes_of(bits) > 64 ? mask[1] : 0;
  set_mask_registers(mask[0], high);
  return with_mask(bits, mask[0], high, repeats);
}

Lanes register_lanes(std::uint32_t bits, std::uint32_t repeats) {
  const CoreRegisters& registers = scalar_unit().registers();
  if (!registers.counter_mask) return with_mask(bits, registers.mask_low, registers.mask_high, repeats);
  Lanes lanes;
  lanes.per_repeat = lanes_of(bits);
  lanes.counter = true;
  lanes.count = registers.mask_low;
  lanes.repeats = static_cast<std::uint32_t>(ceil_div(lanes.count, lanes.per_repeat));
  return lanes;
}

Lanes full_lanes(std::uint32_t bits, std::uint32_t repeats) {
  Lanes lanes;
  lanes.per_repeat = lanes_of(bits);
  lanes.repeats = repeats;
  for (std::uint32_t word = 0; word * 64 < lanes.per_repeat; ++word)
    lanes.mask[word] = low_bits(lanes.per_repeat - word * 64);
  return lanes;
}

void require_accumulation(const char* call, DataType destination, DataType source) {
  const bool widened = destination == DataType::Fp32 && source == DataType::Fp16;
  if (destination != source && !widened) {
    refuse(call, fmt::format("types {} and {} do not go together, expected equal ones or float and half",
                             type_name(destination), type_name(source)));
  }
  require_type(call, source, kHalfFloat, kWideSet);
}

VectorCall::VectorCall(const char* call, VectorOp op, DataType type, const Lanes& lanes)
    : lanes_(lanes), empty_(lanes.empty()) {
  instruction_.call = call;
  instruction_.pipe = Pipe::V;
  VectorWork vector;
  vector.op = op;
  vector.type = vector.narrow = type;
  vector.repeats = lanes.repeats;
  vector.elements = lanes.elements();
  vector.function = scalar_unit().registers().vector_function;
  vector.sources = 0;
  vector.destination.blocks = 0;
  instruction_.work = vector;
}

Footprint VectorCall::check(const char* what, const Operand& operand, bool write) {
  require_aligned(instruction_.call, what, operand.address, kBlockBytes);
  VectorWork& vector = work();
  if (bits_of(operand.type) < bits_of(vector.narrow)) vector.narrow = operand.type;
  if (lanes_.empty()) return {};
  const std::uint32_t reach = lanes_.reach();
  const std::uint64_t bits = bits_of(operand.type);
  const auto bytes_up_to = [&](std::uint64_t elements) {
    const std::uint64_t blocks = elements / operand.per_block();
    const std::uint64_t rest = ceil_div(elements % operand.per_block() * bits, 8);
    if (rest > 0) return blocks * operand.block_stride * kBlockBytes + rest;
    return blocks == 0 ? 0 : ((blocks - 1) * operand.block_stride + 1) * kBlockBytes;
  };
  const std::uint64_t stride = operand.repeat_stride * kBlockBytes;
  Footprint print{Memory::UnifiedBuffer, write, lanes_.repeats, operand.address, bytes_up_to(reach), stride};
  const std::uint64_t per_repeat_bytes = lanes_.per_repeat * bits / 8;
  if (operand.block_stride == 1 && stride == per_repeat_bytes && (lanes_.counter || print.bytes == stride)) {
    const std::uint64_t whole = std::uint64_t{lanes_.repeats - 1} * lanes_.per_repeat;
    const std::uint64_t total = lanes_.counter ? lanes_.count : whole + reach;
    print = footprint(Memory::UnifiedBuffer, write, operand.address, ceil_div(total * bits, 8));
  }
  const std::uint64_t end = (print.blocks - 1) * print.stride + print.bytes;
  require_inside(instruction_.call, what, Memory::UnifiedBuffer, operand.address, end);
  return print;
}

namespace {
VectorOperand described(const Operand& operand, const Lanes& lanes) {
  VectorOperand vector;
  vector.address = operand.address;
  vector.block_stride = operand.block_stride;
  vector.repeat_stride = operand.repeat_stride;
  vector.blocks = static_cast<std::uint8_t>(ceil_div(lanes.reach(), operand.per_block()));
  return vector;
}
}  // namespace

VectorCall& VectorCall::writes(const Operand& operand) {
  if (empty_) return *this;
  if (operand.block_stride == 0 && lanes_.reach() > operand.per_block())
    refuse(instruction_.call, "dstBlkStride is 0, expected at least 1");
  instruction_.touch(check("the destination", operand, true));
  work().destination = described(operand, lanes_);
  return *this;
}

VectorCall& VectorCall::reads(const Operand& operand) {
  if (empty_) return *this;
  VectorWork& vector = work();
  instruction_.touch(check("a source", operand, false));
  if (vector.sources < vector.source.size()) vector.source[vector.sources++] = described(operand, lanes_);
  return *this;
}

VectorCall& VectorCall::reads_bytes(const char* operand, std::uint64_t address, std::uint64_t bytes) {
  if (empty_) return *this;
  require_inside(instruction_.call, operand, Memory::UnifiedBuffer, address, bytes);
  instruction_.touch(footprint(Memory::UnifiedBuffer, false, address, bytes));
  return *this;
}

VectorCall& VectorCall::writes_bytes(const char* operand, std::uint64_t address, std::uint64_t bytes,
                                     std::uint64_t alignment) {
  if (empty_) return *this;
  require_aligned(instruction_.call, operand, address, alignment);
  require_inside(instruction_.call, operand, Memory::UnifiedBuffer, address, bytes);
  instruction_.touch(footprint(Memory::UnifiedBuffer, true, address, bytes));
  VectorWork& vector = work();
  if (vector.destination.blocks == 0) {
    vector.destination.address = address / kBlockBytes * kBlockBytes;
    vector.destination.blocks = 1;
    vector.destination.repeat_stride = 0;
  }
  return *this;
}

}  // namespace podsim::kernel

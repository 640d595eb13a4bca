// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>

#include "podsim/kernel/local_tensor.h"

// How a vector call walks over the unified buffer: which elements of which repeats, and where they lie.
namespace podsim::kernel {

// The elements a call works on. A repeat is 256 B of the widest type. Counter form: the first `count`
// elements; otherwise the elements of every repeat whose mask bit is set.
struct Lanes {
  std::uint32_t per_repeat = 64;
  std::uint32_t repeats = 1;
  bool counter = false;
  std::uint64_t count = 0;
  std::array<std::uint64_t, 4> mask{};  // bit i of word i / 64

  bool empty() const { return repeats == 0 || reach() == 0; }
  bool active(std::uint32_t element) const { return ((mask[element / 64] >> (element % 64)) & 1U) != 0; }
  // Elements of one repeat up to the last that counts.
  std::uint32_t reach() const;
  std::uint64_t elements() const;

  // Calls f(repeat, element) in order.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t r = 0; r < repeats; ++r) {
      const std::uint32_t limit = counter ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                                per_repeat, count - std::uint64_t{r} * per_repeat))
                                          : reach();
      for (std::uint32_t e = 0; e < limit; ++e) {
        if (counter || active(e)) f(r, e);
      }
    }
  }
};

// `bits`: of the widest type. The mask forms leave their mask in the registers, the count form the full one,
// as the device does.
Lanes counted_lanes(std::uint32_t bits, std::uint64_t count);
Lanes masked_lanes(const char* call, std::uint32_t bits, std::uint64_t mask, std::uint32_t repeats);
Lanes bitwise_lanes(std::uint32_t bits, const std::uint64_t* mask, std::uint32_t repeats);
// isSetMask = false: what SetVectorMask and SetMaskCount/Norm left.
Lanes register_lanes(std::uint32_t bits, std::uint32_t repeats);
// Every element of every repeat.
Lanes full_lanes(std::uint32_t bits, std::uint32_t repeats);

template <bool isSetMask>
Lanes lanes_for(const char* call, std::uint32_t bits, std::uint64_t mask, std::uint32_t repeats) {
  return isSetMask ? masked_lanes(call, bits, mask, repeats) : register_lanes(bits, repeats);
}
template <bool isSetMask>
Lanes lanes_for(const char* /*call*/, std::uint32_t bits, const std::uint64_t* mask, std::uint32_t repeats) {
  return isSetMask ? bitwise_lanes(bits, mask, repeats) : register_lanes(bits, repeats);
}

// Where an operand lies: block b of repeat r at address + (r * repeat_stride + b * block_stride) * 32.
struct Operand {
  std::uint64_t address = 0;
  DataType type = DataType::Fp16;
  std::uint16_t block_stride = 1;
  std::uint16_t repeat_stride = 8;

  std::uint32_t per_block() const { return static_cast<std::uint32_t>(kBlockBytes * 8 / bits_of(type)); }
};

template <class T>
Operand operand_of(const AscendC::LocalTensor<T>& tensor, std::uint32_t block_stride,
                   std::uint32_t repeat_stride) {
  return {tensor.address_.bufferAddr, kTypeOf<T>, static_cast<std::uint16_t>(block_stride),
          static_cast<std::uint16_t>(repeat_stride)};
}
// One element after another, in a call whose widest type has `bits`.
template <class T>
Operand contiguous(const AscendC::LocalTensor<T>& tensor, std::uint32_t bits) {
  return operand_of(tensor, 1, 8 * kBitsOf<T> / bits);
}

// Elements of an operand while the call executes.
template <class T>
class View {
 public:
  View(std::byte* memory, const Operand& operand)
      : base_(memory + operand.address),
        block_(operand.block_stride * kBlockBytes),
        repeat_(operand.repeat_stride * kBlockBytes) {}

  T get(std::uint32_t repeat, std::uint32_t element) const {
    T value;
    std::memcpy(static_cast<void*>(&value), at(repeat, element), sizeof(T));
    return value;
  }
  void set(std::uint32_t repeat, std::uint32_t element, T value) const {
    std::memcpy(at(repeat, element), static_cast<const void*>(&value), sizeof(T));
  }

 private:
  static constexpr std::uint32_t kPerBlock = kBlockBytes / sizeof(T);
  std::byte* at(std::uint32_t repeat, std::uint32_t element) const {
    return base_ + repeat * repeat_ + element / kPerBlock * block_ + element % kPerBlock * sizeof(T);
  }

  std::byte* base_;
  std::uint64_t block_;
  std::uint64_t repeat_;
};

// Builds the instruction of one vector call and checks it: alignment, strides, capacity.
class VectorCall {
 public:
  VectorCall(const char* call, VectorOp op, DataType type, const Lanes& lanes);
  VectorCall& writes(const Operand& operand);
  VectorCall& reads(const Operand& operand);
  // Bytes besides the regular operands: index lists, bit masks, results.
  VectorCall& reads_bytes(const char* operand, std::uint64_t address, std::uint64_t bytes);
  VectorCall& writes_bytes(const char* operand, std::uint64_t address, std::uint64_t bytes,
                           std::uint64_t alignment = kBlockBytes);
  // Queues it; nothing happens when no element is worked on.
  template <class Effect>
  void issue(Effect effect) {
    if (empty_) return;
    ScalarUnit& unit = scalar_unit();
    if (!unit.functional()) return unit.issue(instruction_, {});
    unit.issue(instruction_, [memory = unit.local(Memory::UnifiedBuffer), effect] { effect(memory); });
  }

 private:
  Footprint check(const char* what, const Operand& operand, bool write);
  VectorWork& work() { return std::get<VectorWork>(instruction_.work); }

  Instruction instruction_;
  Lanes lanes_;
  bool empty_ = false;
};

inline bool on_vector_core(const char* call) {
  return runs_on(call, CoreKind::Aiv);
}

// Types by how often calls allow them together.
inline constexpr TypeSet kHalfFloat = types(DataType::Fp16, DataType::Fp32);
inline constexpr TypeSet kArithmetic = kHalfFloat | types(DataType::Int16, DataType::Int32);
inline constexpr TypeSet kIntegers16 = types(DataType::Int16, DataType::Uint16);
inline constexpr TypeSet kIntegers = kIntegers16 | types(DataType::Int32, DataType::Uint32);
inline constexpr TypeSet kWideSet =
    kArithmetic | kIntegers |
    types(DataType::Bf16, DataType::Int8, DataType::Uint8, DataType::Int64, DataType::Uint64);
inline constexpr TypeSet kBits16And32 = kArithmetic | kIntegers | set_of(DataType::Bf16);

}  // namespace podsim::kernel

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "podsim/kernel/call.h"
#include "podsim/kernel/language.h"
#include "podsim/kernel/narrow.h"
#include "podsim/kernel/numbers.h"
#include "podsim/kernel/positions.h"

namespace podsim::kernel {

struct QueueBuffer;
// Result of a + b on tensors; assigning it to a tensor runs the call.
struct TensorExpression {};

// Where an access in a timing-only run lands, which has no data.
template <class T>
T& nowhere() {
  static T value{};
  return value;
}

// Announces a scalar access to the core; null when there is no data to touch.
std::byte* scalar_access(const char* call, Memory memory, bool write, std::uint64_t address,
                         std::uint64_t bytes);
std::string print_elements(const std::byte* data, std::uint64_t count, DataType type);

}  // namespace podsim::kernel

namespace AscendC {

using TBufHandle = podsim::kernel::QueueBuffer*;

struct TBuffAddr {
  std::uint32_t dataLen = 0;     // bytes
  std::uint32_t bufferAddr = 0;  // byte address in its memory
  TBufHandle bufferHandle = nullptr;
  std::uint8_t logicPos = 0;
};

struct ShapeInfo {
  std::uint8_t shapeDim = 0;
  std::uint32_t shape[8] = {};
  std::uint8_t originalShapeDim = 0;
  std::uint32_t originalShape[8] = {};
  DataFormat dataFormat = DataFormat::ND;
};

// A view of a piece of one of the core's own memories. Sizes and offsets count elements (of 4 bits for
// int4b_t).
template <class T>
class LocalTensor {
 public:
  using PrimType = T;

  LocalTensor() = default;
  // Static tensors: byte address and size in elements are the kernel's own choice.
  LocalTensor(TPosition position, std::uint32_t addr, std::uint32_t tileSize) {
    address_ = {static_cast<std::uint32_t>(podsim::kernel::bytes_of<T>(tileSize)), addr, nullptr,
                static_cast<std::uint8_t>(position)};
  }
  explicit LocalTensor(const TBuffAddr& address) : address_(address) {}

  // Runs the call that an expression such as a + b stands for, over GetSize() elements.
  template <class E, class = std::enable_if_t<std::is_base_of_v<podsim::kernel::TensorExpression, E>>>
  LocalTensor& operator=(const E& expression) {
    expression.assign_to(*this);
    return *this;
  }

  T GetValue(const std::uint32_t index) const {
    if constexpr (podsim::kernel::kBitsOf<T> < 8) {
      const std::byte* byte = access("GetValue", index, false);
      T value{};
      if (byte != nullptr) {
        const auto both = std::to_integer<unsigned>(*byte);
        value.bits = static_cast<std::uint8_t>(index % 2 == 0 ? both & 0xfU : both >> 4U);
      }
      return value;
    } else {
      T value{};
      const std::byte* from = access("GetValue", index, false);
      if (from != nullptr) std::memcpy(static_cast<void*>(&value), from, sizeof(T));
      return value;
    }
  }
  template <class S>
  void SetValue(const std::uint32_t index, const S value) const {
    static_assert(podsim::kernel::kBitsOf<T> >= 8, "SetValue: 4-bit elements have no scalar store");
    const T typed = static_cast<T>(value);
    std::byte* const to = access("SetValue", index, true);
    if (to != nullptr) std::memcpy(to, &typed, sizeof(T));
  }
  T& operator()(const std::uint32_t index) const {
    std::byte* const at = access("LocalTensor::operator()", index, true);
    return at == nullptr ? podsim::kernel::nowhere<T>() : *reinterpret_cast<T*>(at);
  }

  LocalTensor operator[](const std::uint32_t offset) const {
    LocalTensor view = *this;
    const auto bytes = static_cast<std::uint32_t>(podsim::kernel::bytes_of<T>(offset));
    view.address_.bufferAddr += bytes;
    view.address_.dataLen -= bytes < address_.dataLen ? bytes : address_.dataLen;
    return view;
  }
  template <class U>
  LocalTensor<U> ReinterpretCast() const {
    LocalTensor<U> view{address_};
    return view;
  }

  std::uint32_t GetSize() const {
    return static_cast<std::uint32_t>(std::uint64_t{address_.dataLen} * 8 / podsim::kernel::kBitsOf<T>);
  }
  void SetSize(const std::uint32_t size) {
    address_.dataLen = static_cast<std::uint32_t>(podsim::kernel::bytes_of<T>(size));
  }
  std::uint32_t GetLength() const { return address_.dataLen; }
  // Byte address and length in elements; the position is set apart.
  void InitBuffer(const std::uint32_t bufferOffset, const std::uint32_t bufferSize) {
    address_.bufferAddr = bufferOffset;
    SetSize(bufferSize);
  }
  void SetBufferLen(const std::uint32_t bytes) { address_.dataLen = bytes; }
  std::uint64_t GetPhyAddr() const { return address_.bufferAddr; }
  std::uint64_t GetPhyAddr(const std::uint32_t offset) const {
    return address_.bufferAddr + podsim::kernel::bytes_of<T>(offset);
  }
  std::int32_t GetPosition() const { return address_.logicPos; }
  void SetAddr(const TBuffAddr& address) { address_ = address; }
  void SetAddrWithOffset(const LocalTensor& source, std::uint32_t offset) { *this = source[offset]; }
  void SetShapeInfo(const ShapeInfo& shape) { shape_ = shape; }
  ShapeInfo GetShapeInfo() const { return shape_; }
  void SetUserTag(const std::uint32_t tag) { tag_ = tag; }
  std::uint32_t GetUserTag() const { return tag_; }
  void Print() const { Print(GetSize()); }
  void Print(std::uint32_t length) const {
    const std::byte* data = podsim::kernel::scalar_access("Print", memory(), false, address_.bufferAddr,
                                                          podsim::kernel::bytes_of<T>(length));
    if (data == nullptr) return;
    podsim::kernel::scalar_unit().print(
        podsim::kernel::print_elements(data, length, podsim::kernel::kTypeOf<T>));
  }

  podsim::kernel::Memory memory() const {
    return podsim::kernel::memory_of(static_cast<TPosition>(address_.logicPos));
  }

  TBuffAddr address_;

 private:
  std::byte* access(const char* call, std::uint32_t index, bool write) const {
    const std::uint64_t at = address_.bufferAddr + std::uint64_t{index} * podsim::kernel::kBitsOf<T> / 8;
    return podsim::kernel::scalar_access(call, memory(), write, at, sizeof(T));
  }

  ShapeInfo shape_;
  std::uint32_t tag_ = 0;
};

// Static tensors one after another, without a pipe.
template <Hardware hardware = Hardware::UB>
class LocalMemAllocator {
 public:
  template <TPosition position, class T, std::uint32_t tileSize>
  LocalTensor<T> Alloc() {
    return Alloc<position, T>(tileSize);
  }
  template <TPosition position, class T>
  LocalTensor<T> Alloc(std::uint32_t tileSize) {
    LocalTensor<T> tensor(position, next_, tileSize);
    next_ +=
        static_cast<std::uint32_t>(podsim::kernel::round_up(tensor.GetLength(), podsim::kernel::kBlockBytes));
    podsim::kernel::require_inside("LocalMemAllocator::Alloc", "the tensor", tensor.memory(),
                                   tensor.address_.bufferAddr, tensor.GetLength());
    return tensor;
  }
  std::uint32_t GetCurAddr() const { return next_; }

 private:
  std::uint32_t next_ = 0;
};

}  // namespace AscendC

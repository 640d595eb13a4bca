// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "podsim/kernel/data_copy.h"
#include "podsim/kernel/tpipe.h"
#include "podsim/kernel/vector_fill.h"

// Atomics, caches, system registers, debug output, and the library's own copies of standard names.
namespace podsim::kernel {

void set_atomic(const char* call, AtomicOp op, DataType type);
void print_text(const std::string& text);
void assertion_failed(const char* condition, const char* file, int line);

// printf's arguments: the 16-bit floats go as double, the rest as it is.
template <class T>
auto printable(T value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>)
    return static_cast<double>(static_cast<float>(value));
  else
    return value;
}
template <class... Args>
std::string formatted(const char* format, Args... args) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
  const int length = std::snprintf(nullptr, 0, format, printable(args)...);
  std::string text(static_cast<std::size_t>(length > 0 ? length : 0) + 1, '\0');
  std::snprintf(text.data(), text.size(), format, printable(args)...);
#pragma GCC diagnostic pop
  text.pop_back();
  return text;
}

}  // namespace podsim::kernel

namespace AscendC {

// --- atomics: mode of later copies to GM
// ----------------------------------------------------------------------

template <class T>
void SetAtomicAdd() {
  podsim::kernel::set_atomic("SetAtomicAdd", podsim::kernel::AtomicOp::Add, podsim::kernel::kTypeOf<T>);
}
template <class T>
void SetAtomicMax() {
  podsim::kernel::set_atomic("SetAtomicMax", podsim::kernel::AtomicOp::Max, podsim::kernel::kTypeOf<T>);
}
template <class T>
void SetAtomicMin() {
  podsim::kernel::set_atomic("SetAtomicMin", podsim::kernel::AtomicOp::Min, podsim::kernel::kTypeOf<T>);
}
template <class T>
void SetAtomicType() {
  podsim::kernel::scalar_unit().registers().atomic.type = podsim::kernel::kTypeOf<T>;
}
inline void SetAtomicNone() {
  podsim::kernel::scalar_unit().registers().atomic = {};
}
inline void DisableDmaAtomic() {
  SetAtomicNone();
}

// Scalar atomics on GM (3510); each returns what was there.
template <class T, class F>
T atomic_update(const char* call, __gm__ T* address, F next) {
  podsim::kernel::require_arch(call, 3510);
  podsim::kernel::global_access(call, address, true, sizeof(T));
  const T old = *address;
  *address = next(old);
  return old;
}
template <class T>
T AtomicAdd(__gm__ T* address, T value) {
  return atomic_update("AtomicAdd", address, [value](T old) { return static_cast<T>(old + value); });
}
template <class T>
T AtomicMax(__gm__ T* address, T value) {
  return atomic_update("AtomicMax", address, [value](T old) { return std::max(old, value); });
}
template <class T>
T AtomicMin(__gm__ T* address, T value) {
  return atomic_update("AtomicMin", address, [value](T old) { return std::min(old, value); });
}
template <class T>
T AtomicExch(__gm__ T* address, T value) {
  return atomic_update("AtomicExch", address, [value](T) { return value; });
}
template <class T>
T AtomicCas(__gm__ T* address, T compare, T value) {
  return atomic_update("AtomicCas", address,
                       [compare, value](T old) { return old == compare ? value : old; });
}

// --- caches: scalar accesses see memory as it is, so these have nothing to do but name a place
// --------------------

template <class T, CacheLine entireType, DcciDst dcciDst = DcciDst::CACHELINE_ALL>
void DataCacheCleanAndInvalid(const GlobalTensor<T>& /*dst*/) {
  podsim::kernel::scalar_unit().compute(1);
}
template <class T, CacheLine entireType, DcciDst dcciDst = DcciDst::CACHELINE_ALL>
void DataCacheCleanAndInvalid(const LocalTensor<T>& /*dst*/) {
  podsim::kernel::scalar_unit().compute(1);
}
template <class T>
void DataCachePreload(const GlobalTensor<uint64_t>& /*src*/, const T /*cacheOffset*/) {}
inline void ICachePreLoad(const int64_t /*preFetchLen*/) {}
template <class T>
T ReadGmByPassDCache(__gm__ T* address) {
  podsim::kernel::global_access("ReadGmByPassDCache", address, false, sizeof(T));
  return *address;
}
template <class T>
void WriteGmByPassDCache(__gm__ T* address, T value) {
  podsim::kernel::global_access("WriteGmByPassDCache", address, true, sizeof(T));
  *address = value;
}

// --- system
// ---------------------------------------------------------------------------------------------------

int64_t GetSystemCycle();
uint64_t GetUBSizeInBytes();
constexpr uint32_t GetVecLen() {
  return 256;
}
constexpr uint32_t GetDataBlockSizeInBytes() {
  return 32;
}
int64_t GetArchVersion();
inline void InitSocState() {
  SetAtomicNone();
  SetMaskNorm();
  ResetMask();
}
[[noreturn]] void Trap();
inline void WaitPreTaskEnd() {}
inline void SetNextTaskStart() {}

// Fills GM from the scalar unit's side, in copies of a part of the unified buffer.
template <class T>
void InitGlobalMemory(GlobalTensor<T>& gmWorkspaceAddr, const uint64_t size, const T value) {
  if (ASCEND_IS_AIC) return;
  LocalTensor<T> rest;
  BufferPool pool = GetTPipePtr()->pool_of(podsim::kernel::Memory::UnifiedBuffer);
  const uint32_t at = pool.take("InitGlobalMemory", 0);
  const uint64_t room = std::min<uint64_t>((pool.end() - at) / sizeof(T), 8192);
  if (room == 0) podsim::kernel::refuse("InitGlobalMemory", "no unified buffer is left to fill from");
  rest.SetAddr(TBuffAddr{static_cast<uint32_t>(room * sizeof(T)), at, nullptr,
                         static_cast<uint8_t>(TPosition::VECCALC)});
  podsim::kernel::issue_full_barrier("InitGlobalMemory");
  Duplicate(rest, value, static_cast<int32_t>(std::min(room, size)));
  podsim::kernel::issue_full_barrier("InitGlobalMemory");
  for (uint64_t done = 0; done < size; done += room) {
    const auto part = static_cast<uint32_t>(std::min(room, size - done) * sizeof(T));
    DataCopyPad(gmWorkspaceAddr[done], rest, DataCopyExtParams(1, part, 0, 0, 0));
  }
  podsim::kernel::issue_full_barrier("InitGlobalMemory");
}
template <class T>
void InitOutput(GlobalTensor<T> gmWorkspaceAddr, uint32_t size, T value = 0) {
  InitGlobalMemory(gmWorkspaceAddr, size, value);
}

// --- debug
// ----------------------------------------------------------------------------------------------------

template <class... Args>
void printf(const char* format, Args... args) {
  podsim::kernel::print_text(podsim::kernel::formatted(format, args...));
}
template <class... Args>
void PRINTF(const char* format, Args... args) {
  podsim::kernel::print_text(podsim::kernel::formatted(format, args...));
}
template <class T>
void DumpTensor(const LocalTensor<T>& tensor, uint32_t desc, uint32_t dumpSize) {
  podsim::kernel::print_text("DumpTensor " + std::to_string(desc) + ": ");
  tensor.Print(dumpSize);
}
template <class T>
void DumpTensor(const GlobalTensor<T>& tensor, uint32_t desc, uint32_t dumpSize) {
  podsim::kernel::global_access("DumpTensor", tensor.GetPhyAddr(), false,
                                podsim::kernel::bytes_of<T>(dumpSize));
  podsim::kernel::print_text(
      "DumpTensor " + std::to_string(desc) + ": " +
      podsim::kernel::print_elements(reinterpret_cast<const std::byte*>(tensor.GetPhyAddr()), dumpSize,
                                     podsim::kernel::kTypeOf<T>));
}
inline void PrintTimeStamp(uint32_t descId) {
  PRINTF("PrintTimeStamp %u: %lld", descId, static_cast<long long>(GetSystemCycle()));
}

// --- scalar helpers
// -------------------------------------------------------------------------------------------

template <int countValue>
int64_t GetBitCount(uint64_t value) {
  return countValue == 1 ? __builtin_popcountll(value) : 64 - __builtin_popcountll(value);
}
template <int countValue>
int64_t ScalarGetCountOfValue(uint64_t value) {
  return GetBitCount<countValue>(value);
}
inline int64_t CountLeadingZero(uint64_t value) {
  return value == 0 ? 64 : __builtin_clzll(value);
}
inline int64_t ScalarCountLeadingZero(uint64_t value) {
  return CountLeadingZero(value);
}
template <int countValue>
int64_t GetSFFValue(uint64_t value) {
  const uint64_t bits = countValue == 1 ? value : ~value;
  return bits == 0 ? -1 : __builtin_ctzll(bits);
}
template <int countValue>
int64_t ScalarGetSFFValue(uint64_t value) {
  return GetSFFValue<countValue>(value);
}
constexpr uint32_t CeilDivision(uint32_t a, uint32_t b) {
  return b == 0 ? 0 : (a + b - 1) / b;
}

template <class T>
struct NumericLimits {
  static constexpr T Max() { return std::numeric_limits<T>::max(); }
  static constexpr T Min() { return std::numeric_limits<T>::min(); }
  static constexpr T Lowest() { return std::numeric_limits<T>::lowest(); }
  static constexpr T Infinity() { return std::numeric_limits<T>::infinity(); }
  static constexpr T NegativeInfinity() { return -std::numeric_limits<T>::infinity(); }
  static constexpr T QuietNaN() { return std::numeric_limits<T>::quiet_NaN(); }
  static constexpr T DeNormMin() { return std::numeric_limits<T>::denorm_min(); }
};
template <class T, uint16_t kMax, uint16_t kMin, uint16_t kInfinity>
struct Limits16 {
  static constexpr T Max() { return T::from_bits(kMax); }
  static constexpr T Min() { return T::from_bits(kMin); }
  static constexpr T Lowest() { return T::from_bits(kMax | 0x8000); }
  static constexpr T Infinity() { return T::from_bits(kInfinity); }
  static constexpr T NegativeInfinity() { return T::from_bits(kInfinity | 0x8000); }
  static constexpr T QuietNaN() { return T::from_bits(kInfinity | kInfinity >> 1); }
  static constexpr T DeNormMin() { return T::from_bits(1); }
};
template <>
struct NumericLimits<half> : Limits16<half, 0x7bff, 0x0400, 0x7c00> {};
template <>
struct NumericLimits<bfloat16_t> : Limits16<bfloat16_t, 0x7f7f, 0x0080, 0x7f80> {};

template <class A, class B>
struct IsSameType : std::is_same<A, B> {};
namespace Std {
using std::conditional;
using std::conditional_t;
using std::decay_t;
using std::enable_if;
using std::enable_if_t;
using std::false_type;
using std::forward;
using std::get;
using std::index_sequence;
using std::integral_constant;
using std::is_base_of;
using std::is_convertible;
using std::is_floating_point;
using std::is_integral;
using std::is_same;
using std::is_same_v;
using std::make_index_sequence;
using std::make_tuple;
using std::max;
using std::min;
using std::move;
using std::remove_cv;
using std::remove_cv_t;
using std::remove_reference;
using std::remove_reference_t;
using std::true_type;
using std::tuple;
using std::tuple_element;
using std::tuple_size;
}  // namespace Std

}  // namespace AscendC

#ifndef ASSERT
#define ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::podsim::kernel::assertion_failed(#condition, __FILE__, __LINE__))
#endif
#define ASCENDC_ASSERT(condition, action) \
  do {                                    \
    if (!(condition)) {                   \
      action;                             \
      ASSERT(condition);                  \
    }                                     \
  } while (false)
#define KERNEL_LOG(level, ...) ::podsim::kernel::print_text(::podsim::kernel::formatted(__VA_ARGS__))

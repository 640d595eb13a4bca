// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

// Strong ids and the containers they index. Like units, ids live in podsim itself.
namespace podsim {

// A dense index of one kind of thing. Ordered and comparable, never mixed with another kind.
template <class Kind>
class Id {
 public:
  using value_type = std::uint32_t;
  constexpr Id() = default;
  constexpr explicit Id(std::size_t value) : value_(static_cast<value_type>(value)) {}
  constexpr value_type value() const { return value_; }
  static constexpr Id none() { return Id(~value_type{0}); }

  friend constexpr bool operator==(Id a, Id b) { return a.value_ == b.value_; }
  friend constexpr bool operator!=(Id a, Id b) { return a.value_ != b.value_; }
  friend constexpr bool operator<(Id a, Id b) { return a.value_ < b.value_; }

 private:
  value_type value_ = 0;
};

using NpuId = Id<struct NpuKind>;    // a simulated card, 0 .. cards-1
using NodeId = Id<struct NodeKind>;  // an NPU or a switch; NPU i is node i, switches follow
using LinkId = Id<struct LinkKind>;  // one direction of a cable
using LinkTypeId = Id<struct LinkTypeKind>;
using ExpertId = Id<struct ExpertKind>;  // a logical expert of a layer

// A vector that only its own kind of id can index.
template <class I, class T>
class IdVector {
 public:
  IdVector() = default;
  explicit IdVector(std::size_t size, const T& value = T()) : items_(size, value) {}

  T& operator[](I id) { return items_[id.value()]; }
  const T& operator[](I id) const { return items_[id.value()]; }
  std::size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  void reserve(std::size_t size) { items_.reserve(size); }
  I push_back(T item) {
    items_.push_back(std::move(item));
    return I(items_.size() - 1);
  }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  T* data() { return items_.data(); }
  const T* data() const { return items_.data(); }

 private:
  std::vector<T> items_;
};

}  // namespace podsim

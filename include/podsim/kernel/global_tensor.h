// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "podsim/kernel/local_tensor.h"

namespace podsim::kernel {

// Announces a scalar access to device memory. Data is there in timing-only runs too.
void global_access(const char* call, const void* pointer, bool write, std::uint64_t bytes);

}  // namespace podsim::kernel

namespace AscendC {

// A view of device memory; the size is informative only, kernels pass truncated and padded ones.
template <class T>
class GlobalTensor {
 public:
  using PrimType = T;

  void SetGlobalBuffer(__gm__ T* buffer, std::uint64_t bufferSize) {
    data_ = buffer;
    size_ = bufferSize;
  }
  void SetGlobalBuffer(__gm__ T* buffer) { SetGlobalBuffer(buffer, 0); }

  GlobalTensor operator[](const std::uint64_t offset) const {
    GlobalTensor view = *this;
    view.data_ = at(offset);
    view.size_ = size_ > offset ? size_ - offset : 0;
    return view;
  }
  T GetValue(const std::uint64_t offset) const {
    podsim::kernel::global_access("GetValue", at(offset), false, sizeof(T));
    T value;
    std::memcpy(static_cast<void*>(&value), static_cast<const void*>(at(offset)), sizeof(T));
    return value;
  }
  template <class S>
  void SetValue(const std::uint64_t offset, const S value) const {
    podsim::kernel::global_access("SetValue", at(offset), true, sizeof(T));
    const T typed = static_cast<T>(value);
    std::memcpy(static_cast<void*>(at(offset)), static_cast<const void*>(&typed), sizeof(T));
  }
  __gm__ T& operator()(const std::uint64_t offset) const {
    podsim::kernel::global_access("GlobalTensor::operator()", at(offset), true, sizeof(T));
    return *at(offset);
  }

  const __gm__ T* GetPhyAddr() const { return data_; }
  __gm__ T* GetPhyAddr(const std::uint64_t offset) const { return at(offset); }
  std::uint64_t GetSize() const { return size_; }
  template <class U>
  GlobalTensor<U> ReinterpretCast() const {
    GlobalTensor<U> view;
    view.SetGlobalBuffer(reinterpret_cast<U*>(data_),
                         size_ * podsim::kernel::kBitsOf<T> / podsim::kernel::kBitsOf<U>);
    return view;
  }

  template <CacheRwMode rwMode = CacheRwMode::RW>
  void SetL2CacheHint(CacheMode mode) {
    if constexpr (rwMode != CacheRwMode::WRITE) read_hint_ = hint(mode);
    if constexpr (rwMode != CacheRwMode::READ) write_hint_ = hint(mode);
  }
  void SetShapeInfo(const ShapeInfo& shape) { shape_ = shape; }
  ShapeInfo GetShapeInfo() const { return shape_; }

  podsim::kernel::CacheHint read_hint() const { return read_hint_; }
  podsim::kernel::CacheHint write_hint() const { return write_hint_; }

 private:
  __gm__ T* at(std::uint64_t offset) const {
    return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(data_) +
                                offset * podsim::kernel::kBitsOf<T> / 8);
  }
  static podsim::kernel::CacheHint hint(CacheMode mode) {
    switch (mode) {
      case CacheMode::CACHE_MODE_DISABLE:
        return podsim::kernel::CacheHint::Disable;
      case CacheMode::CACHE_MODE_LAST:
        return podsim::kernel::CacheHint::Last;
      case CacheMode::CACHE_MODE_PERSISTENT:
        return podsim::kernel::CacheHint::Persistent;
      case CacheMode::CACHE_MODE_NORMAL:
        break;
    }
    return podsim::kernel::CacheHint::Normal;
  }

  __gm__ T* data_ = nullptr;
  std::uint64_t size_ = 0;
  podsim::kernel::CacheHint read_hint_ = podsim::kernel::CacheHint::Normal;
  podsim::kernel::CacheHint write_hint_ = podsim::kernel::CacheHint::Normal;
  ShapeInfo shape_;
};

// One of the tensors behind a list: where it is and its shape.
template <class T>
class TensorDesc {
 public:
  void SetShapeAddr(std::uint64_t* shape) { shape_ = shape; }
  std::uint64_t GetDim() const { return dim_; }
  std::uint64_t GetIndex() const { return index_; }
  std::uint64_t GetShape(std::uint32_t i) const { return shape_ == nullptr ? 0 : shape_[i]; }
  T* GetDataPtr() const { return data_; }
  GlobalTensor<T> GetDataObj() const {
    GlobalTensor<T> tensor;
    tensor.SetGlobalBuffer(data_);
    return tensor;
  }
  void set(T* data, std::uint64_t index, const std::uint64_t* dims, std::uint64_t dim) {
    data_ = data;
    index_ = index;
    dim_ = dim;
    for (std::uint64_t i = 0; shape_ != nullptr && i < dim; ++i) shape_[i] = dims[i];
  }

 private:
  T* data_ = nullptr;
  std::uint64_t* shape_ = nullptr;
  std::uint64_t index_ = 0;
  std::uint64_t dim_ = 0;
};

// Several tensors behind one pointer. Words: offset of the pointers in bytes; then per tensor a word with the
// dimension in its low half and the index in its high half, and the sizes; then the pointers.
class ListTensorDesc {
 public:
  ListTensorDesc() = default;
  explicit ListTensorDesc(__gm__ void* data) { Init(data); }
  ListTensorDesc(__gm__ void* data, std::uint32_t /*length*/, std::uint32_t /*shapeSize*/) { Init(data); }
  void Init(__gm__ void* data) {
    words_ = static_cast<std::uint64_t*>(data);
    podsim::kernel::global_access("ListTensorDesc", words_, false, sizeof(std::uint64_t));
    pointers_ = words_ + words_[0] / sizeof(std::uint64_t);
  }
  std::uint32_t GetSize() const {
    std::uint32_t count = 0;
    for (const std::uint64_t* word = words_ + 1; word < pointers_; word += 1 + (*word & 0xffffffffU)) ++count;
    return count;
  }
  template <class T>
  __gm__ T* GetDataPtr(std::uint32_t index) const {
    podsim::kernel::global_access("ListTensorDesc::GetDataPtr", pointers_ + index, false,
                                  sizeof(std::uint64_t));
    return reinterpret_cast<T*>(pointers_[index]);
  }
  template <class T>
  void GetDesc(TensorDesc<T>& desc, std::uint32_t index) const {
    const std::uint64_t* word = words_ + 1;
    for (std::uint32_t i = 0; i < index; ++i) word += 1 + (*word & 0xffffffffU);
    podsim::kernel::global_access("ListTensorDesc::GetDesc", word, false, sizeof(std::uint64_t));
    desc.set(GetDataPtr<T>(index), *word >> 32U, word + 1, *word & 0xffffffffU);
  }

 private:
  const std::uint64_t* words_ = nullptr;
  const std::uint64_t* pointers_ = nullptr;
};

}  // namespace AscendC

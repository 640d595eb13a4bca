// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/device_memory.h"

#include <sys/mman.h>

#include "podsim/base/error.h"

namespace podsim::kernel {

DeviceMemory::DeviceMemory(std::uint64_t size) : size_(size) {
  void* const range =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED)
    throw ConfigError(fmt::format("cannot reserve {} bytes of addresses for device memory", size));
  base_ = static_cast<std::byte*>(range);
}

DeviceMemory::~DeviceMemory() {
  munmap(base_, size_);
}

std::byte* DeviceMemory::allocate(std::uint64_t bytes) {
  if (bytes > size_ || used_ > size_ - bytes || kSlack + kAlignment > size_ - bytes - used_) {
    throw ConfigError(
        fmt::format("device memory is full: {} bytes wanted, {} of {} used", bytes, used_, size_));
  }
  std::byte* const start = base_ + used_;
  used_ = (used_ + bytes + kSlack + kAlignment - 1) / kAlignment * kAlignment;
  return start;
}

std::uint64_t DeviceMemory::address(const void* pointer) const {
  const auto value = reinterpret_cast<std::uintptr_t>(pointer);
  const auto first = reinterpret_cast<std::uintptr_t>(base_);
  if (value < first || value - first >= size_) {
    throw ConfigError(fmt::format("pointer {} is not in device memory", pointer));
  }
  return value - first;
}

void DeviceMemory::reset() {
  // Dropping the pages of a private anonymous map makes them read as zeros again.
  if (used_ > 0) madvise(base_, size_, MADV_DONTNEED);
  used_ = 0;
}

}  // namespace podsim::kernel

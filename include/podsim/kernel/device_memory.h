// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace podsim::kernel {

// Device memory of a die: one reserved range of host addresses, so that a GM_ADDR is a real pointer and its
// distance from the base is the simulated address, the same in every run. Pages that nobody touches cost
// nothing, and read as zeros.
class DeviceMemory {
 public:
  static constexpr std::uint64_t kDefaultSize = 64ULL << 30U;
  // Kernels copy rounded lengths: what they may read or write past the end of an allocation.
  static constexpr std::uint64_t kSlack = 512;
  static constexpr std::uint64_t kAlignment = 512;

  // Throws ConfigError when the host does not give that much address space.
  explicit DeviceMemory(std::uint64_t size = kDefaultSize);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  std::byte* base() const { return base_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t used() const { return used_; }

  // Zeroed, aligned to 512 B, followed by slack. Throws ConfigError when memory is full.
  std::byte* allocate(std::uint64_t bytes);
  // Distance from the base. Throws ConfigError for a pointer that is not into device memory.
  std::uint64_t address(const void* pointer) const;
  // Gives every allocation back; what was written is zero again.
  void reset();

 private:
  std::byte* base_ = nullptr;
  std::uint64_t size_ = 0;
  std::uint64_t used_ = 0;
};

}  // namespace podsim::kernel

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "kernel_operator.h"
#include "support/fake_core.h"

namespace podsim::test {

// One fake core with the running kernel on it, and short names for its memory.
class KernelTest : public ::testing::Test {
 protected:
  KernelTest() : KernelTest(kernel::CoreKind::Aiv) {}
  explicit KernelTest(kernel::CoreKind kind, std::uint32_t architecture = 2201)
      : core(memory, architecture, kind) {
    kernel::set_scalar_unit(&core);
  }
  ~KernelTest() override { kernel::set_scalar_unit(nullptr); }

  // A tensor at a fixed place, holding `values`.
  template <class T>
  AscendC::LocalTensor<T> local(AscendC::TPosition position, std::uint32_t address,
                                const std::vector<T>& values) {
    AscendC::LocalTensor<T> tensor(position, address, static_cast<std::uint32_t>(values.size()));
    std::memcpy(core.local(tensor.memory()) + address, static_cast<const void*>(values.data()),
                values.size() * sizeof(T));
    return tensor;
  }
  template <class T>
  AscendC::LocalTensor<T> ub(std::uint32_t address, const std::vector<T>& values) {
    return local(AscendC::TPosition::VECCALC, address, values);
  }
  template <class T>
  AscendC::LocalTensor<T> ub(std::uint32_t address, std::uint32_t count) {
    return AscendC::LocalTensor<T>(AscendC::TPosition::VECCALC, address, count);
  }
  template <class T>
  AscendC::GlobalTensor<T> gm(const std::vector<T>& values) {
    T* const at = reinterpret_cast<T*>(memory.allocate(values.size() * sizeof(T)));
    std::memcpy(static_cast<void*>(at), static_cast<const void*>(values.data()), values.size() * sizeof(T));
    AscendC::GlobalTensor<T> tensor;
    tensor.SetGlobalBuffer(at, values.size());
    return tensor;
  }
  template <class T>
  std::vector<T> held(const AscendC::LocalTensor<T>& tensor, std::size_t count) {
    std::vector<T> values(count);
    std::memcpy(static_cast<void*>(values.data()), core.local(tensor.memory()) + tensor.GetPhyAddr(),
                count * sizeof(T));
    return values;
  }
  template <class T>
  std::vector<T> held(const AscendC::GlobalTensor<T>& tensor, std::size_t count) {
    std::vector<T> values(count);
    std::memcpy(static_cast<void*>(values.data()), static_cast<const void*>(tensor.GetPhyAddr()),
                count * sizeof(T));
    return values;
  }
  // Small whole numbers, exact in every type.
  template <class T>
  std::vector<T> small(std::size_t count, int low = -8, int high = 8) {
    std::uniform_int_distribution<int> draw(low, high);
    std::vector<T> values(count);
    for (T& value : values) value = static_cast<T>(draw(random));
    return values;
  }
  const kernel::Instruction& last() const { return core.instructions.back().instruction; }
  template <class W>
  const W& last_work() const {
    return std::get<W>(last().work);
  }

  kernel::DeviceMemory memory{1U << 30U};
  FakeCore core;
  std::mt19937 random{7};
};

class CubeTest : public KernelTest {
 protected:
  CubeTest() : KernelTest(kernel::CoreKind::Aic) {}
  explicit CubeTest(std::uint32_t architecture) : KernelTest(kernel::CoreKind::Aic, architecture) {}
};

// The call breaks a rule and its message holds each of the words.
template <class F>
void expect_refused(F&& call, std::initializer_list<const char*> words) {
  try {
    call();
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    for (const char* word : words) EXPECT_THAT(error.what(), ::testing::HasSubstr(word));
  }
}

}  // namespace podsim::test

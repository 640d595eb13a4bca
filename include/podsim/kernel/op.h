// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "podsim/kernel/device_memory.h"
#include "podsim/kernel/instruction.h"

// The operator library: kernels that podsim ships, written against its own kernel interface.
namespace podsim::kernel {

// What an operator may know of the die when it chooses its tiling.
struct DieTraits {
  std::uint32_t architecture = 2201;
  std::int64_t cube_cores = 0;
  std::int64_t vector_cores = 0;
  std::array<std::uint64_t, kMemoryCount> capacity{};  // bytes, usable by kernels
  std::uint64_t l2_bytes = 0;
};

// What the user asked for; keys are the operator's own, unknown ones are refused with the known ones named.
struct OpRequest {
  std::map<std::string, std::int64_t> shape;   // "m", "n", "k"
  std::string dtype;                           // empty: the operator's default
  std::map<std::string, std::string> options;  // tiling and switches, as text: "base_m" = "128"
  std::int64_t cores = 0;                      // logical cores; 0: all that help
  std::uint64_t seed = 1;                      // of the input data
};

enum class OpMix : std::uint8_t { Cube, Vector, CubeAndOneVector, CubeAndTwoVectors };

// One launch, ready to run: tiling chosen, device memory laid out.
class OpRun {
 public:
  virtual ~OpRun() = default;
  virtual OpMix mix() const = 0;
  virtual std::int64_t blocks() const = 0;
  // The kernel: called once on every core.
  virtual void kernel() = 0;
  // Fills the inputs with seeded random data (functional runs only, before the launch).
  virtual void fill() = 0;
  // Compares the outputs with a plain reference (functional runs only, after the launch); empty if right,
  // otherwise where and how far off the first wrong value is.
  virtual std::string check() const = 0;
  // Multiply-adds counted twice; useful work only, no padding.
  virtual double flops() const = 0;
  // Bytes that must cross GM at least once: each input once, each output once.
  virtual double compulsory_bytes() const = 0;
  // The tiling that was chosen, key -> value, as --tiling takes it.
  virtual std::map<std::string, std::string> tiling() const = 0;
};

struct OpKey {
  std::string name;
  std::string meaning;
  std::string fallback;  // what holds when it is not given; empty: it must be
};

// An operator of the library.
struct Op {
  std::string name;
  std::string summary;
  std::vector<OpKey> shape;
  std::vector<std::string> dtypes;  // the first is the default
  std::vector<OpKey> options;
  // Throws ConfigError: a key or dtype that is not known, sizes that do not fit.
  std::function<std::unique_ptr<OpRun>(const DieTraits&, const OpRequest&, DeviceMemory&)> prepare;
};

// All operators in order of their names. Each is declared in a file of its own.
const std::vector<Op>& op_library();
// Throws ConfigError with the known names.
const Op& find_op(const std::string& name);

}  // namespace podsim::kernel

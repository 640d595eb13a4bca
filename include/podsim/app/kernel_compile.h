// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "podsim/app/kernel_arguments.h"
#include "podsim/npu/die.h"

// Kernels of the user's: compiled by the host's compiler against podsim's kernel interface and loaded into
// this process.
namespace podsim::app {

struct KernelSource {
  std::string file;
  std::string entry;  // "add_custom", or of a template "add<half>"; empty: the only one in the file
  std::uint32_t architecture = 2201;
  std::vector<std::string> include_folders;
  std::vector<std::string> defines;  // "NAME" or "NAME=VALUE"
};

// The kernel that a file declares.
struct DeclaredKernel {
  std::string name;
  std::vector<std::string> parameters;  // as written; empty if the entry was not found in the text
  npu::CoreMix mix = npu::CoreMix::Vector;
  std::string doubt;  // what to say if it does not compile: the entry is not in the text
};
// Reads the file and finds the entry in it; one that a macro makes is left to the compiler. Throws
// ConfigError with the kernels of the file when the entry is not named and not the only one.
DeclaredKernel declared_kernel(const KernelSource& source);

// A compiled kernel. What it was called for must be gone before it is.
class LoadedKernel {
 public:
  // Compiles and loads. Throws ConfigError with what the compiler said.
  LoadedKernel(const KernelSource& source, const DeclaredKernel& declared);
  ~LoadedKernel();
  LoadedKernel(const LoadedKernel&) = delete;
  LoadedKernel& operator=(const LoadedKernel&) = delete;

  const std::vector<KernelParameter>& parameters() const { return parameters_; }
  // Each place holds the value of a parameter.
  void call(const std::vector<void*>& places) const { call_(places.data()); }

 private:
  void* library_ = nullptr;
  void (*call_)(void* const*) = nullptr;
  std::vector<KernelParameter> parameters_;
};

}  // namespace podsim::app

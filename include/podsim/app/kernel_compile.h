// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
  std::vector<std::string> parameters;  // as written
  npu::CoreMix mix = npu::CoreMix::Vector;
};
// Finds the entry in the file, or, where macros or other headers make it, in the preprocessed text. Throws
// ConfigError with the kernels of the file when the entry is not named and not the only one.
DeclaredKernel declared_kernel(const KernelSource& source);

// A compiled kernel: one library for each kind of core it runs on, as the device's compiler makes them. What
// it was called for must be gone before it is.
class LoadedKernel {
 public:
  // Compiles and loads. Throws ConfigError with what the compiler said.
  LoadedKernel(const KernelSource& source, const DeclaredKernel& declared, npu::CoreMix mix);
  ~LoadedKernel();
  LoadedKernel(const LoadedKernel&) = delete;
  LoadedKernel& operator=(const LoadedKernel&) = delete;

  const std::vector<KernelParameter>& parameters() const { return parameters_; }
  // On the running core. Each place holds the value of a parameter.
  void call(const std::vector<void*>& places) const;

 private:
  void load(kernel::CoreKind kind, const std::string& file, const std::string& library);

  struct Library {
    void* handle = nullptr;
    void (*call)(void* const*) = nullptr;
  };
  std::array<Library, 2> libraries_;  // of the cube core and the vector core
  std::vector<KernelParameter> parameters_;
};

}  // namespace podsim::app

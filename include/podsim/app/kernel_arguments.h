// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/app/kernel_data.h"
#include "podsim/kernel/device_memory.h"

// The --arg options of `podsim kernel run`: what a kernel of the user's is called with.
namespace podsim::app {

// How the parameter of a kernel is declared: a pointer, an integer, a floating-point number or a struct.
struct KernelParameter {
  char kind = 'p';  // p, i, f, s
  std::size_t size = sizeof(void*);
  std::string text;  // as written: "GM_ADDR x"; empty if not known
};

// One argument.
//   in:SOURCE              device memory with that content; SOURCE is FILE.npy, FILE.bin, random:TYPE:COUNT
//                          or zeros:TYPE:COUNT
//   inout:SOURCE[:FILE]    the same, shown after the run and written to FILE
//   out:TYPE:COUNT[:FILE]  zeros, shown after the run and written to FILE
//   expect:FILE[:TOL]      zeros of FILE's type and size, compared with FILE after the run
//   workspace:BYTES        zeros
//   tiling:FILE.bin        the bytes of a struct, in device memory or by value as the kernel takes it
//   i8 i16 i32 i64 u8 u16 u32 u64 f32 f64:VALUE   a number by value
//   null                   a null pointer
struct KernelArgument {
  enum class Role : std::uint8_t { In, InOut, Out, Expect, Workspace, Tiling, Value, Null };
  Role role = Role::In;
  std::string text;   // as given
  KernelArray array;  // of In .. Tiling: the content before the run; of Expect: what is expected
  std::string file;   // to write
  double tolerance = 0.0;
  char value_kind = 'i';         // of Value: i or f
  std::vector<std::byte> value;  // of Value
};

// `place`: which argument it is, for its random stream. Reads files. Throws ConfigError with the argument.
KernelArgument parse_argument(const std::string& text, std::uint64_t seed, std::uint64_t place);

// The arguments of one launch in device memory.
class KernelArguments {
 public:
  KernelArguments(std::vector<KernelArgument> arguments, kernel::DeviceMemory& memory);

  // What the call takes: a place per argument where its value lies. Throws ConfigError where a parameter
  // does not take its argument; `name` is the kernel's.
  std::vector<void*> bind(const std::string& name, const std::vector<KernelParameter>& parameters);
  // Copies the content of the arrays in (functional runs only).
  void fill();
  // After a functional run: writes the files, and says what the outputs are, a line each.
  std::string collect();
  // After collect(): what differs from the expected arrays. Absent: nothing was expected.
  const std::optional<std::string>& check() const { return check_; }

 private:
  struct Bound {
    KernelArgument argument;
    std::byte* device = nullptr;
    std::vector<std::byte> value;  // what the kernel gets
  };
  KernelArray after(const Bound& bound) const;

  std::vector<Bound> bound_;
  std::optional<std::string> check_;
};

}  // namespace podsim::app

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "podsim/kernel/op.h"
#include "podsim/npu/die.h"

// The die that `podsim kernel` runs on, and what it could do at best.
namespace podsim::app {

// A file, or the name of one in configs/dies, with --set applied. Throws ConfigError with the known names.
npu::DieConfig load_die(const std::string& chip, const std::vector<std::string>& sets);

// What an operator may know of the die.
kernel::DieTraits die_traits(const npu::DieConfig& die);

npu::CoreMix core_mix(kernel::OpMix mix);
// Logical cores of a mix that the die has.
std::int64_t logical_cores(const npu::DieConfig& die, npu::CoreMix mix);

// Floating-point operations per second of all cores that a mix uses, by the tables of the core: products of
// `dtype` on the cube (a multiply-add is two), additions of it on the vector cores. 0: not in the tables.
double peak_flops(const npu::DieConfig& die, npu::CoreMix mix, const std::string& dtype);

}  // namespace podsim::app

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_die.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "podsim/app/command.h"
#include "podsim/config/document.h"
#include "podsim/core/names.h"

namespace podsim::app {
namespace {

using kernel::DataType;

// The element type that an operator's dtype multiplies. Operators name the microscaled formats by their own
// names, and fp8 and fp4 without a format mean the common one; the tables give one rate for all formats of a
// width.
std::optional<DataType> element_type(const std::string& dtype) {
  constexpr std::array kShort{std::pair{"fp8", DataType::Fp8E4m3}, std::pair{"mxfp8", DataType::Fp8E4m3},
                              std::pair{"fp4", DataType::Fp4E2m1}, std::pair{"mxfp4", DataType::Fp4E2m1}};
  for (const auto& [name, type] : kShort)
    if (dtype == name) return type;
  return config::enum_from_name<DataType>(dtype);
}

double cube_rate(const core::CoreConfig& core, DataType type) {
  for (const core::CubeRow& row : core.cube.rows)
    if (row.type == type && !row.sparse) return 2.0 * static_cast<double>(row.macs_per_cycle);
  return 0.0;
}

double vector_rate(const core::CoreConfig& core, DataType type) {
  const std::int64_t bits = core::bits_of(type);
  for (const core::VectorRow& row : core.vector.rows) {
    if (row.op == kernel::VectorOp::Add && (row.bits == bits || row.bits == 0))
      return static_cast<double>(row.elements) / static_cast<double>(row.cycles);
  }
  return 0.0;
}

}  // namespace

npu::DieConfig load_die(const std::string& chip, const std::vector<std::string>& sets) {
  config::Document document = config::Document::load(find_input(chip, "configs/dies"));
  for (const std::string& assignment : sets) document.apply_set(assignment);
  return document.read<npu::DieConfig>();
}

kernel::DieTraits die_traits(const npu::DieConfig& die) {
  kernel::DieTraits traits;
  traits.architecture = static_cast<std::uint32_t>(die.core->architecture.value);
  traits.cube_cores = die.cube_cores.value;
  traits.vector_cores = die.cube_cores.value * die.vector_cores.value;
  for (std::size_t memory = 0; memory < kernel::kMemoryCount; ++memory) {
    traits.capacity[memory] =
        static_cast<std::uint64_t>(die.core->buffer(static_cast<kernel::Memory>(memory)));
  }
  traits.l2_bytes = static_cast<std::uint64_t>(die.memory->l2.capacity.value.count());
  return traits;
}

npu::CoreMix core_mix(kernel::OpMix mix) {
  switch (mix) {
    case kernel::OpMix::Cube:
      return npu::CoreMix::Cube;
    case kernel::OpMix::Vector:
      return npu::CoreMix::Vector;
    case kernel::OpMix::CubeAndOneVector:
      return npu::CoreMix::CubeAndOneVector;
    case kernel::OpMix::CubeAndTwoVectors:
      return npu::CoreMix::CubeAndTwoVectors;
  }
  return npu::CoreMix::Vector;
}

std::int64_t logical_cores(const npu::DieConfig& die, npu::CoreMix mix) {
  return die.cube_cores.value * (mix == npu::CoreMix::Vector ? die.vector_cores.value : 1);
}

double peak_flops(const npu::DieConfig& die, npu::CoreMix mix, const std::string& dtype) {
  const std::optional<DataType> type = element_type(dtype);
  if (!type) return 0.0;
  const bool vector = mix == npu::CoreMix::Vector;
  const double rate = vector ? vector_rate(*die.core, *type) : cube_rate(*die.core, *type);
  return rate * static_cast<double>(logical_cores(die, mix)) * static_cast<double>(die.clock.value.count());
}

}  // namespace podsim::app

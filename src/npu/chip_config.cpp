// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/chip_config.h"

#include <cmath>

#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

using namespace literals;

std::string type_names() {
  std::string names;
  for (const auto& type : config::EnumNames<moe::DataType>::kNames)
    names += (names.empty() ? "" : ", ") + std::string(type.second);
  return names;
}

std::string peak_names(const ChipConfig& chip) {
  std::string names;
  for (const auto& peak : chip.cube_peak) names += (names.empty() ? "" : ", ") + peak.first;
  return names;
}

}  // namespace

BytesPerSecond HbmConfig::sustained() const {
  return BytesPerSecond(std::llround(static_cast<double>(bandwidth.value.count()) * efficiency.value));
}

void HbmConfig::describe(config::Fields& f) {
  f.required("capacity", capacity, "bytes of memory").at_least(1_MiB);
  f.required("bandwidth", bandwidth, "nominal rate, reads and writes together").at_least(1_MBps);
  f.required("efficiency", efficiency, "sustained over nominal rate").between(0.01, 1.0);
}

FlopsPerSecond ChipConfig::cube_rate(moe::DataType weight, moe::DataType activation) const {
  const moe::DataType wider = moe::bits(weight) > moe::bits(activation) ? weight : activation;
  const auto peak = cube_peak.find(config::enum_name(wider));
  if (peak == cube_peak.end()) {
    throw ConfigError(
        fmt::format("chip {} has no matrix rate for {} (it has: {}); /workload/types can name others", name,
                    config::enum_name(wider), peak_names(*this)));
  }
  return FlopsPerSecond(
      std::llround(static_cast<double>(peak->second.value.count()) * cube_efficiency.value));
}

void ChipConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the chip").non_empty();
  f.value_or("description", description, "", "what it is");
  f.required("dies", dies, "compute dies in the package, one card").between(1, 64);
  f.required("cores", cores, "cores with a matrix unit, all dies: AIC, or SMs of a GPU").between(1, 4096);
  f.required("vector_cores", vector_cores, "vector cores, all dies: AIV, or SMs of a GPU").between(1, 8192);
  f.required("clock", clock, "clock of the cores").positive();
  f.required("cube_peak", cube_peak, "dense matrix rate of all cores, by element type").non_empty();
  f.optional("matrix_rows", matrix_rows,
             "rows that a matrix instruction takes at least, fewer cost as much; default: 16")
      .between(1, 1024);
  f.required("cube_efficiency", cube_efficiency, "sustained over peak rate of a large dense GEMM")
      .between(0.01, 1.0);
  f.required("vector_rate", vector_rate, "FP32 rate of all vector cores").positive();
  f.required("hbm", hbm, "memory of the card");
  f.required("l2", l2, "L2 cache, all dies").at_least(0_B);
  f.optional("die", die, "its cores and their memory, for the core timer; a GPU has none");
  for (const auto& peak : cube_peak) {
    f.check(config::enum_from_name<moe::DataType>(peak.first).has_value(),
            "cube_peak names the element type '{}'; known are {}", peak.first, type_names());
    f.check(peak.second.value > FlopsPerSecond(0), "cube_peak of {} is not positive", peak.first);
  }
}

}  // namespace podsim::npu

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/sim/kernel.h"

#include "podsim/base/error.h"

namespace podsim::sim {
namespace {

std::string simulated_time() {
  return "at " + to_string(now());
}

// A problem that the kernel reports is ours: nothing a user writes reaches the kernel unchecked.
void report_handler(const sc_core::sc_report& report, const sc_core::sc_actions&) {
  if (report.get_severity() >= sc_core::SC_WARNING) {
    throw InternalError(fmt::format("SystemC {}: {}", report.get_msg_type(), report.get_msg()));
  }
}

}  // namespace

void prepare_kernel() {
  PODSIM_CHECK(sc_core::sc_get_time_resolution().value() == 1 &&
                   sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS),
               "the kernel's time resolution is {}, not 1 ps", sc_core::sc_get_time_resolution().to_string());
  set_check_context(simulated_time);
  sc_core::sc_report_handler::set_handler(report_handler);
}

}  // namespace podsim::sim

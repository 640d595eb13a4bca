// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/sim/kernel.h"

#include "podsim/base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#endif

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

#if defined(__SANITIZE_ADDRESS__)
// The kernel announces every switch between stacks to the address sanitizer, but has no bounds for the one
// that it was called on. Without them an exception leaves marks of dead frames there, which are then taken
// for errors.
struct StackOfCaller {
  ~StackOfCaller() {
    pthread_attr_t attributes;
    void* bottom = nullptr;
    std::size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &bottom, &size);
    pthread_attr_destroy(&attributes);
    void* frames = nullptr;
    __sanitizer_start_switch_fiber(&frames, bottom, size);
    __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
  }
};
#else
struct StackOfCaller {
  ~StackOfCaller() {}
};
#endif

}  // namespace

void prepare_kernel() {
  PODSIM_CHECK(sc_core::sc_get_time_resolution().value() == 1 &&
                   sc_core::sc_get_time_resolution() == sc_core::sc_time(1, sc_core::SC_PS),
               "the kernel's time resolution is {}, not 1 ps", sc_core::sc_get_time_resolution().to_string());
  set_check_context(simulated_time);
  sc_core::sc_report_handler::set_handler(report_handler);
}

void run_kernel() {
  const StackOfCaller restored;
  sc_core::sc_start();
}

void run_kernel(Picoseconds time) {
  const StackOfCaller restored;
  sc_core::sc_start(to_sc_time(time), sc_core::SC_EXIT_ON_STARVATION);
}

}  // namespace podsim::sim

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/kernel_bench.h"

// Calls of the kernel interface as kernels spell them, one row each: that a row compiles says that name,
// overload and order of arguments exist; that it runs and issues an instruction of that name says that it
// does something.
namespace podsim::test {

struct CallRow {
  const char* call;  // name of the instruction; empty: it works on the scalar unit alone
  const char* spelled;
  std::function<void()> run;
};
// NOLINTNEXTLINE: the spelling is wanted in the message
#define PODSIM_CALL(name, ...)               \
  ::podsim::test::CallRow {                  \
    name, #__VA_ARGS__, [&] { __VA_ARGS__; } \
  }

inline void run_table(FakeCore& core, const std::vector<CallRow>& rows) {
  for (const CallRow& row : rows) {
    SCOPED_TRACE(row.spelled);
    core.instructions.clear();
    try {
      row.run();
    } catch (const ConfigError& error) {
      ADD_FAILURE() << error.what();
      continue;
    }
    if (*row.call != '\0') {
      EXPECT_FALSE(core.of(row.call).empty());
    }
  }
}

}  // namespace podsim::test

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "podsim/study/child.h"
#include "podsim/study/judge.h"

namespace podsim::study {

// Every run in a child process with its files in a folder that is gone afterwards; what each came to, in
// order. Of ChildOptions, `program` is podsim. Sets `interrupted` if the user stopped it: runs that had not
// ended are then failed.
struct RanAll {
  std::vector<Ran> ran;
  bool interrupted = false;
};
RanAll run_all(const std::vector<Execution>& executions, const ChildOptions& options);

// Runs what `plan` needs and judges the cases.
struct Validation {
  std::vector<Result> results;
  bool interrupted = false;
};
Validation validate(const Plan& plan, const ChildOptions& options);

}  // namespace podsim::study

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "podsim/study/child.h"
#include "podsim/study/judge.h"

namespace podsim::study {

// Runs what `plan` needs, each run in a child process with its files in a folder that is gone afterwards, and
// judges the cases. Of ChildOptions, `program` is podsim. Sets `interrupted` if the user stopped it: runs
// that had not ended are then failed.
struct Validation {
  std::vector<Result> results;
  bool interrupted = false;
};
Validation validate(const Plan& plan, const ChildOptions& options);

}  // namespace podsim::study

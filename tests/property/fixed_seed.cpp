// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

// RapidCheck takes a new seed from the clock in every run; ours is fixed, so that a run repeats. A failure
// prints the configuration that repeats it, and RC_PARAMS="seed=..." in the environment explores other
// inputs.
namespace {
[[maybe_unused]] const int kSeedIsFixed = setenv("RC_PARAMS", "seed=20260801", /*replace=*/0);
}  // namespace

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

// RapidCheck takes a new seed from the clock in every run; ours is fixed, so that a run repeats. A failure
// prints the configuration that repeats it, and RC_PARAMS="seed=... max_success=..." in the environment
// explores other inputs. Instrumented code is some ten times slower and gets fewer cases of each property.
namespace {
#ifdef __SANITIZE_ADDRESS__
constexpr const char* kConfiguration = "seed=20260801 max_success=100";
#else
constexpr const char* kConfiguration = "seed=20260801 max_success=1000";
#endif
[[maybe_unused]] const int kSeedIsFixed = setenv("RC_PARAMS", kConfiguration, /*replace=*/0);
}  // namespace

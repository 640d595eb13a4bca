// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace podsim {

// Brings the cache line of `address`, which need not be valid, for writing. Always inline: GCC 12 takes a
// function that does nothing but prefetch for one without effect, and drops calls to it.
[[gnu::always_inline]] inline void prefetch(const void* address) {
  __builtin_prefetch(address, 1);
}

}  // namespace podsim

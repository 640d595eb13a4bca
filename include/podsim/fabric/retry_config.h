// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/config/fields.h"

namespace podsim::fabric {

// What senders do about packets that faults take. No figure of UnifiedBus is published for any of these.
struct RetryConfig {
  config::Sourced<Picoseconds> detection;  // from a fault or repair until all senders route by it
  config::Sourced<Picoseconds> timeout;    // from sending a packet until it is sent again; doubles each time
  config::Sourced<std::int64_t> limit;     // times that a packet is sent again before its message has failed

  void describe(config::Fields& f);
};

}  // namespace podsim::fabric

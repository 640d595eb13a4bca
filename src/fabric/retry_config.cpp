// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/retry_config.h"

namespace podsim::fabric {

using namespace literals;

void RetryConfig::describe(config::Fields& f) {
  f.value_or(
       "detection", detection,
       {1_us,
        "assumed: a notice from the ends of a failed link to all senders, a few hops of 0.2 us; UB-Mesh, "
        "arXiv 2503.20377, notifies directly and gives no time"},
       "from a fault or repair during the run until all senders route by it")
      .at_least(0_ps);
  f.value_or(
       "timeout", timeout,
       {25600_ns, "assumed: the retransmission timeout of the ns-3-UB cases; UnifiedBus's is not published"},
       "from sending a packet until it is sent again, if lost; doubles with each time")
      .between(1_ns, 1'000'000'000_us);
  f.value_or("limit", limit, {7, "assumed: the retry count of InfiniBand's reliable transport, 3 bits"},
             "times that a packet is sent again before its message has failed")
      .between(0, 255);
}

}  // namespace podsim::fabric

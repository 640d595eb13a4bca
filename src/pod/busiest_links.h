// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "podsim/fabric/link_users.h"
#include "podsim/pod/run.h"
#include "podsim/topology/pod.h"

namespace podsim::pod {

// Which messages the users of a link are counted on.
struct UsersOf {
  std::string words;        // "rows and results of layer 3"
  std::int64_t layers = 1;  // that the packets of the links are of, where the messages are of one
  // Adds every step-th of them, spread over cards.
  std::function<void(fabric::LinkUsers&, std::uint64_t step)> feed;
};

// The busiest of result.links and, unless the paths of the run depend on its course, who uses them.
void add_busiest_links(const Scenario& scenario, const topology::Pod& pod, std::uint64_t seed,
                       const UsersOf& users_of, RunResult& result);

}  // namespace podsim::pod

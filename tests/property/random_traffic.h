// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <ostream>
#include <vector>

#include "podsim/base/random.h"
#include "podsim/fabric/fabric.h"
#include "podsim/units/units.h"
#include "property/draw.h"

namespace podsim::property {

enum class Pattern : std::uint8_t { Scattered, HotSpot, Incast, Permutation, AllToAll, OnePair };

// What one card wants to send. Its place in the list is its tag.
struct Send {
  std::size_t source;
  std::size_t destination;
  Bytes payload;
  fabric::LaneClass lane;
};

// A recipe for messages, so that a counterexample is a line and shrinks to few messages.
struct Traffic {
  Pattern pattern = Pattern::Scattered;
  std::int64_t messages = 0;
  std::vector<std::int64_t> sizes;  // drawn from
  int control_percent = 0;
  std::uint64_t seed = 1;
};

inline void showValue(const Traffic& traffic, std::ostream& out) {
  static constexpr const char* kNames[] = {"scattered",   "hot spot",   "incast",
                                           "permutation", "all to all", "one pair"};
  out << traffic.messages << " messages, " << kNames[static_cast<int>(traffic.pattern)] << ", sizes";
  for (const std::int64_t size : traffic.sizes) out << ' ' << size;
  out << " B, " << traffic.control_percent << " % control, seed " << traffic.seed;
}

// The same messages for the same recipe and number of cards; those of a shorter recipe are the first of them.
inline std::vector<Send> messages_of(const Traffic& traffic, std::size_t npus) {
  Random random(traffic.seed, "property.traffic");
  std::vector<std::size_t> partner(npus);
  std::iota(partner.begin(), partner.end(), std::size_t{0});
  random.shuffle(partner);
  std::vector<Send> sends;
  for (std::size_t i = 0; i < static_cast<std::size_t>(traffic.messages); ++i) {
    Send send{random.below(npus), random.below(npus), {}, fabric::LaneClass::Data};
    switch (traffic.pattern) {
      case Pattern::Scattered:
        break;
      case Pattern::HotSpot:
        if (random.below(3) != 0) send.destination = partner[0];
        break;
      case Pattern::Incast:
        send.destination = partner[0];
        break;
      case Pattern::Permutation:
        send.destination = partner[send.source];
        break;
      case Pattern::AllToAll:
        send.source = i % npus;
        send.destination = (i % npus + 1 + i / npus) % npus;
        break;
      case Pattern::OnePair:
        send.source = partner[0];
        send.destination = partner[npus - 1];
        break;
    }
    send.payload = Bytes(traffic.sizes[random.below(traffic.sizes.size())]);
    if (random.below(100) < static_cast<std::uint64_t>(traffic.control_percent)) {
      send.lane = fabric::LaneClass::Control;
    }
    sends.push_back(send);
  }
  return sends;
}

inline std::uint64_t offered_bytes(const std::vector<Send>& sends) {
  std::uint64_t bytes = 0;
  for (const Send& send : sends) bytes += static_cast<std::uint64_t>(send.payload.count());
  return bytes;
}

// Of no bytes to several chunks; `unit` divides every size.
inline rc::Gen<Traffic> any_traffic(Bytes chunk, int most_control_percent = 0, std::int64_t unit = 1) {
  return rc::gen::exec([=] {
    Traffic traffic;
    traffic.pattern = one_of<Pattern>({Pattern::Scattered, Pattern::HotSpot, Pattern::Incast,
                                       Pattern::Permutation, Pattern::AllToAll, Pattern::OnePair});
    traffic.messages = *rc::gen::inRange<std::int64_t>(1, 400);
    const std::int64_t c = chunk.count();
    const std::vector<std::int64_t> sizes{
        c, 0, unit, c / 2, c - 1, c + 1, 3 * c, 4 * c + c / 3, uniform(0, 6 * c)};
    for (std::int64_t n = uniform(1, 4); n > 0; --n) traffic.sizes.push_back(one_of(sizes) / unit * unit);
    if (most_control_percent > 0)
      traffic.control_percent = static_cast<int>(uniform(0, most_control_percent));
    traffic.seed = any_seed();
    return traffic;
  });
}

}  // namespace podsim::property

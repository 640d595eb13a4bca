// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/units/units.h"

namespace podsim::timeline {

// Something a part of a card did from `start` to `end`.
struct Span {
  NpuId card;
  std::uint16_t track = 0;  // which part: index in Timeline::tracks
  std::string name;         // "L1 expert 17"
  Picoseconds start;
  Picoseconds end;
};

// What the chosen cards did. Tracks are declared in the order in which they are shown.
struct Timeline {
  std::vector<std::string> tracks;  // "cube", "hbm", "dispatch", "combine"
  std::vector<Span> spans;          // in any order
};

// Writes Chrome trace events, which Perfetto and chrome://tracing open: a process per card, a thread per
// track. Spans of one track that overlap are spread over as many threads as it takes ("hbm", "hbm 2").
// The same timeline gives the same bytes, whatever the order of its spans.
void write_chrome_trace(std::ostream& out, const Timeline& timeline);

}  // namespace podsim::timeline

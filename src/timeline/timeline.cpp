// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/timeline/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "podsim/base/error.h"
#include "podsim/timeline/chrome_trace.h"

namespace podsim::timeline {
namespace {

using SpanList = std::vector<const Span*>;

// The spans by card, then track, then start.
std::map<NpuId, std::map<std::uint16_t, SpanList>> in_order(const Timeline& timeline) {
  std::map<NpuId, std::map<std::uint16_t, SpanList>> cards;
  for (const Span& span : timeline.spans) {
    PODSIM_CHECK(span.track < timeline.tracks.size(), "span {} on track {} of {}", span.name, span.track,
                 timeline.tracks.size());
    cards[span.card][span.track].push_back(&span);
  }
  for (auto& card : cards)
    for (auto& track : card.second)
      std::sort(track.second.begin(), track.second.end(), [](const Span* a, const Span* b) {
        return std::make_tuple(a->start.count(), a->end.count(), std::string_view(a->name)) <
               std::make_tuple(b->start.count(), b->end.count(), std::string_view(b->name));
      });
  return cards;
}

// Deals spans in order of start to the first row that is free: no two of a row overlap.
std::vector<SpanList> rows_of(const SpanList& spans) {
  std::vector<SpanList> rows;
  for (const Span* span : spans) {
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const SpanList& taken) { return taken.back()->end <= span->start; });
    if (row == rows.end()) row = rows.insert(rows.end(), SpanList());
    row->push_back(span);
  }
  return rows;
}

}  // namespace

void write_chrome_trace(std::ostream& out, const Timeline& timeline) {
  ChromeTraceWriter writer(out);
  for (const auto& [card, tracks] : in_order(timeline)) {
    const std::uint32_t process = card.value() + 1;  // viewers keep process 0 for the idle task
    writer.name_process(process, fmt::format("npu {}", card.value()));
    std::uint32_t thread = 0;
    for (const auto& [track, spans] : tracks) {
      std::size_t number = 0;
      for (const SpanList& row : rows_of(spans)) {
        const std::string& name = timeline.tracks[track];
        ++thread;
        ++number;
        writer.name_thread(process, thread, number == 1 ? name : fmt::format("{} {}", name, number));
        for (const Span* span : row) writer.span(process, thread, span->name, span->start, span->end);
      }
    }
  }
  writer.finish();
}

}  // namespace podsim::timeline

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "podsim/app/format.h"
#include "podsim/app/kernel_report.h"
#include "podsim/core/names.h"

namespace podsim::app {
namespace {

using kernel::Pipe;

// From here on a pipe or a memory is what bounds; below, something keeps it from working.
constexpr double kSaturated = 0.8;
// The cores' own part of the duration under which the launch is the story.
constexpr double kMostlyLaunch = 0.5;
// A stall of this part of a copy pipe's busy time is the memory's doing.
constexpr double kMemoryShare = 0.3;
// Slowest core over the mean from which uneven work is worth a remark.
constexpr double kUneven = 1.2;

double ratio_of(Picoseconds part, Picoseconds whole) {
  return whole > Picoseconds(0) ? static_cast<double>(part.count()) / static_cast<double>(whole.count())
                                : 0.0;
}

bool copies(Pipe pipe) {
  return pipe == Pipe::Mte2 || pipe == Pipe::Mte3 || pipe == Pipe::Fix;
}

std::string memory_words(const KernelView& view) {
  const double seconds = static_cast<double>(view.result.task_duration.count()) * 1e-12;
  const double hbm = static_cast<double>(view.memory.hbm_read_bytes + view.memory.hbm_write_bytes) / seconds;
  const double of_peak = hbm / static_cast<double>(view.die.memory->hbm.peak().count());
  constexpr double kHbmBusy = 0.7;  // long streams sustain little more than that
  if (of_peak >= kHbmBusy)
    return fmt::format("for HBM, which gives {} of its nominal bandwidth", percent_text(of_peak));
  if (view.memory.conflicts > view.memory.requests / 10) {
    return fmt::format(
        "for L2, where {} of the requests meet another core at the same addresses",
        percent_text(static_cast<double>(view.memory.conflicts) / static_cast<double>(view.memory.requests)));
  }
  return fmt::format(
      "for the latency and the paths of the memory; HBM gives only {} of its nominal bandwidth",
      percent_text(of_peak));
}

const char* work_words(Pipe pipe) {
  switch (pipe) {
    case Pipe::M:
      return "matrix products";
    case Pipe::V:
      return "vector instructions";
    case Pipe::Mte1:
      return "copies from L1 to the cube's buffers";
    case Pipe::Mte2:
      return "copies from GM";
    case Pipe::Mte3:
      return "copies to GM";
    case Pipe::Fix:
      return "the way out of L0C";
    case Pipe::S:
      return "the scalar unit";
  }
  return "";
}

std::string saturated_words(const KernelView& view, const PipeRow& row) {
  std::string text = fmt::format("bound by {}: {} is busy {} of the core time", work_words(row.pipe),
                                 row.name, percent_text(row.ratio));
  if (copies(row.pipe) && ratio_of(row.mean.wait_memory, row.mean.busy) >= kMemoryShare)
    return text + ", and waits " + memory_words(view);
  if (ratio_of(row.mean.wait_bank, row.mean.busy) >= kMemoryShare) {
    return text + fmt::format(", {} of that in bank conflicts of the unified buffer",
                              percent_text(ratio_of(row.mean.wait_bank, row.mean.busy)));
  }
  return text;
}

// The busiest pipe is not busy enough: what it lacks most.
std::string idle_words(const PipeRow& row) {
  const std::array<std::pair<Picoseconds, const char*>, 3> lacks{
      {{row.mean.wait_flag, "flags and results of other pipes: they take turns instead of overlapping"},
       {row.mean.wait_issue, "instructions that the scalar unit has not issued yet"},
       {row.mean.wait_queue, "space in the queues of other pipes"}}};
  const auto& most = *std::max_element(lacks.begin(), lacks.end(),
                                       [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::string text = fmt::format("bound by no pipe alone: the busiest, {}, works {} of the core time",
                                       row.name, percent_text(row.ratio));
  if (most.first == Picoseconds(0)) return text;
  return text + fmt::format(" and otherwise waits mostly for {}", most.second);
}

}  // namespace

std::string kernel_bound(const KernelView& view) {
  const std::vector<PipeRow> rows = pipe_rows(view);
  const auto busiest = std::max_element(rows.begin(), rows.end(),
                                        [](const PipeRow& a, const PipeRow& b) { return a.ratio < b.ratio; });
  if (busiest == rows.end()) return "nothing ran";
  const Picoseconds slowest = std::max(view.result.max_core_time(kernel::CoreKind::Aic),
                                       view.result.max_core_time(kernel::CoreKind::Aiv));
  const double own = ratio_of(slowest, view.result.task_duration);
  if (own < kMostlyLaunch) {
    return fmt::format(
        "bound by the launch: the slowest core works {} of the duration, the rest starts cores",
        percent_text(own));
  }
  std::string text = busiest->ratio >= kSaturated ? saturated_words(view, *busiest) : idle_words(*busiest);
  const double uneven = ratio_of(slowest, view.result.mean_core_time(busiest->kind));
  if (uneven >= kUneven) text += fmt::format("; the slowest core takes {:.1f} times the mean", uneven);
  return text;
}

}  // namespace podsim::app

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/timeline/chrome_trace.h"

namespace podsim::app {
namespace {

using kernel::Pipe;
using timeline::microseconds_text;

// Name, order and colour of a pipe's row as the vendor's operator simulator has them (msopprof,
// timeline_defs.h).
struct RowStyle {
  const char* name;
  std::uint32_t order;
  const char* colour;
};
constexpr std::array<RowStyle, kernel::kPipeCount> kRows{{{"SCALAR", 10, "startup"},
                                                          {"VECTOR", 30, "cq_build_failed"},
                                                          {"CUBE", 40, "background_memory_dump"},
                                                          {"MTE1", 50, "thread_state_running"},
                                                          {"MTE2", 60, "thread_state_iowait"},
                                                          {"MTE3", 70, "rail_response"},
                                                          {"FIXP", 80, "thread_state_unknown"}}};
const RowStyle& style(Pipe pipe) {
  return kRows[static_cast<std::size_t>(pipe)];
}

// Threads of a row: lanes for instructions that overlap, and the last for flags.
constexpr std::uint32_t kThreadsPerRow = 100;
constexpr std::uint32_t kMostLanes = kThreadsPerRow - 1;

std::int64_t number(const std::string& text, const std::string& whole) {
  const bool digits =
      !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits)
    throw ConfigError(
        fmt::format("cores \"{}\" of the trace: expected numbers and ranges like \"0-3,8\"", whole));
  return std::stoll(text);
}

}  // namespace

bool TraceCores::shows(std::int64_t core) const {
  return numbers.empty() || std::binary_search(numbers.begin(), numbers.end(), core);
}

TraceCores parse_trace_cores(const std::string& text, std::int64_t cores) {
  TraceCores chosen;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::string range = text.substr(start, comma - start);
    const std::size_t dash = range.find('-');
    const std::int64_t first = number(range.substr(0, dash), text);
    const std::int64_t last = dash == std::string::npos ? first : number(range.substr(dash + 1), text);
    if (first > last || last >= cores) {
      throw ConfigError(fmt::format("cores \"{}\" of the trace: the die has cores 0 to {}", text, cores - 1));
    }
    for (std::int64_t core = first; core <= last; ++core) chosen.numbers.push_back(core);
    start = comma + 1;
  }
  std::sort(chosen.numbers.begin(), chosen.numbers.end());
  return chosen;
}

KernelTrace::KernelTrace(std::ostream& out, std::int64_t cube_cores, std::int64_t vector_cores_per_cube,
                         Picoseconds cycle, TraceCores cores)
    : out_(out), cycle_(cycle), cores_(static_cast<std::size_t>(cube_cores * (1 + vector_cores_per_cube))) {
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(cores_.size()); ++i) {
    Core& core = cores_[static_cast<std::size_t>(i)];
    const bool cube = i < cube_cores;
    const std::int64_t of = cube ? i : (i - cube_cores) / vector_cores_per_cube;
    const std::int64_t sub = cube ? 0 : (i - cube_cores) % vector_cores_per_cube;
    core.shown = cores.shows(of);
    core.name = fmt::format("core{}.{}core{}", of, cube ? "cube" : "vec", sub);
  }
  out_ << R"({"schemaVersion":1,"displayTimeUnit":"ns","profilingType":"op","traceEvents":[)";
}

void KernelTrace::event(const std::string& text) {
  out_ << (first_ ? "\n" : ",\n") << text;
  first_ = false;
}

void KernelTrace::begin(std::uint32_t core) {
  if (std::exchange(cores_[core].named, true)) return;
  event(fmt::format(R"({{"ph":"M","name":"process_name","pid":{},"args":{{"name":"{}"}}}})", core,
                    cores_[core].name));
  event(
      fmt::format(R"({{"ph":"M","name":"process_sort_index","pid":{0},"args":{{"sort_index":{0}}}}})", core));
}

void KernelTrace::name_thread(std::uint32_t core, std::uint32_t thread, const std::string& name) {
  event(fmt::format(R"({{"ph":"M","name":"thread_name","pid":{},"tid":{},"args":{{"name":"{}"}}}})", core,
                    thread, name));
  event(fmt::format(R"({{"ph":"M","name":"thread_sort_index","pid":{},"tid":{},"args":{{"sort_index":{}}}}})",
                    core, thread, thread));
}

// The first lane that is free. With more overlaps than lanes, the last one takes what is left.
std::uint32_t KernelTrace::lane(std::uint32_t core, Pipe pipe, Picoseconds start, Picoseconds end) {
  std::vector<Picoseconds>& lanes = cores_[core].rows[static_cast<std::size_t>(pipe)].lanes;
  const auto free =
      std::find_if(lanes.begin(), lanes.end(), [start](Picoseconds until) { return until <= start; });
  auto index = static_cast<std::uint32_t>(free - lanes.begin());
  if (free == lanes.end() && index == kMostLanes) --index;
  const std::uint32_t thread = style(pipe).order * kThreadsPerRow + index;
  if (index == lanes.size()) {
    lanes.push_back(end);
    name_thread(core, thread, index == 0 ? style(pipe).name : fmt::format("{}_{}", style(pipe).name, index));
  }
  lanes[index] = std::max(lanes[index], end);
  return thread;
}

std::uint32_t KernelTrace::flag_thread(std::uint32_t core, Pipe pipe) {
  const std::uint32_t thread = style(pipe).order * kThreadsPerRow + kMostLanes;
  bool& named = cores_[core].rows[static_cast<std::size_t>(pipe)].flags;
  if (!std::exchange(named, true)) name_thread(core, thread, fmt::format("{} flags", style(pipe).name));
  return thread;
}

void KernelTrace::slice(const core::TraceSlice& slice) {
  if (!cores_[slice.core].shown) return;
  // Flags are drawn when both ends are known: flow().
  if (std::strcmp(slice.call, "SetFlag") == 0 || std::strcmp(slice.call, "WaitFlag") == 0) return;
  begin(slice.core);
  const std::uint32_t thread = lane(slice.core, slice.pipe, slice.start, slice.end);
  const std::string bytes =
      slice.bytes == 0 ? "" : fmt::format(R"(,"args":{{"process_bytes":{}}})", slice.bytes);
  event(fmt::format(R"({{"ph":"X","name":"{}","cname":"{}","pid":{},"tid":{},"ts":{},"dur":{}{}}})",
                    slice.call, style(slice.pipe).colour, slice.core, thread, microseconds_text(slice.start),
                    microseconds_text(slice.end - slice.start), bytes));
}

void KernelTrace::flag_slice(std::uint32_t core, std::uint32_t thread, const char* name, const char* colour,
                             Picoseconds at, const core::TraceFlow& flow) {
  event(fmt::format(
      R"({{"ph":"X","name":"{}","cname":"{}","pid":{},"tid":{},"ts":{},"dur":{},"args":{{"detail":"PIPE:{},TRIGGERPIPE:{},FLAGID:{}"}}}})",
      name, colour, core, thread, microseconds_text(at), microseconds_text(cycle_), style(flow.from).name,
      style(flow.to).name, static_cast<int>(flow.event)));
}

void KernelTrace::flow(const core::TraceFlow& flow) {
  if (!cores_[flow.core].shown) return;
  begin(flow.core);
  const std::uint32_t from = flag_thread(flow.core, flow.from);
  const std::uint32_t to = flag_thread(flow.core, flow.to);
  // A flag set before time 0 would be one that nobody set; one set in the first cycle is drawn from 0.
  const Picoseconds set = std::max(flow.set - cycle_, Picoseconds(0));
  flag_slice(flow.core, from, "SET_FLAG", "black", set, flow);
  flag_slice(flow.core, to, "WAIT_FLAG", "yellow", flow.waited, flow);
  const std::string category = fmt::format("{}To{}", style(flow.from).name, style(flow.to).name);
  const std::int64_t id = flows_++;
  for (const auto& [phase, thread, at] : {std::tuple{'s', from, set}, std::tuple{'t', to, flow.waited}}) {
    event(fmt::format(R"({{"ph":"{}","name":"flow","cat":"{}","id":{},"pid":{},"tid":{},"ts":{}}})", phase,
                      category, id, flow.core, thread, microseconds_text(at)));
  }
}

void KernelTrace::finish() {
  out_ << "\n]}\n";
}

}  // namespace podsim::app

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "podsim/app/format.h"
#include "podsim/app/kernel_die.h"
#include "podsim/core/core_clock.h"
#include "podsim/core/names.h"

namespace podsim::app {
namespace {

using kernel::CoreKind;
using nlohmann::ordered_json;

constexpr double kPicosecondsPerSecond = 1e12;
constexpr std::size_t kMostHazards = 10;  // in the text; the JSON has all

double us(Picoseconds time) {
  return static_cast<double>(time.count()) / 1e6;  // divided, so that 11.806513 is not ..12999
}

std::int64_t cycles(const KernelView& view, Picoseconds time) {
  return core::CoreClock(view.die.clock.value).cycles(time);
}

double per_second(const KernelView& view, double amount) {
  const auto time = static_cast<double>(view.result.task_duration.count());
  return time > 0 ? amount * kPicosecondsPerSecond / time : 0.0;
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0.0;
}

double hit_rate(const memory::MemoryStats& memory) {
  const auto hits = static_cast<double>(memory.hits());
  return ratio(hits,
               hits + static_cast<double>(memory.misses() + memory.victims() + memory.uncached_sectors));
}

// Of the column commands, those that found their row open, whoever opened it.
double row_hit_rate(const memory::ChannelStats& hbm) {
  const auto commands = static_cast<double>(hbm.reads + hbm.writes);
  return ratio(commands - static_cast<double>(hbm.row_misses + hbm.row_conflicts), commands);
}

double hbm_bytes(const KernelView& view) {
  return static_cast<double>(view.memory.hbm_read_bytes + view.memory.hbm_write_bytes);
}

double gm_bytes(const KernelView& view) {
  return static_cast<double>(view.memory.read_bytes + view.memory.write_bytes + view.memory.atomic_bytes);
}

double hbm_peak(const KernelView& view) {
  return static_cast<double>(view.die.memory->hbm.peak().count());
}

const char* mix_words(npu::CoreMix mix) {
  switch (mix) {
    case npu::CoreMix::Cube:
      return "cube cores";
    case npu::CoreMix::Vector:
      return "vector cores";
    case npu::CoreMix::CubeAndOneVector:
      return "cube cores with a vector core each";
    case npu::CoreMix::CubeAndTwoVectors:
      return "cube cores with two vector cores each";
  }
  return "";
}

std::string line(const char* name, const std::string& text) {
  return fmt::format("{:<14}{}\n", name, text);
}

template <class Map>
std::string pairs_text(const Map& map) {
  std::string text;
  for (const auto& [key, value] : map) text += fmt::format("{}{}={}", text.empty() ? "" : " ", key, value);
  return text;
}

std::string core_times(const KernelView& view) {
  std::string text;
  for (const CoreKind kind : {CoreKind::Aic, CoreKind::Aiv}) {
    const Picoseconds mean = view.result.mean_core_time(kind);
    if (mean == Picoseconds(0)) continue;
    text += fmt::format("{}{} {}, slowest {}", text.empty() ? "" : "; ", config::enum_name(kind),
                        time_text(mean), time_text(view.result.max_core_time(kind)));
  }
  return text;
}

std::string pipe_table(const KernelView& view) {
  // Column heads in words: what the pipe lacked while it did nothing, and what held it up at work.
  std::string text =
      fmt::format("\n{:<13}{:>13}{:>12}{:>8} | {:>11}{:>11}{:>11}{:>11}{:>11}\n", "pipe", "instructions",
                  "busy us", "ratio", "data us", "flag us", "issue us", "queue us", "bank us");
  for (const PipeRow& row : pipe_rows(view)) {
    const core::PipeResult& mean = row.mean;
    if (mean.instructions == 0 && mean.busy == Picoseconds(0)) continue;
    text += fmt::format("{:<13}{:>13}{:>12.3f}{:>8} | {:>11.3f}{:>11.3f}{:>11.3f}{:>11.3f}{:>11.3f}\n",
                        row.name, grouped_text(mean.instructions), us(mean.busy), percent_text(row.ratio),
                        us(mean.wait_memory), us(mean.wait_flag), us(mean.wait_issue), us(mean.wait_queue),
                        us(mean.wait_bank));
  }
  return text + "\n";
}

std::string compute_text(const KernelView& view) {
  const double rate = per_second(view, view.flops);
  const double peak = peak_flops(view.die, view.mix, view.dtype);
  std::string text = fmt::format("{}FLOP/s", count_text(rate));
  if (peak > 0)
    text += fmt::format(", {} of the {}FLOP/s peak of {}", percent_text(rate / peak), count_text(peak),
                        view.mix == npu::CoreMix::Vector ? "the vector cores" : "the cube cores");
  return text;
}

std::string memory_text(const KernelView& view) {
  const double hbm = per_second(view, hbm_bytes(view));
  const memory::MemoryStats& memory = view.memory;
  std::string text =
      line("cores and L2",
           fmt::format("{}/s; {} read, {} written; hit rate {}", bytes_text(per_second(view, gm_bytes(view))),
                       bytes_text(static_cast<double>(memory.read_bytes)),
                       bytes_text(static_cast<double>(memory.write_bytes)), percent_text(hit_rate(memory))));
  text +=
      line("HBM", fmt::format("{}/s, {} of {}/s nominal; {} read, {} written; row hits {}", bytes_text(hbm),
                              percent_text(hbm / hbm_peak(view)), bytes_text(hbm_peak(view)),
                              bytes_text(static_cast<double>(memory.hbm_read_bytes)),
                              bytes_text(static_cast<double>(memory.hbm_write_bytes)),
                              percent_text(row_hit_rate(memory.hbm))));
  if (view.compulsory_bytes > 0) {
    const double rate = per_second(view, view.compulsory_bytes);
    text += line("useful bytes",
                 fmt::format("{}/s, {} of HBM's nominal; {} if each crosses once", bytes_text(rate),
                             percent_text(rate / hbm_peak(view)), bytes_text(view.compulsory_bytes)));
  }
  return text;
}

std::string findings_text(const KernelView& view) {
  std::string text;
  if (view.check) text += line("check", view.check->empty() ? "passed" : "FAILED: " + *view.check);
  const auto& hazards = view.result.hazards;
  for (std::size_t i = 0; i < hazards.size() && i < kMostHazards; ++i)
    text += line("hazard", hazards[i].text());
  if (hazards.size() > kMostHazards)
    text += line("", fmt::format("and {} more", hazards.size() - kMostHazards));
  return text;
}

// --- JSON
// -----------------------------------------------------------------------------------------------------

ordered_json pipe_json(const PipeRow& row) {
  const core::PipeResult& mean = row.mean;
  return {{"core", config::enum_name(row.kind)},
          {"pipe", config::enum_name(row.pipe)},
          {"instructions", mean.instructions},
          {"bytes", mean.bytes},
          {"busy_us", us(mean.busy)},
          {"busy_max_us", us(row.busy_max)},
          {"ratio", row.ratio},
          {"wait_data_us", us(mean.wait_memory)},
          {"wait_flag_us", us(mean.wait_flag)},
          {"wait_issue_us", us(mean.wait_issue)},
          {"wait_queue_us", us(mean.wait_queue)},
          {"wait_bank_us", us(mean.wait_bank)}};
}

void add_vendor_columns(const KernelView& view, ordered_json& json) {
  const std::vector<PipeRow> rows = pipe_rows(view);
  for (const CoreKind kind : {CoreKind::Aic, CoreKind::Aiv}) {
    const bool cube = kind == CoreKind::Aic;
    Picoseconds total;
    for (const core::CoreResult& core : view.result.cores)
      if (core.kind == kind) total += core.active;
    if (total == Picoseconds(0)) continue;
    json[cube ? "aicore_time_us" : "aiv_time_us"] = us(view.result.mean_core_time(kind));
    json[cube ? "aic_total_cycles" : "aiv_total_cycles"] = cycles(view, total);
    for (const PipeRow& row : rows) {
      if (row.kind != kind) continue;
      json[row.json_prefix + "_time_us"] = us(row.mean.busy);
      json[row.json_prefix + "_ratio"] = row.ratio;
    }
  }
}

ordered_json memory_json(const KernelView& view) {
  const memory::MemoryStats& memory = view.memory;
  return {{"l2_hit_rate", hit_rate(memory)},
          {"l2_read_hit", memory.hits()},
          {"l2_read_miss_allocate", memory.misses() + memory.victims()},
          {"l2_write_hit", memory.write_hits},
          {"l2_write_miss", memory.write_misses},
          {"same_address_conflicts", memory.conflicts},
          {"gm_read_bytes", memory.read_bytes},
          {"gm_write_bytes", memory.write_bytes + memory.atomic_bytes},
          {"gm_bytes_per_s", per_second(view, gm_bytes(view))},
          {"hbm_read_bytes", memory.hbm_read_bytes},
          {"hbm_write_bytes", memory.hbm_write_bytes},
          {"hbm_bytes_per_s", per_second(view, hbm_bytes(view))},
          {"hbm_peak_bytes_per_s", hbm_peak(view)},
          {"hbm_ratio", per_second(view, hbm_bytes(view)) / hbm_peak(view)},
          {"hbm_commands", memory.hbm.reads + memory.hbm.writes},
          {"hbm_row_misses", memory.hbm.row_misses},
          {"hbm_row_conflicts", memory.hbm.row_conflicts},
          {"hbm_row_hit_rate", row_hit_rate(memory.hbm)}};
}

}  // namespace

std::string kernel_text(const KernelView& view) {
  const npu::DieConfig& die = view.die;
  std::string title = view.kernel;
  for (const std::string& part : {view.dtype, pairs_text(view.shape)})
    if (!part.empty()) title += " " + part;
  std::string text =
      line("kernel",
           fmt::format("{} on {} ({} cube and {} vector cores at {})", title, die.name, die.cube_cores.value,
                       die.cube_cores.value * die.vector_cores.value, to_string(die.clock.value)));
  if (!view.tiling.empty()) text += line("tiling", pairs_text(view.tiling));
  text += line("blocks", fmt::format("{} on {}; {}{}; L2 {} at the launch", view.blocks, mix_words(view.mix),
                                     view.functional ? "with data" : "timing only",
                                     view.strict ? ", no automatic synchronisation" : "", view.l2));
  text += line("duration", fmt::format("{}, {} cycles", time_text(view.result.task_duration),
                                       grouped_text(cycles(view, view.result.task_duration))));
  text += line("core time", core_times(view));
  text += pipe_table(view);
  if (view.flops > 0) text += line("compute", compute_text(view));
  text += memory_text(view);
  text += line("bound", kernel_bound(view));
  return text + findings_text(view);
}

std::string kernel_json(const KernelView& view) {
  ordered_json json{{"schema_version", 1},
                    {"kernel", view.kernel},
                    {"chip", view.die.name},
                    {"dtype", view.dtype},
                    {"shape", view.shape},
                    {"tiling", view.tiling},
                    {"seed", view.seed},
                    {"functional", view.functional},
                    {"strict", view.strict},
                    {"l2_at_launch", view.l2},
                    {"task_duration_us", us(view.result.task_duration)},
                    {"task_cycles", cycles(view, view.result.task_duration)},
                    {"block_num", view.blocks}};
  add_vendor_columns(view, json);
  if (view.flops > 0) {
    const double rate = per_second(view, view.flops);
    json["flops"] = view.flops;
    json["flop_per_s"] = rate;
    if (const double peak = peak_flops(view.die, view.mix, view.dtype); peak > 0) {
      json["peak_flop_per_s"] = peak;
      json["flop_ratio"] = rate / peak;
    }
  }
  if (view.compulsory_bytes > 0) json["compulsory_bytes"] = view.compulsory_bytes;
  json["memory"] = memory_json(view);
  json["pipes"] = ordered_json::array();
  for (const PipeRow& row : pipe_rows(view)) json["pipes"].push_back(pipe_json(row));
  json["bounded_by"] = kernel_bound(view);
  if (view.check) json["check"] = view.check->empty() ? "passed" : *view.check;
  json["hazards"] = ordered_json::array();
  for (const core::Hazard& hazard : view.result.hazards) json["hazards"].push_back(hazard.text());
  return json.dump(2) + "\n";
}

}  // namespace podsim::app

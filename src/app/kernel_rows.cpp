// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "podsim/app/kernel_report.h"
#include "podsim/core/names.h"

namespace podsim::app {
namespace {

using kernel::CoreKind;
using kernel::Pipe;

struct KnownPipe {
  CoreKind kind;
  Pipe pipe;
  const char* vendor;  // as the vendor's profiler names its columns
};
constexpr std::array kPipes{
    KnownPipe{CoreKind::Aic, Pipe::M, "aic_mac"},       KnownPipe{CoreKind::Aic, Pipe::Mte1, "aic_mte1"},
    KnownPipe{CoreKind::Aic, Pipe::Mte2, "aic_mte2"},   KnownPipe{CoreKind::Aic, Pipe::Mte3, "aic_mte3"},
    KnownPipe{CoreKind::Aic, Pipe::Fix, "aic_fixpipe"}, KnownPipe{CoreKind::Aic, Pipe::S, "aic_scalar"},
    KnownPipe{CoreKind::Aiv, Pipe::V, "aiv_vec"},       KnownPipe{CoreKind::Aiv, Pipe::Mte2, "aiv_mte2"},
    KnownPipe{CoreKind::Aiv, Pipe::Mte3, "aiv_mte3"},   KnownPipe{CoreKind::Aiv, Pipe::S, "aiv_scalar"}};

core::PipeResult mean_of(core::PipeResult total, std::int64_t cores) {
  for (Picoseconds* time : {&total.busy, &total.wait_issue, &total.wait_flag, &total.wait_memory,
                            &total.wait_bank, &total.wait_queue})
    *time = *time / cores;
  // Copies in flight together wait together: their sum may be longer than they took.
  total.wait_memory = std::min(total.wait_memory, total.busy);
  return total;
}

std::int64_t cores_of(const npu::LaunchResult& result, CoreKind kind) {
  std::int64_t count = 0;
  for (const core::CoreResult& core : result.cores) count += core.kind == kind ? 1 : 0;
  return count;
}

}  // namespace

std::vector<PipeRow> pipe_rows(const KernelView& view) {
  std::vector<PipeRow> rows;
  for (const KnownPipe& known : kPipes) {
    const std::int64_t cores = cores_of(view.result, known.kind);
    if (cores == 0) continue;
    PipeRow row;
    row.kind = known.kind;
    row.pipe = known.pipe;
    row.name = std::string(config::enum_name(known.kind)) + " " + std::string(config::enum_name(known.pipe));
    row.json_prefix = known.vendor;
    row.mean = mean_of(view.result.total(known.kind, known.pipe), cores);
    row.busy_max = view.result.max_busy(known.kind, known.pipe);
    const Picoseconds core_time = view.result.mean_core_time(known.kind);
    if (core_time > Picoseconds(0))
      row.ratio = static_cast<double>(row.mean.busy.count()) / static_cast<double>(core_time.count());
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace podsim::app

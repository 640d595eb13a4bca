// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ostream>
#include <vector>

#include "moe/trace_readers.h"
#include "moe/trace_write.h"
#include "podsim/moe/npy.h"
#include "podsim/stats/file.h"

namespace podsim::moe {
namespace {

// Calls `visit(step, layer, loads)` for every step and layer of the product of both; those without records
// have zeros.
template <class Visit>
void for_each_load(TraceReader& trace, const TraceOutput& output, const Visit& visit) {
  std::vector<ExpertIndex> rows;
  for (std::int64_t step : trace.steps()) {
    for (std::int64_t layer : trace.layers()) {
      std::vector<std::int64_t> loads(static_cast<std::size_t>(trace.shape().experts), 0);
      const TraceBatch batch = trace.batch(step, layer);
      for (std::int64_t i = batch.first; i < batch.first + batch.count; ++i) {
        rows.resize(static_cast<std::size_t>(trace.record(i).tokens * trace.shape().top_k));
        trace.read(i, 0, Span<ExpertIndex>(rows));
        for (ExpertIndex expert : rows) ++loads[expert];
      }
      visit(step, layer, loads);
      if (output.on_batch && batch.count > 0) output.on_batch(batch.first + batch.count, trace.records());
    }
  }
}

}  // namespace

void write_counts_npy(TraceReader& trace, const TraceOutput& output) {
  stats::AtomicFile file(output.path);
  write_npy_header(file.stream(), "<i8",
                   {static_cast<std::int64_t>(trace.steps().size()),
                    static_cast<std::int64_t>(trace.layers().size()), trace.shape().experts});
  for_each_load(trace, output, [&](std::int64_t, std::int64_t, const std::vector<std::int64_t>& loads) {
    file.stream().write(reinterpret_cast<const char*>(loads.data()),
                        static_cast<std::streamsize>(loads.size() * sizeof(std::int64_t)));
  });
  file.commit();
}

void write_counts_jsonl(TraceReader& trace, const TraceOutput& output) {
  stats::AtomicFile file(output.path);
  for_each_load(trace, output,
                [&](std::int64_t step, std::int64_t layer, const std::vector<std::int64_t>& loads) {
                  file.stream() << fmt::format(R"({{"step":{},"layer":{},"load":[{}]}})", step, layer,
                                               fmt::join(loads, ","))
                                << '\n';
                });
  file.commit();
}

}  // namespace podsim::moe

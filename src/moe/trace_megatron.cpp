// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "moe/trace_jsonl.h"
#include "moe/trace_readers.h"
#include "moe/trace_rows.h"
#include "moe/trace_write.h"
#include "podsim/stats/file.h"

// Megatron-core's router_trace: JSON lines without a header,
//   {"step", "stage", "block", "layer", "rank", "num_tokens", "topk", "top_indices": [[..], ..], "mtp_idx"?}
// The file does not say how many experts a layer has. Several lines of one step, layer and rank
// (micro-batches) are one record, in the order of the file. Lines of the multi-token-prediction block (an
// mtp_idx) are skipped: the layer number they carry is not one of the network's.
namespace podsim::moe {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 31U;

class Megatron : public JsonlDialect {
 public:
  bool skips(const JsonLine& line, TraceShape& /*shape*/) override {
    return line.has("mtp_idx") && !line.is_null("mtp_idx");
  }

  TraceRecord record(const JsonLine& line, TraceShape& shape) override {
    TraceRecord record;
    record.key.step = line.integer("step", 0, INT64_MAX);
    record.key.layer = line.integer("layer", 0, kMost);
    record.key.source = line.integer("rank", 0, kMost);
    record.tokens = line.integer("num_tokens", 0, kMost);
    const std::int64_t top_k = line.integer("topk", 1, expert_limit(shape.experts));
    if (shape.top_k == 0) shape.top_k = top_k;
    if (top_k != shape.top_k)
      line.fail(fmt::format("\"topk\" is {}, expected {} as before", top_k, shape.top_k));
    rows(line, shape, rows_);
    return record;
  }

  void rows(const JsonLine& line, const TraceShape& shape, std::vector<ExpertIndex>& into) const override {
    line.rows("top_indices", line.integer("num_tokens", 0, kMost), shape.top_k, expert_limit(shape.experts),
              into);
  }

  bool joins_records() const override { return true; }
  void finish(const std::string& /*file*/, std::int64_t /*records*/) const override {}

 private:
  std::vector<ExpertIndex> rows_;
};

}  // namespace

std::unique_ptr<TraceReader> open_megatron(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  return open_jsonl(std::move(bytes), options, std::make_unique<Megatron>());
}

void write_megatron(TraceReader& trace, const TraceOutput& output) {
  stats::AtomicFile file(output.path);
  for_each_record(trace, output, [&](const TraceRecord& record, Span<const ExpertIndex> rows) {
    std::string line = fmt::format(
        R"({{"step":{},"stage":0,"block":0,"layer":{},"rank":{},"num_tokens":{},"topk":{},"top_indices":)",
        record.key.step, record.key.layer, record.key.source, record.tokens, trace.shape().top_k);
    append_rows(line, rows, trace.shape().top_k);
    line += "}\n";
    expect_line_fits(output.path, record, line);
    file.stream() << line;
  });
  file.commit();
}

}  // namespace podsim::moe

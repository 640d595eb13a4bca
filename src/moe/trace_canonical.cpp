// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>

#include "moe/trace_jsonl.h"
#include "moe/trace_readers.h"
#include "moe/trace_rows.h"
#include "moe/trace_write.h"
#include "podsim/base/error.h"
#include "podsim/stats/file.h"

// Our JSON lines: a header, then a record per step, layer and source rank.
//   {"v":1,"model":"deepseek_v4_pro","experts":384,"layers":61,"k":6,"records":3904}
//   {"v":1,"step":0,"phase":"decode","layer":3,"src":0,"n":2,"k":6,"ids":[[..6],[..6]],"w":[[..6],[..6]]}
namespace podsim::moe {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMost = std::int64_t{1}
                               << 31U;  // steps are free; layers, sources and tokens stay below

class Canonical : public JsonlDialect {
 public:
  bool skips(const JsonLine& line, TraceShape& shape) override {
    if (header_read_) return false;
    if (!line.has("experts")) line.fail("no key \"experts\"; the first line is the header");
    line.only({"v", "model", "experts", "layers", "k", "records", "ep", "placement"});
    line.integer("v", kVersion, kVersion);
    shape.model = line.text_or("model", "");
    shape.experts = line.integer("experts", 1, kMostExperts);
    shape.top_k = line.integer_or("k", 1, shape.experts, shape.top_k);
    layers_ = line.integer("layers", 1, kMost);
    sources_ = line.integer_or("ep", 1, kMost, kMost);
    if (line.has("records")) records_ = line.integer("records", 0, INT64_MAX);
    return header_read_ = true;
  }

  TraceRecord record(const JsonLine& line, TraceShape& shape) override {
    line.only({"v", "step", "phase", "layer", "src", "n", "k", "ids", "w"});
    line.integer_or("v", kVersion, kVersion, kVersion);
    line.text_or("phase", "");
    TraceRecord record;
    record.key.step = line.integer("step", 0, INT64_MAX);
    record.key.layer = line.integer("layer", 0, layers_ - 1);
    record.key.source = line.integer("src", 0, sources_ - 1);
    record.tokens = line.integer("n", 0, kMost);
    const std::int64_t top_k = line.integer("k", 1, shape.experts);
    if (shape.top_k == 0) shape.top_k = top_k;
    if (top_k != shape.top_k)
      line.fail(fmt::format("\"k\" is {}, expected {} as before", top_k, shape.top_k));
    line.rows("ids", record.tokens, top_k, shape.experts, rows_);
    if (line.has("w")) line.expect_numbers("w", record.tokens, top_k);
    return record;
  }

  void rows(const JsonLine& line, const TraceShape& shape, std::vector<ExpertIndex>& into) const override {
    line.rows("ids", line.integer("n", 0, kMost), shape.top_k, shape.experts, into);
  }

  bool joins_records() const override { return false; }

  void finish(const std::string& file, std::int64_t records) const override {
    if (records_ && *records_ != records) {
      throw ConfigError(
          fmt::format("{}: {} records, the header says {}; was the file cut?", file, records, *records_));
    }
  }

 private:
  bool header_read_ = false;
  std::int64_t layers_ = 0;
  std::int64_t sources_ = 0;
  std::optional<std::int64_t> records_;
  std::vector<ExpertIndex> rows_;
};

}  // namespace

std::unique_ptr<TraceReader> open_canonical(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  return open_jsonl(std::move(bytes), options, std::make_unique<Canonical>());
}

void write_canonical(TraceReader& trace, const TraceOutput& output) {
  const TraceShape& shape = trace.shape();
  stats::AtomicFile file(output.path);
  nlohmann::ordered_json header{{"v", kVersion}};
  if (!shape.model.empty()) header["model"] = shape.model;
  header["experts"] = shape.experts;
  header["layers"] = trace.layers()[trace.layers().size() - 1] + 1;
  header["k"] = shape.top_k;
  header["records"] = trace.records();
  file.stream() << header.dump() << '\n';
  for_each_record(trace, output, [&](const TraceRecord& record, Span<const ExpertIndex> rows) {
    std::string line =
        fmt::format(R"({{"v":{},"step":{},"layer":{},"src":{},"n":{},"k":{},"ids":)", kVersion,
                    record.key.step, record.key.layer, record.key.source, record.tokens, shape.top_k);
    append_rows(line, rows, shape.top_k);
    line += "}\n";
    expect_line_fits(output.path, record, line);
    file.stream() << line;
  });
  file.commit();
}

}  // namespace podsim::moe

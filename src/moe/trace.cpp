// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "moe/trace_json.h"
#include "moe/trace_packed.h"
#include "moe/trace_readers.h"
#include "podsim/base/error.h"
#include "podsim/moe/npy.h"

namespace podsim::moe {
namespace {

// A view of a source that somebody else keeps.
class BorrowedBytes : public ByteSource {
 public:
  explicit BorrowedBytes(ByteSource& bytes) : ByteSource(bytes.name()), bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }

 private:
  void read_inside(std::uint64_t offset, void* into, std::size_t size) override {
    bytes_.read(offset, into, size);
  }
  ByteSource& bytes_;
};

TraceFormat recognise_npy(ByteSource& bytes) {
  constexpr std::int64_t kLargestTopK = 32;
  const NpyFile file(std::make_unique<BorrowedBytes>(bytes));
  const bool routes = !file.is_float() && file.shape().size() == 3 && file.shape()[2] <= kLargestTopK;
  return routes ? TraceFormat::Vllm : TraceFormat::CountsNpy;
}

TraceFormat recognise_json(ByteSource& bytes) {
  LineReader lines(bytes);
  TextLine text;
  if (lines.next(text)) {
    const JsonLine line(bytes.name(), text);
    if (line.has("experts")) return TraceFormat::Canonical;
    if (line.has("top_indices")) return TraceFormat::Megatron;
    if (line.has("load")) return TraceFormat::CountsJsonl;
    line.fail(
        "no header of a canonical trace (\"experts\"), Megatron record (\"top_indices\") or load (\"load\")");
  }
  throw ConfigError(fmt::format("{}: an empty file, expected a routing trace", bytes.name()));
}

}  // namespace

TraceFormat recognise_trace(ByteSource& bytes) {
  std::string start(std::min<std::uint64_t>(bytes.size(), kPackedMagic.size()), '\0');
  bytes.read(0, start.data(), start.size());
  if (start == std::string_view(kPackedMagic.data(), kPackedMagic.size())) return TraceFormat::Packed;
  if (start.compare(0, 6, "\x93NUMPY") == 0) return recognise_npy(bytes);
  return recognise_json(bytes);
}

std::unique_ptr<TraceReader> open_trace(std::unique_ptr<ByteSource> bytes, const TraceOptions& options) {
  const TraceFormat format = options.format ? *options.format : recognise_trace(*bytes);
  switch (format) {
    case TraceFormat::Packed:
      return open_packed(std::move(bytes), options);
    case TraceFormat::Canonical:
      return open_canonical(std::move(bytes), options);
    case TraceFormat::Megatron:
      return open_megatron(std::move(bytes), options);
    case TraceFormat::Vllm:
      return open_vllm(std::move(bytes), options);
    case TraceFormat::CountsNpy:
    case TraceFormat::CountsJsonl:
      break;
  }
  throw ConfigError(fmt::format("{}: {} has loads of experts, expected the routes of tokens", bytes->name(),
                                config::enum_name(format)));
}

std::unique_ptr<TraceReader> open_trace(const std::string& path, const TraceOptions& options) {
  return open_trace(open_bytes(path), options);
}

void write_trace(TraceReader& trace, const TraceOutput& output) {
  if (trace.shape().experts == 0 && output.format != TraceFormat::Megatron &&
      output.format != TraceFormat::Vllm) {
    throw ConfigError(
        fmt::format("cannot write {}: the trace does not say how many experts a layer has, and {} has to",
                    output.path, config::enum_name(output.format)));
  }
  switch (output.format) {
    case TraceFormat::Packed:
      return write_packed(trace, output);
    case TraceFormat::Canonical:
      return write_canonical(trace, output);
    case TraceFormat::Megatron:
      return write_megatron(trace, output);
    case TraceFormat::Vllm:
      return write_vllm(trace, output);
    case TraceFormat::CountsNpy:
      return write_counts_npy(trace, output);
    case TraceFormat::CountsJsonl:
      return write_counts_jsonl(trace, output);
  }
}

}  // namespace podsim::moe

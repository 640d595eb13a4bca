// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "podsim/base/span.h"
#include "podsim/config/values.h"
#include "podsim/moe/routing.h"
#include "podsim/moe/trace_bytes.h"

// Routing traces: which experts the tokens of real or generated steps went to. docs/components/moe_traffic.md
// describes the formats.
namespace podsim::moe {

enum class TraceFormat : std::uint8_t {
  Packed,       // our binary: streams, checksums, any size
  Canonical,    // our JSON lines
  Megatron,     // JSON lines of Megatron-core's router_trace
  Vllm,         // vLLM's routed_experts: .npy of integers [tokens, layers, k]
  CountsNpy,    // loads: .npy [steps, layers, experts] or [layers, experts]
  CountsJsonl,  // loads: JSON lines {"step", "layer", "load": [..]}
};
constexpr bool has_tokens(TraceFormat format) {
  return format < TraceFormat::CountsNpy;
}

// What a trace says about itself.
struct TraceShape {
  std::string model;         // empty: it does not say
  std::int64_t experts = 0;  // of a layer; 0: it does not say
  std::int64_t top_k = 0;
};

// Whose tokens a record holds. Records are ordered by step, then layer, then source.
struct TraceKey {
  std::int64_t step = 0;
  std::int64_t layer = 0;   // as the trace numbers it
  std::int64_t source = 0;  // source rank; 0 when the trace has no ranks
};
inline bool operator<(const TraceKey& a, const TraceKey& b) {
  if (a.step != b.step) return a.step < b.step;
  return a.layer != b.layer ? a.layer < b.layer : a.source < b.source;
}
inline bool operator==(const TraceKey& a, const TraceKey& b) {
  return !(a < b) && !(b < a);
}

struct TraceRecord {
  TraceKey key{};
  std::int64_t tokens = 0;
};

// The records of one step and layer: first, first + 1, .. first + count - 1.
struct TraceBatch {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

// A token-level trace that is open: an index of its records in memory, their rows read on demand. What is
// wrong in the file is a ConfigError with its name and the line or record, at opening or when the record is
// read.
class TraceReader {
 public:
  virtual ~TraceReader() = default;
  virtual const std::string& name() const = 0;  // the file, for messages
  virtual const TraceShape& shape() const = 0;
  virtual Span<const std::int64_t> steps() const = 0;   // those with records, ascending
  virtual Span<const std::int64_t> layers() const = 0;  // those with records, ascending
  virtual std::int64_t records() const = 0;
  virtual TraceRecord record(std::int64_t index) = 0;                   // 0 .. records()-1, ascending by key
  virtual TraceBatch batch(std::int64_t step, std::int64_t layer) = 0;  // none: count 0
  // Rows first_row, first_row + 1, .. of a record into `experts` [rows, top_k].
  virtual void read(std::int64_t index, std::int64_t first_row, Span<ExpertIndex> experts) = 0;
};

struct TraceOptions {
  std::optional<TraceFormat> format{};  // otherwise recognised by the content
  // What the reader's user has, 0 for whatever the trace has. A trace of another shape is refused.
  std::int64_t experts = 0;
  std::int64_t top_k = 0;
};

// What the content looks like. A .npy file of floating-point numbers, of two dimensions, or with more than 32
// in the last one is taken for loads; others are ambiguous without a stated format and taken for routes.
TraceFormat recognise_trace(ByteSource& bytes);

// Opens a token-level trace. A format without tokens (loads) is a ConfigError; trace_counts.h reads those.
std::unique_ptr<TraceReader> open_trace(std::unique_ptr<ByteSource> bytes, const TraceOptions& options = {});
std::unique_ptr<TraceReader> open_trace(const std::string& path, const TraceOptions& options = {});

// Writes all records of `trace` to `path`. Every kind of reader is accepted, also one that generates its
// records (trace_routed.h). Formats without steps or sources (vLLM) put the tokens in the order of step,
// source, token, and need the same number of tokens in every layer; loads need the number of experts.
// `on_batch` is called after each step and layer with the records done and all of them; it may throw to stop,
// which leaves no file.
struct TraceOutput {
  std::string path;
  TraceFormat format = TraceFormat::Packed;
  std::function<void(std::int64_t done, std::int64_t records)> on_batch{};
};
void write_trace(TraceReader& trace, const TraceOutput& output);

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::TraceFormat> {
  static constexpr const char* kWhat = "trace format";
  static constexpr std::array kNames{
      std::pair{podsim::moe::TraceFormat::Packed, "packed"},
      std::pair{podsim::moe::TraceFormat::Canonical, "canonical_jsonl"},
      std::pair{podsim::moe::TraceFormat::Megatron, "megatron_jsonl"},
      std::pair{podsim::moe::TraceFormat::Vllm, "vllm_npy"},
      std::pair{podsim::moe::TraceFormat::CountsNpy, "counts_npy"},
      std::pair{podsim::moe::TraceFormat::CountsJsonl, "counts_jsonl"},
  };
};

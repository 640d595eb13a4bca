// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "podsim/base/error.h"
#include "podsim/moe/generators.h"
#include "podsim/moe/trace.h"
#include "podsim/moe/trace_routed.h"

// Small traces and the files they are in.
namespace podsim::moe {

// The message of the ConfigError that `action` throws.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

inline std::unique_ptr<TraceReader> open_text(const std::string& content, const TraceOptions& options = {}) {
  return open_trace(bytes_of(content, "trace"), options);
}

inline std::vector<ExpertIndex> rows_of(TraceReader& trace, std::int64_t index) {
  std::vector<ExpertIndex> rows(static_cast<std::size_t>(trace.record(index).tokens * trace.shape().top_k));
  trace.read(index, 0, Span<ExpertIndex>(rows));
  return rows;
}

inline void read_all(TraceReader& trace) {
  for (std::int64_t i = 0; i < trace.records(); ++i) rows_of(trace, i);
}

// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name)
      : path_((std::filesystem::path(::testing::TempDir()) / (std::to_string(::getpid()) + "_" + name))
                  .string()) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string content() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }

 private:
  std::string path_;
};

inline RoutingSetup small_setup() {
  RoutingSetup setup;
  setup.experts = 16;
  setup.top_k = 3;
  setup.vocabulary = 100;
  setup.sources = 4;
  setup.group_ranks = 4;
  setup.tokens_per_source = 5;
  setup.seed = 7;
  return setup;
}

// Two steps of three layers of small_setup() in the given format.
inline std::string written_trace(TraceFormat format, const RoutingSetup& setup = small_setup()) {
  const std::unique_ptr<RoutingSource> routing = make_routing(UniformRouting{}, setup);
  RoutedTrace trace(*routing, setup, "small", 2, 3);
  const TemporaryFile file("written");
  TraceOutput output;
  output.path = file.path();
  output.format = format;
  write_trace(trace, output);
  return file.content();
}

}  // namespace podsim::moe

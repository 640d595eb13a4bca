// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "podsim/core/trace.h"

namespace podsim::app {

// Which cores a trace shows, by the number of their cube core; empty: all.
struct TraceCores {
  std::vector<std::int64_t> numbers;  // sorted
  bool shows(std::int64_t core) const;
};
// "0-3,8"; throws ConfigError. Numbers must be below `cores`.
TraceCores parse_trace_cores(const std::string& text, std::int64_t cores);

// Writes what the pipes do as Chrome trace events, the way the vendor's operator simulator does: a process
// per core ("core0.cubecore0", "core0.veccore1"), a thread per pipe and more where its instructions overlap
// ("MTE2_1"), the vendor's colours; a flag is an arrow from the set to the wait, on a thread beside the
// pipe's ("MTE2 flags"). Keeps no events, so a trace may be larger than memory.
class KernelTrace : public core::TraceSink {
 public:
  // Core numbers as npu::Die gives them. `cycle`: of the core clock, how long a flag is drawn.
  KernelTrace(std::ostream& out, std::int64_t cube_cores, std::int64_t vector_cores_per_cube,
              Picoseconds cycle, TraceCores cores);

  void slice(const core::TraceSlice& slice) override;
  void flow(const core::TraceFlow& flow) override;
  // Ends the document. Nothing may follow.
  void finish();

 private:
  struct Row {
    std::vector<Picoseconds> lanes;  // until when each is taken
    bool flags = false;              // its thread of flags has a name
  };
  struct Core {
    bool shown = false;
    bool named = false;
    std::string name;
    std::array<Row, kernel::kPipeCount> rows;
  };

  void begin(std::uint32_t core);
  void name_thread(std::uint32_t core, std::uint32_t thread, const std::string& name);
  std::uint32_t lane(std::uint32_t core, kernel::Pipe pipe, Picoseconds start, Picoseconds end);
  std::uint32_t flag_thread(std::uint32_t core, kernel::Pipe pipe);
  void event(const std::string& text);
  void flag_slice(std::uint32_t core, std::uint32_t thread, const char* name, const char* colour,
                  Picoseconds at, const core::TraceFlow& flow);

  std::ostream& out_;
  Picoseconds cycle_;
  std::vector<Core> cores_;
  std::int64_t flows_ = 0;
  bool first_ = true;
};

}  // namespace podsim::app

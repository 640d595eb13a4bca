// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/kernel_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>

#include "podsim/app/kernel_die.h"
#include "podsim/app/kernel_trace.h"
#include "podsim/base/error.h"
#include "podsim/config/suggest.h"
#include "podsim/core/core_clock.h"
#include "podsim/stats/file.h"

namespace podsim::app {
namespace {

// The trace of a launch and its file, or neither.
class TraceFile {
 public:
  TraceFile(const KernelOptions& options, const npu::DieConfig& die) {
    const TraceCores cores = options.trace_cores.empty()
                                 ? TraceCores{}
                                 : parse_trace_cores(options.trace_cores, die.cube_cores.value);
    if (options.trace.empty()) {
      if (!options.trace_cores.empty()) throw ConfigError("--trace-cores goes with --trace FILE");
      return;
    }
    file_.emplace(options.trace);
    trace_.emplace(file_->stream(), die.cube_cores.value, die.vector_cores.value,
                   core::CoreClock(die.clock.value).time(Cycles(1)), cores);
  }
  core::TraceSink* sink() { return trace_ ? &*trace_ : nullptr; }
  void commit() {
    if (!trace_) return;
    trace_->finish();
    file_->commit();
  }

 private:
  std::optional<stats::AtomicFile> file_;
  std::optional<KernelTrace> trace_;
};

// Brings the L2 of a new die into a state of kL2States. Returns what the memory has done for that. The launch
// that warms it counts time only, so that a kernel which changes its inputs does so once.
memory::MemoryStats prepare_l2(npu::Die& die, const std::string& state, npu::KernelLaunch launch) {
  if (state == "clean") die.fill_l2(memory::ForeignLines::Clean);
  if (state == "dirty") die.fill_l2(memory::ForeignLines::Dirty);
  if (state == "warm") {
    launch.functional = false;
    launch.strict = false;
    die.launch(launch);
  }
  return die.memory()->stats();
}

// Launches on a new die and fills in what the launch says.
void launch(KernelView& view, const KernelOptions& options, npu::KernelLaunch launch,
            kernel::DeviceMemory& memory) {
  TraceFile trace(options, view.die);
  npu::Die die("die", view.die);
  launch.mix = view.mix;
  launch.blocks = view.blocks;
  launch.functional = view.functional;
  launch.strict = view.strict;
  launch.device_memory = memory.base();
  launch.device_bytes = memory.size();
  const memory::MemoryStats before = prepare_l2(die, options.l2, launch);
  launch.trace = trace.sink();
  launch.print = [](const core::AiCore&, const std::string& text) { std::cout << text; };
  view.l2 = options.l2;
  view.result = die.launch(launch);
  view.memory = die.memory()->stats() - before;
  trace.commit();
}

std::int64_t size_value(const std::string& key, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1)
    throw ConfigError(fmt::format("--shape {}={}: expected a whole number from 1 up", key, text));
  return value;
}

std::vector<std::string> names(const std::vector<kernel::OpKey>& keys) {
  std::vector<std::string> all;
  for (const kernel::OpKey& key : keys) all.push_back(key.name);
  return all;
}

void check_key(const kernel::Op& op, const std::string& option, const std::string& key,
               const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), key) != known.end()) return;
  throw ConfigError(fmt::format("{} {}: {} has no such key; {}", option, key, op.name,
                                known.empty() ? "it takes none" : config::known_names(key, known)));
}

kernel::OpRequest request_of(const kernel::Op& op, const OpOptions& options) {
  kernel::OpRequest request;
  for (const auto& [key, text] : parse_pairs(options.shape, "--shape")) {
    check_key(op, "--shape", key, names(op.shape));
    request.shape[key] = size_value(key, text);
  }
  for (const kernel::OpKey& key : op.shape) {
    if (key.fallback.empty() && request.shape.count(key.name) == 0)
      throw ConfigError(
          fmt::format("--shape lacks {} ({}); {} takes\n{}", key.name, key.meaning, op.name, op_help(op)));
  }
  request.dtype = options.dtype;
  if (!options.dtype.empty() &&
      std::find(op.dtypes.begin(), op.dtypes.end(), options.dtype) == op.dtypes.end()) {
    throw ConfigError(fmt::format("--dtype {}: {} does not take it; {}", options.dtype, op.name,
                                  config::known_names(options.dtype, op.dtypes)));
  }
  request.options = parse_pairs(options.tiling, "--tiling");
  for (const auto& [key, text] : request.options) check_key(op, "--tiling", key, names(op.options));
  request.cores = options.cores;
  request.seed = options.common.seed;
  return request;
}

npu::CoreMix parse_mix(const std::string& text) {
  if (text == "aiv") return npu::CoreMix::Vector;
  if (text == "aic") return npu::CoreMix::Cube;
  return text == "1:1" ? npu::CoreMix::CubeAndOneVector : npu::CoreMix::CubeAndTwoVectors;
}

std::uint64_t parse_key(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw ConfigError(fmt::format("--tiling-key {}: expected a whole number from 0 up", text));
  return value;
}

std::string key_lines(const char* title, const std::vector<kernel::OpKey>& keys) {
  std::string text;
  for (const kernel::OpKey& key : keys) {
    text += fmt::format("  {:<9}{:<14}{}{}\n", text.empty() ? title : "", key.name, key.meaning,
                        key.fallback.empty() ? "" : fmt::format(" (default {})", key.fallback));
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> parse_pairs(const std::vector<std::string>& texts, const char* option) {
  std::map<std::string, std::string> pairs;
  for (const std::string& text : texts) {
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t comma = std::min(text.find(',', start), text.size());
      const std::string pair = text.substr(start, comma - start);
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size())
        throw ConfigError(fmt::format("{} {}: expected key=value, found \"{}\"", option, text, pair));
      const std::string key = pair.substr(0, equals);
      if (!pairs.emplace(key, pair.substr(equals + 1)).second)
        throw ConfigError(fmt::format("{} {}: {} is given twice", option, text, key));
      start = comma + 1;
    }
  }
  return pairs;
}

KernelView run_op(const kernel::Op& op, const OpOptions& options) {
  KernelView view;
  view.die = load_die(options.common.chip, options.common.sets);
  const kernel::OpRequest request = request_of(op, options);
  kernel::DeviceMemory memory;
  const std::unique_ptr<kernel::OpRun> run = op.prepare(die_traits(view.die), request, memory);
  view.kernel = op.name;
  view.dtype = request.dtype.empty() && !op.dtypes.empty() ? op.dtypes.front() : request.dtype;
  view.shape = request.shape;
  view.tiling = run->tiling();
  view.seed = request.seed;
  view.mix = core_mix(run->mix());
  view.blocks = run->blocks();
  view.functional = options.check;
  view.strict = options.common.strict;
  view.flops = run->flops();
  view.compulsory_bytes = run->compulsory_bytes();
  if (options.check) run->fill();
  npu::KernelLaunch task;
  task.function = [&run] { run->kernel(); };
  launch(view, options.common, task, memory);
  if (options.check) view.check = run->check();
  return view;
}

ExitCode report_kernel(const KernelView& view, const KernelOptions& options, const std::string& outputs) {
  if (!options.quiet) std::cout << kernel_text(view) << outputs;
  if (!options.json.empty()) stats::write_file(options.json, kernel_json(view));
  const bool wrong = view.check && !view.check->empty();
  // With automatic synchronisation a hazard does not change the result: it is told and no failure.
  const bool unsafe = view.strict && !view.result.hazards.empty();
  return wrong || unsafe ? ExitCode::CheckFailed : ExitCode::Done;
}

ExitCode run_user_kernel(const UserKernelOptions& options) {
  KernelView view;
  view.die = load_die(options.common.chip, options.common.sets);
  KernelSource source = options.source;
  source.architecture = static_cast<std::uint32_t>(view.die.core->architecture.value);
  const DeclaredKernel declared = declared_kernel(source);
  view.kernel = declared.name;
  view.seed = options.common.seed;
  view.mix = options.mix.empty() ? declared.mix : parse_mix(options.mix);
  view.blocks = options.blocks == 0 ? logical_cores(view.die, view.mix) : options.blocks;
  view.functional = !options.timing_only;
  view.strict = options.common.strict;
  std::vector<KernelArgument> given;
  for (const std::string& text : options.arguments)
    given.push_back(parse_argument(text, options.common.seed, given.size()));

  kernel::DeviceMemory memory;
  KernelArguments arguments(std::move(given), memory);
  // What the scalar unit reads steers the kernel, so the inputs are there in timing-only runs too.
  arguments.fill();
  const LoadedKernel loaded(source, declared, view.mix);
  const std::vector<void*> places = arguments.bind(declared.name, loaded.parameters());
  constexpr std::uint64_t kSystemWorkspace =
      16ULL << 20U;  // what the library's own calls may use, as on the hardware
  npu::KernelLaunch task;
  task.function = [&] { loaded.call(places); };
  task.tiling_key = parse_key(options.tiling_key);
  task.system_workspace = memory.address(memory.allocate(kSystemWorkspace));
  launch(view, options.common, task, memory);
  const std::string outputs = view.functional ? arguments.collect() : "";
  if (view.functional) view.check = arguments.check();
  return report_kernel(view, options.common, outputs);
}

std::string op_help(const kernel::Op& op) {
  std::string dtypes;
  for (const std::string& dtype : op.dtypes) dtypes += (dtypes.empty() ? "" : ", ") + dtype;
  std::string text = key_lines("--shape", op.shape);
  if (!dtypes.empty()) text += fmt::format("  {:<9}{} (default {})\n", "--dtype", dtypes, op.dtypes.front());
  return text + key_lines("--tiling", op.options);
}

std::string op_list(const std::vector<kernel::Op>& library) {
  std::string text;
  for (const kernel::Op& op : library)
    text += fmt::format("{}{}: {}\n{}", text.empty() ? "" : "\n", op.name, op.summary, op_help(op));
  return text;
}

}  // namespace podsim::app

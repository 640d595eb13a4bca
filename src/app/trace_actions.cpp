// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "app/trace_actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "podsim/app/interrupt.h"
#include "podsim/app/progress.h"
#include "podsim/app/trace_report.h"
#include "podsim/base/error.h"
#include "podsim/moe/generators.h"
#include "podsim/moe/trace_counts.h"
#include "podsim/moe/trace_routed.h"

namespace podsim::app {
namespace {

// Ends work under way; nothing is written then.
struct Interrupted {};

// Shows how far a trace is, and ends the work after a Ctrl-C.
class Watch {
 public:
  Watch(const char* stage, bool quiet) : stage_(stage), bar_(std::cerr, !quiet && stderr_is_terminal()) {}
  void operator()(std::int64_t done, std::int64_t records) {
    if (interrupted()) throw Interrupted{};
    bar_.update(stage_, static_cast<double>(done) / static_cast<double>(records), Picoseconds());
  }

 private:
  const char* stage_;
  InterruptGuard guard_;
  Progress bar_;
};

template <class Action>
ExitCode interruptible(const Action& action) {
  try {
    action();
    return ExitCode::Done;
  } catch (const Interrupted&) {
    std::cerr << "podsim: interrupted; nothing was written\n";
    return ExitCode::Interrupted;
  }
}

moe::TraceFormat output_format(const TraceArguments& options) {
  if (!options.to.empty()) return *config::enum_from_name<moe::TraceFormat>(options.to);
  const std::string ending = std::filesystem::path(options.output).extension().string();
  if (ending == ".routes") return moe::TraceFormat::Packed;
  if (ending == ".jsonl") return moe::TraceFormat::Canonical;
  if (ending == ".npy") return moe::TraceFormat::Vllm;
  throw ConfigError(fmt::format(
      "the ending of {} says no trace format (.routes, .jsonl, .npy); choose one with --to", options.output));
}

std::optional<moe::Model> chosen_model(const TraceArguments& options) {
  if (options.model.empty()) return std::nullopt;
  return config::load<moe::Model>(find_input(options.model, "models"));
}

// What is said on the command line about the shape of an input goes before the model.
moe::TraceOptions input_options(const TraceArguments& options, moe::ByteSource& bytes) {
  moe::TraceOptions result;
  const std::optional<moe::Model> model = chosen_model(options);
  if (model) {
    result.experts = model->experts.value;
    result.top_k = model->top_k.value;
  }
  result.experts = options.experts.value_or(result.experts);
  result.top_k = options.top_k.value_or(result.top_k);
  result.format = options.from.empty() ? moe::recognise_trace(bytes)
                                       : config::enum_from_name<moe::TraceFormat>(options.from);
  return result;
}

void write(moe::TraceReader& trace, const TraceArguments& options) {
  moe::TraceOutput output;
  output.path = options.output;
  output.format = output_format(options);
  const auto watch = std::make_shared<Watch>("writing", options.quiet);
  output.on_batch = [watch](std::int64_t done, std::int64_t records) { (*watch)(done, records); };
  moe::write_trace(trace, output);
  if (!options.quiet) {
    std::cout << fmt::format("{}: {} records, {}\n", options.output, trace.records(),
                             config::enum_name(output.format));
  }
}

// --- inspect -----------------------------------------------------------------------------------------------

void inspect(const TraceArguments& options) {
  std::unique_ptr<moe::ByteSource> bytes = moe::open_bytes(options.input);
  const moe::TraceOptions input = input_options(options, *bytes);
  moe::TraceSummary summary;
  if (has_tokens(*input.format)) {
    const auto watch = std::make_shared<Watch>("reading", options.quiet);
    summary =
        moe::summarise_trace(*moe::open_trace(std::move(bytes), input),
                             [watch](std::int64_t done, std::int64_t records) { (*watch)(done, records); });
  } else {
    summary = moe::summarise_counts(*moe::open_counts(std::move(bytes), input));
  }
  std::cout << (options.json ? trace_report_json(options.input, *input.format, summary)
                             : trace_report(options.input, *input.format, summary));
}

// --- generate ----------------------------------------------------------------------------------------------

moe::RoutingConfig chosen_routing(const TraceArguments& options) {
  const bool is_json = !options.routing.empty() && options.routing.front() == '{';
  const std::string text = is_json ? options.routing : nlohmann::json{{"kind", options.routing}}.dump();
  config::Document document = config::Document::parse(text, "--routing");
  for (const std::string& assignment : options.sets) document.apply_set(assignment);
  return document.read<moe::RoutingConfig>();
}

// The cards of a trace that is to be made, in groups for the kinds of routing that balance within one.
void set_cards(const TraceArguments& options, moe::RoutingSetup& setup) {
  setup.sources = *options.ranks;
  setup.group_ranks = options.group_ranks.value_or(setup.sources);
  setup.tokens_per_source = *options.tokens;
  setup.seed = static_cast<std::uint64_t>(options.seed);
}

void generate(const TraceArguments& options) {
  const moe::Model model = *chosen_model(options);
  moe::RoutingSetup setup = moe::routing_setup(model, 1, 1, 1, 0);
  set_cards(options, setup);
  const std::int64_t layers = options.layers.value_or(model.moe_layers());
  if (layers > model.moe_layers()) {
    throw ConfigError(
        fmt::format("--layers is {}, {} has {} MoE layers", layers, model.name, model.moe_layers()));
  }
  const std::unique_ptr<moe::RoutingSource> routing = moe::make_routing(chosen_routing(options), setup);
  moe::RoutedTrace trace(*routing, setup, model.name, options.steps.value_or(1), layers);
  write(trace, options);
}

// --- convert -----------------------------------------------------------------------------------------------

void expect_no_gaps(const std::string& file, Span<const std::int64_t> layers) {
  const std::int64_t last = layers[layers.size() - 1];
  if (last - layers[0] + 1 == static_cast<std::int64_t>(layers.size())) return;
  throw ConfigError(fmt::format("{}: {} of the layers {} to {} are there, expected all to deal them to ranks",
                                file, layers.size(), layers[0], last));
}

// Deals what `routing` replays to the ranks that the command line asks for.
void write_dealt(moe::RoutingSource& routing, const moe::RoutingSetup& setup, const moe::TraceShape& shape,
                 std::int64_t steps, Span<const std::int64_t> layers, const TraceArguments& options) {
  expect_no_gaps(options.input, layers);
  moe::RoutedTrace trace(routing, setup, shape.model, options.steps.value_or(steps),
                         static_cast<std::int64_t>(layers.size()), layers[0]);
  write(trace, options);
}

// So many steps that every token of a trace without ranks is dealt at least once.
std::int64_t steps_to_deal(moe::TraceReader& trace, const moe::RoutingSetup& setup) {
  const auto steps = static_cast<std::int64_t>(trace.steps().size());
  const moe::TraceBatch batch = trace.batch(trace.steps()[0], trace.layers()[0]);
  if (batch.count != 1) return steps;
  const std::int64_t per_step = setup.sources * setup.tokens_per_source;
  return steps * std::max<std::int64_t>(1, (trace.record(batch.first).tokens + per_step - 1) / per_step);
}

void convert_tokens(std::unique_ptr<moe::ByteSource> bytes, const moe::TraceOptions& input,
                    const TraceArguments& options) {
  std::unique_ptr<moe::TraceReader> trace = moe::open_trace(std::move(bytes), input);
  if (!options.ranks && !options.tokens) return write(*trace, options);
  if (!options.ranks || !options.tokens)
    throw ConfigError("--ranks and --tokens come together: how the trace is dealt anew");
  moe::RoutingSetup setup;
  setup.experts = trace->shape().experts;
  setup.top_k = trace->shape().top_k;
  if (setup.experts == 0)
    throw ConfigError(
        fmt::format("{} does not say how many experts there are; --model or --experts does", options.input));
  set_cards(options, setup);
  const moe::TraceShape shape = trace->shape();
  const std::int64_t steps = steps_to_deal(*trace, setup);
  const std::vector<std::int64_t> layers(trace->layers().begin(), trace->layers().end());
  const std::unique_ptr<moe::RoutingSource> routing = moe::replay_routing(std::move(trace), setup);
  write_dealt(*routing, setup, shape, steps, layers, options);
}

void convert_counts(std::unique_ptr<moe::ByteSource> bytes, const moe::TraceOptions& input,
                    const TraceArguments& options) {
  std::unique_ptr<moe::CountReader> counts = moe::open_counts(std::move(bytes), input);
  if (!options.ranks || !options.tokens || input.top_k == 0) {
    throw ConfigError(fmt::format(
        "{} has loads, not routes: --ranks, --tokens and --model or --top-k say what to make of them",
        options.input));
  }
  moe::RoutingSetup setup;
  setup.experts = counts->experts();
  setup.top_k = input.top_k;
  if (setup.top_k > setup.experts)
    throw ConfigError(
        fmt::format("--top-k is {}, {} has {} experts", setup.top_k, options.input, setup.experts));
  set_cards(options, setup);
  const auto steps = static_cast<std::int64_t>(counts->steps().size());
  const std::vector<std::int64_t> layers(counts->layers().begin(), counts->layers().end());
  const std::unique_ptr<moe::RoutingSource> routing = moe::replay_routing(std::move(counts), setup);
  write_dealt(*routing, setup, {}, steps, layers, options);
}

void convert(const TraceArguments& options) {
  std::unique_ptr<moe::ByteSource> bytes = moe::open_bytes(options.input);
  const moe::TraceOptions input = input_options(options, *bytes);
  if (has_tokens(*input.format)) return convert_tokens(std::move(bytes), input, options);
  convert_counts(std::move(bytes), input, options);
}

}  // namespace

ExitCode inspect_trace(const TraceArguments& options) {
  return interruptible([&] { inspect(options); });
}

ExitCode convert_trace(const TraceArguments& options) {
  return interruptible([&] { convert(options); });
}

ExitCode generate_trace(const TraceArguments& options) {
  return interruptible([&] { generate(options); });
}

}  // namespace podsim::app

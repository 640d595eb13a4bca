// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "app/trace_actions.h"
#include "podsim/app/command.h"
#include "podsim/moe/trace.h"

namespace podsim::app {
namespace {

constexpr const char* kFooter = R"(
Examples:
  podsim trace generate --model deepseek_v3 --routing zipf --ranks 16 --tokens 128 -o z.routes
  podsim trace generate --model deepseek_v3 --routing dirichlet --set /cv=0.8 --ranks 16 --tokens 128 -o d.routes
  podsim trace inspect z.routes
  podsim trace convert z.routes z.jsonl
  podsim trace convert routed_experts.npy r.routes --model deepseek_v3 --ranks 16 --tokens 128
  podsim trace convert loads.npy l.routes --model deepseek_v3 --ranks 16 --tokens 128

Formats: packed (.routes), canonical_jsonl (.jsonl), vllm_npy (.npy), megatron_jsonl, counts_npy, counts_jsonl.
Inputs are recognised by their content. docs/components/moe_traffic.md describes the formats.)";

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& known : config::EnumNames<moe::TraceFormat>::kNames) names.emplace_back(known.second);
  return names;
}

CLI::Option* add_count(CLI::App& command, const char* name, std::optional<std::int64_t>& value,
                       std::int64_t most, const char* help) {
  return command.add_option(name, value, help)->check(CLI::Range(std::int64_t{1}, most))->type_name("N");
}

void add_format(CLI::App& command, const char* name, std::string& value, const char* help) {
  command.add_option(name, value, help)->check(CLI::IsMember(format_names()))->type_name("FORMAT");
}

constexpr std::int64_t kMostCards = 1'000'000;
constexpr std::int64_t kMostTokens = 10'000'000;
constexpr std::int64_t kMostExperts = 65'536;

void add_model(CLI::App& command, std::string& model) {
  command.add_option("--model", model, "a model file, or its name in models/")->type_name("MODEL");
}

void add_making_options(CLI::App& command, TraceArguments& options) {
  add_count(command, "--ranks", options.ranks, kMostCards, "cards, each a source of tokens");
  add_count(command, "--tokens", options.tokens, kMostTokens, "tokens of a card in a step");
  add_count(command, "--group-ranks", options.group_ranks, kMostCards,
            "ranks of an expert-parallel group, for routing that balances within one; default all");
  add_count(command, "--steps", options.steps, kMostCards, "steps");
  command.add_option("--seed", options.seed, "seed of every random choice")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  add_format(command, "--to", options.to, "format of the output; default by its ending");
  add_quiet_option(command, options.quiet);
}

void add_inspect(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<TraceArguments>();
  CLI::App* command = parent.add_subcommand("inspect", "check a whole trace and say what is in it");
  command->add_option("FILE", options->input, "a routing trace")->required();
  add_format(*command, "--format", options->from, "format of the file; default by its content");
  add_model(*command, options->model);
  add_count(*command, "--experts", options->experts, kMostExperts,
            "routed experts of a layer, for formats that do not say");
  command->add_flag("--json", options->json, "print JSON");
  on_chosen(*command, result, [options] { return inspect_trace(*options); });
}

void add_convert(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<TraceArguments>();
  CLI::App* command =
      parent.add_subcommand("convert", "write a trace in another format, or dealt to other ranks");
  command->add_option("IN", options->input, "a routing trace")->required();
  command->add_option("OUT", options->output, "the file to write")->required();
  add_format(*command, "--from", options->from, "format of the input; default by its content");
  add_model(*command, options->model);
  add_count(*command, "--experts", options->experts, kMostExperts,
            "routed experts of a layer, for formats that do not say");
  add_count(*command, "--top-k", options->top_k, kMostExperts,
            "routed experts of a token, to make routes of loads");
  add_making_options(*command, *options);
  on_chosen(*command, result, [options] { return convert_trace(*options); });
}

void add_generate(CLI::App& parent, CommandResult& result) {
  auto options = std::make_shared<TraceArguments>();
  CLI::App* command = parent.add_subcommand("generate", "make a trace of seeded random routing");
  add_model(*command, options->model);
  command->get_option("--model")->required();
  command
      ->add_option("--routing", options->routing,
                   "uniform, balanced, zipf, dirichlet, hash or trace; or the object of a scenario's "
                   "workload/routing as JSON")
      ->type_name("KIND");
  add_set_option(*command, options->sets);
  add_making_options(*command, *options);
  command->get_option("--ranks")->required();
  command->get_option("--tokens")->required();
  add_count(*command, "--layers", options->layers, kMostExperts, "MoE layers; default all of the model");
  command->add_option("-o,--output", options->output, "the file to write")->required()->type_name("FILE");
  on_chosen(*command, result, [options] { return generate_trace(*options); });
}

}  // namespace

void add_trace_command(CLI::App& parent, CommandResult& result) {
  CLI::App* command = parent.add_subcommand("trace", "look into, convert and make routing traces");
  command->require_subcommand(1);
  command->footer(kFooter);
  add_inspect(*command, result);
  add_convert(*command, result);
  add_generate(*command, result);
}

}  // namespace podsim::app

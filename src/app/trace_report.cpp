// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/trace_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "podsim/app/format.h"

namespace podsim::app {
namespace {

using moe::LayerLoad;
using moe::TraceSummary;

std::string line(const char* what, const std::string& text) {
  return fmt::format("  {:<12} {}\n", what, text);
}

// "1.23 on average, 1.50 in layer 7"
template <class Value>
std::string spread(const std::vector<LayerLoad>& layers, const Value& value) {
  double sum = 0.0;
  const LayerLoad* worst = &layers.front();
  for (const LayerLoad& layer : layers) {
    sum += value(layer);
    if (value(layer) > value(*worst)) worst = &layer;
  }
  return fmt::format("{:.3f} on average, {:.3f} in layer {}", sum / static_cast<double>(layers.size()),
                     value(*worst), worst->layer);
}

std::string experts_seen(const TraceSummary& summary) {
  const auto fewer = [](const LayerLoad& a, const LayerLoad& b) { return a.experts_seen < b.experts_seen; };
  const auto [least, most] = std::minmax_element(summary.layers.begin(), summary.layers.end(), fewer);
  const std::string range =
      least->experts_seen == most->experts_seen
          ? grouped_text(most->experts_seen)
          : fmt::format("{} to {}", grouped_text(least->experts_seen), grouped_text(most->experts_seen));
  const std::string of =
      summary.shape.experts > 0 ? fmt::format(" of {}", grouped_text(summary.shape.experts)) : "";
  return fmt::format("{}{} in a layer", range, of);
}

std::string tokens_text(const TraceSummary& summary) {
  const std::string each =
      summary.min_tokens == summary.max_tokens
          ? grouped_text(summary.max_tokens)
          : fmt::format("{} to {}", grouped_text(summary.min_tokens), grouped_text(summary.max_tokens));
  return fmt::format("{} rows in {} records of {} tokens", grouped_text(summary.tokens),
                     grouped_text(summary.records), each);
}

std::string replay_text(const TraceSummary& summary, moe::TraceFormat format) {
  if (!moe::has_tokens(format))
    return "loads; a seeded generator deals every expert its share of a step's routes";
  if (summary.sources == 1)
    return "no ranks: tokens go to the cards in order, from the beginning again after the last";
  return "a card takes the tokens of the source of its number; further cards share the sources in turn";
}

}  // namespace

std::string trace_report(const std::string& file, moe::TraceFormat format, const TraceSummary& summary) {
  const bool tokens = moe::has_tokens(format);
  std::string text = fmt::format("{}\n", file);
  text += line("format", fmt::format("{}, {}", config::enum_name(format),
                                     tokens ? "routes of tokens" : "loads of experts"));
  if (!summary.shape.model.empty()) text += line("model", summary.shape.model);
  const std::string experts = summary.shape.experts > 0 ? grouped_text(summary.shape.experts) : "not said";
  text += line("experts", tokens ? fmt::format("{}, top {}", experts, summary.shape.top_k) : experts);
  text += line("seen", experts_seen(summary));
  text += line("steps", grouped_text(summary.steps));
  text += line("layers", fmt::format("{}, numbered {} to {}", summary.layers.size(),
                                     summary.layers.front().layer, summary.layers.back().layer));
  if (tokens) {
    text += line("sources", grouped_text(summary.sources));
    text += line("tokens", tokens_text(summary));
  } else {
    text += line("records", grouped_text(summary.records));
  }
  text += line("max/mean", spread(summary.layers, [](const LayerLoad& l) { return l.imbalance; }));
  text += line("load CV", spread(summary.layers, [](const LayerLoad& l) { return l.cv; }));
  text += line("replay", replay_text(summary, format));
  text += line("digest", summary.digest);
  return text;
}

std::string trace_report_json(const std::string& file, moe::TraceFormat format, const TraceSummary& summary) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerLoad& layer : summary.layers) {
    layers.push_back({{"layer", layer.layer},
                      {"routes", layer.routes},
                      {"experts_seen", layer.experts_seen},
                      {"load_imbalance", layer.imbalance},
                      {"load_cv", layer.cv}});
  }
  const nlohmann::ordered_json report{{"file", file},
                                      {"format", config::enum_name(format)},
                                      {"model", summary.shape.model},
                                      {"experts", summary.shape.experts},
                                      {"top_k", summary.shape.top_k},
                                      {"steps", summary.steps},
                                      {"sources", summary.sources},
                                      {"records", summary.records},
                                      {"tokens", summary.tokens},
                                      {"min_tokens_per_record", summary.min_tokens},
                                      {"max_tokens_per_record", summary.max_tokens},
                                      {"digest", summary.digest},
                                      {"layers", layers}};
  return report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace podsim::app

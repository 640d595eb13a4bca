// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/app/run_files.h"
#include "podsim/app/fault_report.h"

#include <fmt/format.h>

#include "podsim/base/error.h"
#include "podsim/pod/metrics.h"
#include "podsim/stats/csv.h"
#include "podsim/stats/digest.h"
#include "podsim/stats/file.h"
#include "podsim_revision.h"

namespace podsim::app {
namespace {

using stats::MetricDef;

constexpr MetricDef kWall{"wall_s", "s", "wall-clock time of the whole run"};
constexpr MetricDef kBuild{"build_s", "s", "of it, building the topology and the modules"};
constexpr MetricDef kTraffic{"traffic_s", "s", "of it, routing, placement and who sends what to whom"};
constexpr MetricDef kBound{"bound_s", "s", "of it, the analytic bound"};
constexpr MetricDef kSimulate{"simulate_s", "s", "of it, inside the simulation kernel"};
constexpr MetricDef kHopEvents{"hop_events", "", "packets served by links, summed over links"};
constexpr MetricDef kHopEventsRate{"hop_events_per_s", "1/s", "hop_events over simulate_s"};
constexpr MetricDef kPeakRss{"peak_rss_bytes", "bytes", "largest resident memory of the process"};
constexpr MetricDef kRunFigures[] = {kWall,     kBuild,     kTraffic,       kBound,
                                     kSimulate, kHopEvents, kHopEventsRate, kPeakRss};

nlohmann::ordered_json parsed(const stats::Metrics& metrics) {
  return nlohmann::ordered_json::parse(metrics.to_json(0));
}

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A JSON array of texts, one a line, as the second level of a document.
std::string text_list(const std::vector<std::string>& texts) {
  if (texts.empty()) return "[]";
  std::string list = "[";
  for (const std::string& text : texts)
    list += fmt::format("{}\n    {}", list.size() > 1 ? "," : "", quoted(text));
  return list + "\n  ]";
}

nlohmann::ordered_json cards_of(const pod::LinkUse::Cards& cards) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const pod::LinkUse::Share& user : cards.most)
    list.push_back({{"npu", user.card.value()}, {"share", user.share}});
  return list;
}

std::string link_use(const pod::LinkUse& use, const pod::LinkRow& link) {
  const nlohmann::ordered_json json = {{"link", link.link.value()},       {"name", link.name},
                                       {"utilisation", link.utilisation}, {"sources", use.from.count},
                                       {"from", cards_of(use.from)},      {"destinations", use.to.count},
                                       {"to", cards_of(use.to)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A JSON object, a link a line.
std::string busiest_links(const pod::RunResult& result) {
  std::string list;
  for (const pod::LinkUse& use : result.busiest_links.uses)
    list += fmt::format("{}\n      {}", list.empty() ? "" : ",", link_use(use, result.links[use.row]));
  return fmt::format("{{\n    \"users_of\": {},\n    \"sampled\": {},\n    \"links\": [{}]\n  }}",
                     quoted(result.busiest_links.users_of), result.busiest_links.sampled,
                     list.empty() ? "" : list + "\n    ");
}

template <class WriteRows>
void write_table(const std::filesystem::path& path, Span<const stats::Column> columns, WriteRows write_rows) {
  stats::AtomicFile file(path);
  stats::CsvWriter csv(file.stream(), columns);
  write_rows(csv);
  file.commit();
}

double microseconds(Picoseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

void write_cards(const std::filesystem::path& path, const std::vector<pod::CardRow>& cards) {
  write_table(path, pod::card_columns(), [&](stats::CsvWriter& csv) {
    for (const pod::CardRow& card : cards)
      csv.row(card.card.value(), card.rows_received, card.rows_returned, card.hbm_bytes,
              microseconds(card.dispatch), microseconds(card.l1), microseconds(card.activation),
              microseconds(card.l2), microseconds(card.combine), microseconds(card.core_busy),
              microseconds(card.overhead), microseconds(card.compute), microseconds(card.exposed),
              microseconds(card.idle));
  });
}

void write_links(const std::filesystem::path& path, const std::vector<pod::LinkRow>& links) {
  write_table(path, pod::link_columns(), [&](stats::CsvWriter& csv) {
    for (const pod::LinkRow& link : links)
      csv.row(link.link.value(), link.name, link.dimension, link.stats.packets, link.stats.bytes,
              microseconds(Picoseconds(link.stats.busy_ps)), link.utilisation,
              microseconds(Picoseconds(link.stats.queue_wait_ps)),
              microseconds(Picoseconds(link.stats.peak_backlog_ps)));
  });
}

void write_layers(const std::filesystem::path& path, const std::vector<pod::LayerRow>& layers) {
  write_table(path, pod::layer_columns(), [&](stats::CsvWriter& csv) {
    for (const pod::LayerRow& layer : layers)
      csv.row(layer.layer, layer.rows, layer.imbalance, microseconds(layer.start),
              microseconds(layer.latency), microseconds(layer.dispatch), microseconds(layer.combine),
              microseconds(layer.bound), layer.bound_by);
  });
}

double gigabytes_per_second(const pod::TransferRow& row) {
  return row.time > Picoseconds()
             ? 1e3 * static_cast<double>(row.bytes.count()) / static_cast<double>(row.time.count())
             : 0.0;
}

void write_waves(const std::filesystem::path& path, const std::vector<pod::WaveRow>& waves) {
  write_table(path, pod::wave_columns(), [&](stats::CsvWriter& csv) {
    for (const pod::WaveRow& wave : waves)
      csv.row(wave.layer, wave.wave, wave.cards, wave.rows, microseconds(wave.start),
              microseconds(wave.first_row), microseconds(wave.last_row), microseconds(wave.l1_end),
              microseconds(wave.l2_end));
  });
}

void write_transfers(const std::filesystem::path& path, const std::vector<pod::TransferRow>& rows) {
  write_table(path, pod::transfer_columns(), [&](stats::CsvWriter& csv) {
    for (const pod::TransferRow& row : rows) {
      const Picoseconds mean = row.operations > 0 ? row.latency_sum / row.operations : Picoseconds();
      csv.row(row.transfer, row.from.value(), row.to.value(), row.hops, row.operations, row.bytes,
              microseconds(row.time), microseconds(mean), microseconds(row.latency_max),
              gigabytes_per_second(row));
    }
  });
}

}  // namespace

std::string results_json(const pod::Scenario& scenario, const pod::RunResult& result) {
  return fmt::format(
      "{{\n  \"schema_version\": {},\n  \"scenario\": {},\n  \"fidelity\": {},\n  \"seed\": {},\n"
      "  \"partial\": {},\n  \"bounded_by\": {},\n  \"notes\": {},\n  \"busiest_links\": {},\n{}  "
      "\"metrics\": "
      "{}\n}}\n",
      kResultsSchemaVersion, quoted(scenario.name),
      result.effective_config["/fabric/fidelity"_json_pointer].dump(), result.effective_config["seed"].dump(),
      result.partial, text_list(result.words), text_list(result.notes), busiest_links(result),
      fault_member(result), result.metrics.to_json(2));
}

const stats::MetricCatalogue& run_catalogue() {
  static const stats::MetricCatalogue catalogue =
      stats::MetricCatalogue().add("What the run cost", kRunFigures);
  return catalogue;
}

std::string run_json(const pod::RunResult& result, const std::string& digest) {
  const pod::Perf& perf = result.perf;
  stats::Metrics figures(run_catalogue());
  figures.set(kWall, perf.wall_s);
  figures.set(kBuild, perf.build_s);
  figures.set(kTraffic, perf.traffic_s);
  figures.set(kBound, perf.bound_s);
  figures.set(kSimulate, perf.simulate_s);
  figures.set(kHopEvents, perf.hop_events);
  figures.set(kHopEventsRate, perf.hop_events_per_s);
  figures.set(kPeakRss, perf.peak_rss_bytes);
  nlohmann::ordered_json run;
  run["version"] = PODSIM_VERSION;
  run["git_revision"] = PODSIM_GIT_REVISION;
  run["partial"] = result.partial;
  run["results_sha256"] = digest;
  run.update(parsed(figures));
  return run.dump(2) + "\n";
}

std::filesystem::path default_folder(const pod::LoadedScenario& loaded) {
  std::string name = loaded.scenario.name;
  if (name.empty()) name = std::filesystem::path(loaded.path).stem().string();
  for (char& c : name)
    if (c == '/' || c == '\0') c = '_';
  if (name.empty() || name.front() == '.') name = "_" + name;  // neither hidden nor a way out
  return std::filesystem::path("results") / name;
}

void prepare_folder(const std::filesystem::path& folder) {
  stats::make_folder(folder);
  const stats::AtomicFile probe(folder / "results.json");  // never committed
}

std::string write_run_files(const std::filesystem::path& folder, const pod::Scenario& scenario,
                            const pod::RunResult& result) {
  stats::make_folder(folder);
  const std::string results = results_json(scenario, result);
  std::string digest = stats::sha256(results);
  stats::write_file(folder / "effective_config.json", result.effective_config.dump(2) + "\n");
  write_cards(folder / "cards.csv", result.cards);
  write_links(folder / "links.csv", result.links);
  write_layers(folder / "layers.csv", result.layers);
  write_waves(folder / "waves.csv", result.waves);
  write_transfers(folder / "transfers.csv", result.transfers);
  stats::AtomicFile timeline(folder / "timeline.json");
  timeline::write_chrome_trace(timeline.stream(), result.timeline);
  timeline.commit();
  stats::write_file(folder / "results.json", results);
  stats::write_file(folder / "run.json", run_json(result, digest));
  return digest;
}

}  // namespace podsim::app

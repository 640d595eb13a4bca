// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/kernel_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "podsim/base/error.h"
#include "podsim/config/verbs.h"
#include "podsim/stats/digest.h"
#include "podsim/stats/file.h"

namespace podsim::npu {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kSuffix = ".timing.json";
constexpr std::int64_t kFormat = 1;  // of the files

struct TimeField {
  const char* name;
  Picoseconds KernelTiming::*field;
};
struct CountField {
  const char* name;
  std::int64_t KernelTiming::*field;
};
constexpr TimeField kTimes[] = {{"duration_ps", &KernelTiming::duration},
                                {"cube_time_ps", &KernelTiming::cube_time},
                                {"cube_busy_ps", &KernelTiming::cube_busy},
                                {"vector_time_ps", &KernelTiming::vector_time},
                                {"vector_busy_ps", &KernelTiming::vector_busy}};
constexpr CountField kCounts[] = {{"blocks", &KernelTiming::blocks},
                                  {"hbm_read", &KernelTiming::hbm_read},
                                  {"hbm_written", &KernelTiming::hbm_written}};

ordered_json job_json(const KernelJob& job) {
  ordered_json json{
      {"kernel", job.kernel}, {"dtype", job.dtype}, {"shape", job.shape}, {"options", job.options}};
  if (job.cores > 0) json["cores"] = job.cores;
  return json;
}

ordered_json timing_json(const KernelTiming& timing) {
  ordered_json json;
  for (const TimeField& time : kTimes) json[time.name] = (timing.*time.field).count();
  for (const CountField& count : kCounts) json[count.name] = timing.*count.field;
  return json;
}

// The file of an entry without its checksum.
ordered_json content(const std::string& key, const std::string& die, const std::string& job_words,
                     const ordered_json& job, const KernelTiming& timing) {
  return {{"format", kFormat},
          {"model_version", kCoreModelVersion},
          {"key", key},
          {"die", die},
          {"text", job_words},
          {"job", job},
          {"timing", timing_json(timing)}};
}

std::optional<KernelStore::Entry> read_entry(const fs::path& file, const std::string& key) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  try {
    ordered_json json = ordered_json::parse(text);
    const std::string checksum = json.at("checksum").get<std::string>();
    json.erase("checksum");
    if (stats::sha256(json.dump()) != checksum || json.at("format") != kFormat ||
        json.at("model_version") != kCoreModelVersion || json.at("key") != key) {
      return std::nullopt;
    }
    KernelStore::Entry entry;
    entry.key = key;
    entry.die = json.at("die").get<std::string>();
    entry.text = json.at("text").get<std::string>();
    entry.bytes = text.size();
    const ordered_json& timing = json.at("timing");
    for (const TimeField& time : kTimes)
      entry.timing.*time.field = Picoseconds(timing.at(time.name).get<std::int64_t>());
    for (const CountField& count : kCounts)
      entry.timing.*count.field = timing.at(count.name).get<std::int64_t>();
    return entry;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Every file that put() may have left, also one that a killed process had not renamed yet.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const bool part = ends_with(name, ".part") && name.find(kSuffix) != std::string::npos;
    if (part || ends_with(name, kSuffix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string job_text(const KernelJob& job) {
  std::string text = job.kernel + " " + job.dtype;
  for (const auto& [key, value] : job.shape) text += fmt::format(" {}={}", key, value);
  for (const auto& [key, value] : job.options) text += fmt::format(" {}={}", key, value);
  if (job.cores > 0) text += fmt::format(" on {} cores", job.cores);
  return text;
}

std::string die_digest(const DieConfig& die) {
  return stats::sha256(config::write(die).dump());
}

std::string kernel_key(const std::string& die_digest, const KernelJob& job) {
  const ordered_json json{{"model_version", kCoreModelVersion}, {"die", die_digest}, {"job", job_json(job)}};
  return stats::sha256(json.dump());
}

KernelStore::KernelStore(fs::path folder) : folder_(std::move(folder)) {}

fs::path KernelStore::file_of(const std::string& key) const {
  return folder_ / (key + kSuffix);
}

std::optional<KernelTiming> KernelStore::find(const std::string& key) const {
  const std::optional<Entry> entry = read_entry(file_of(key), key);
  if (!entry) return std::nullopt;
  return entry->timing;
}

void KernelStore::put(const std::string& key, const DieConfig& die, const KernelJob& job,
                      const KernelTiming& timing) const {
  stats::make_folder(folder_);
  ordered_json json = content(key, die.name, job_text(job), job_json(job), timing);
  json["checksum"] = stats::sha256(json.dump());
  stats::write_file(file_of(key), json.dump(2) + "\n");
}

KernelStore::Listing KernelStore::list() const {
  Listing listing;
  for (const fs::path& file : files_in(folder_)) {
    const std::string name = file.filename().string();
    const std::string key = name.substr(0, name.find('.'));
    std::optional<Entry> entry = read_entry(file, key);
    if (entry && file == file_of(key))
      listing.entries.push_back(std::move(*entry));
    else
      listing.unusable.push_back(name);
  }
  std::sort(listing.entries.begin(), listing.entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.die, a.text, a.key) < std::tie(b.die, b.text, b.key);
  });
  return listing;
}

std::size_t KernelStore::clear() const {
  std::size_t removed = 0;
  for (const fs::path& file : files_in(folder_)) {
    std::error_code failed;
    if (fs::remove(file, failed)) ++removed;
    if (failed) throw ConfigError(fmt::format("cannot remove {}: {}", file.string(), failed.message()));
  }
  return removed;
}

fs::path kernel_store_folder(const std::string& given) {
  if (!given.empty()) return given;
  if (const std::string own = environment("PODSIM_CACHE"); !own.empty()) return own;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty())
    return fs::path(cache) / "podsim";
  if (const std::string home = environment("HOME"); !home.empty())
    return fs::path(home) / ".cache" / "podsim";
  throw ConfigError("no folder for kernel timings: HOME is not set; name one with --cache or PODSIM_CACHE");
}

}  // namespace podsim::npu

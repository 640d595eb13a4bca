// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "podsim/npu/kernel_job.h"

namespace podsim::npu {

// The part of a key that a die contributes: its effective configuration with those of its core and memory.
// Texts about where numbers come from count too, so a changed file is a changed die.
std::string die_digest(const DieConfig& die);
// Key of a job on a die: SHA-256 of kCoreModelVersion, the die's digest and the job, 64 hexadecimal digits.
std::string kernel_key(const std::string& die_digest, const KernelJob& job);

// Timings on disk, one small file per key, shared by all podsim processes of a user. Files are written beside
// their place and renamed, so that a reader finds all of one or nothing; two processes that simulate the same
// job write the same bytes, and the last one stays. A file that is cut short, changed, of another key or of
// another version is as good as none: it is simulated again and written over.
class KernelStore {
 public:
  struct Entry {
    std::string key;
    std::string die;   // its name
    std::string text;  // of the job
    KernelTiming timing;
    std::uint64_t bytes = 0;  // of the file
  };
  struct Listing {
    std::vector<Entry> entries;         // by die, text and key
    std::vector<std::string> unusable;  // files in it that hold no timing of this version, sorted
  };

  explicit KernelStore(std::filesystem::path folder);

  // Empty: not there, or not usable.
  std::optional<KernelTiming> find(const std::string& key) const;
  // Makes the folder. Throws ConfigError when it cannot be written.
  void put(const std::string& key, const DieConfig& die, const KernelJob& job,
           const KernelTiming& timing) const;

  Listing list() const;
  // Removes every file of the store, usable or not, and nothing else. Returns how many.
  std::size_t clear() const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path file_of(const std::string& key) const;

  std::filesystem::path folder_;
};

// Where timings are kept: `given` if not empty, else $PODSIM_CACHE, else podsim in $XDG_CACHE_HOME, else
// ~/.cache/podsim. Throws ConfigError when none of these is known.
std::filesystem::path kernel_store_folder(const std::string& given);

}  // namespace podsim::npu

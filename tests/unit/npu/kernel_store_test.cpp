// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/npu/kernel_store.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "podsim/base/error.h"
#include "podsim/base/temporary_folder.h"
#include "podsim/config/verbs.h"
#include "podsim/npu/kernel_timings.h"
#include "support/in_child.h"

namespace podsim::npu {
namespace {

namespace fs = std::filesystem;
using namespace literals;

DieConfig die(const std::string& name = "ascend950dt") {
  return config::load<DieConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/dies/" + name + ".json");
}

KernelJob job(std::int64_t n = 6144) {
  KernelJob made;
  made.kernel = "grouped_matmul";
  made.shape = {{"n", n}, {"k", 7168}};
  made.dtype = "fp8";
  made.options = {{"rows", "16:32"}};
  return made;
}

KernelTiming timing(std::int64_t duration = 5'000'000) {
  KernelTiming made;
  made.duration = Picoseconds(duration);
  made.cube_time = 4_us;
  made.cube_busy = 3_us;
  made.vector_time = 2_us;
  made.vector_busy = 1_us;
  made.blocks = 36;
  made.hbm_read = 1000;
  made.hbm_written = 10;
  return made;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class KernelStoreTest : public testing::Test {
 protected:
  fs::path only_file() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_.path())) files.push_back(entry.path());
    EXPECT_EQ(files.size(), 1U);
    return files.front();
  }
  void rewrite(const std::string& text) const { std::ofstream(only_file(), std::ios::binary) << text; }

  TemporaryFolder folder_{"store"};
  KernelStore store_{folder_.path()};
  std::string key_ = kernel_key(die_digest(die()), job());
};

TEST_F(KernelStoreTest, KeyDependsOnEveryPartOfTheDieAndTheJob) {
  std::set<std::string> keys{key_};
  const auto expect_new = [&keys](const DieConfig& config, const KernelJob& of) {
    EXPECT_TRUE(keys.insert(kernel_key(die_digest(config), of)).second);
  };
  EXPECT_EQ(key_, kernel_key(die_digest(die()), job())) << "the same again";
  EXPECT_EQ(key_.size(), 64U);
  expect_new(die("ascend950pr"), job());
  DieConfig changed = die();
  changed.clock.value = changed.clock.value * 2;
  expect_new(changed, job());
  changed = die();
  core::CoreConfig core = *changed.core;
  core.architecture.value += 1;
  changed.core.value = core;
  expect_new(changed, job());
  changed = die();
  memory::MemoryConfig memory = *changed.memory;
  memory.l2.capacity.value = memory.l2.capacity.value * 2;
  changed.memory.value = memory;
  expect_new(changed, job());
  expect_new(die(), job(6145));
  KernelJob other = job();
  other.dtype = "bf16";
  expect_new(die(), other);
  other = job();
  other.options["rows"] = "16:33";
  expect_new(die(), other);
  other = job();
  other.kernel = "matmul";
  expect_new(die(), other);
}

TEST_F(KernelStoreTest, GivesBackWhatWasPut) {
  EXPECT_FALSE(store_.find(key_));
  store_.put(key_, die(), job(), timing());
  ASSERT_TRUE(store_.find(key_));
  EXPECT_EQ(*store_.find(key_), timing());
  const KernelStore::Listing listing = store_.list();
  ASSERT_EQ(listing.entries.size(), 1U);
  EXPECT_EQ(listing.entries[0].text, "grouped_matmul fp8 k=7168 n=6144 rows=16:32");
  EXPECT_EQ(listing.entries[0].die, "Ascend 950DT");
  EXPECT_TRUE(listing.unusable.empty());
}

TEST_F(KernelStoreTest, AFileCutAnywhereIsMissing) {
  store_.put(key_, die(), job(), timing());
  const std::string whole = text_of(only_file());
  for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {  // the last brace and line end may go
    rewrite(whole.substr(0, size));
    EXPECT_FALSE(store_.find(key_)) << "cut to " << size;
  }
  EXPECT_EQ(store_.list().unusable.size(), 1U);
  rewrite(whole);
  EXPECT_TRUE(store_.find(key_));
}

TEST_F(KernelStoreTest, AnyChangedDigitIsNoticed) {
  store_.put(key_, die(), job(), timing());
  const std::string whole = text_of(only_file());
  std::size_t changed = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] < '0' || whole[i] > '8') continue;
    std::string damaged = whole;
    ++damaged[i];
    rewrite(damaged);
    EXPECT_FALSE(store_.find(key_)) << "at " << i;
    ++changed;
  }
  EXPECT_GT(changed, 60U);
}

TEST_F(KernelStoreTest, ATimingUnderAnothersKeyIsMissing) {
  const std::string other = kernel_key(die_digest(die()), job(4096));
  store_.put(key_, die(), job(), timing());
  fs::copy_file(only_file(), folder_.path() / (other + ".timing.json"));
  EXPECT_FALSE(store_.find(other));
  EXPECT_TRUE(store_.find(key_));
  EXPECT_EQ(store_.list().unusable.size(), 1U);
}

TEST_F(KernelStoreTest, ClearRemovesItsOwnFilesOnly) {
  store_.put(key_, die(), job(), timing());
  std::ofstream(folder_.path() / ".x.timing.json.1.part") << "half";
  std::ofstream(folder_.path() / "notes.txt") << "mine";
  EXPECT_EQ(store_.clear(), 2U);
  EXPECT_EQ(only_file().filename(), "notes.txt");
  EXPECT_EQ(KernelStore(folder_.path() / "none").clear(), 0U);
}

TEST_F(KernelStoreTest, DamageIsSimulatedAgainAndMended) {
  std::size_t simulations = 0;
  const auto simulate = [&](const DieConfig& /*die*/, const std::vector<KernelJob>& jobs) {
    simulations += jobs.size();
    return std::vector<KernelTiming>(jobs.size(), timing());
  };
  KernelTimings first(store_, simulate);
  EXPECT_EQ(first.get(die(), {job(), job()}).size(), 2U);
  EXPECT_EQ(simulations, 1U) << "the same job twice";
  EXPECT_EQ(KernelTimings(store_, simulate).get(die(), {job()}).front(), timing());
  EXPECT_EQ(simulations, 1U) << "found";
  rewrite("{");
  EXPECT_EQ(KernelTimings(store_, simulate).get(die(), {job()}).front(), timing());
  EXPECT_EQ(simulations, 2U);
  EXPECT_TRUE(store_.find(key_)) << "written over";
}

TEST_F(KernelStoreTest, AFailedSimulationLeavesNothingBehind) {
  KernelTimings failing(store_,
                        [](const DieConfig&, const std::vector<KernelJob>&) -> std::vector<KernelTiming> {
                          throw ConfigError("no");
                        });
  EXPECT_THROW(failing.get(die(), {job()}), ConfigError);
  EXPECT_THROW(failing.get(die(), {job()}), ConfigError) << "asked for again, not taken for known";
  EXPECT_TRUE(store_.list().entries.empty());
}

// Every reader sees one of the two contents while two processes write them over and over.
TEST_F(KernelStoreTest, TwoProcessesWriteAndAThirdReadsWholeFilesOnly) {
  store_.put(key_, die(), job(), timing());
  const auto write = [&] {
    return test::in_child([&] {
      for (int i = 0; i < 300; ++i) store_.put(key_, die(), job(), timing(5'000'000 + i % 2));
      return std::string("done");
    });
  };
  const pid_t reader = fork();
  if (reader == 0) {
    for (int i = 0; i < 3000; ++i) {
      const auto found = store_.find(key_);
      if (!found || (found->duration != Picoseconds(5'000'000) && found->duration != Picoseconds(5'000'001)))
        _exit(1);
    }
    _exit(0);
  }
  const pid_t second = fork();
  if (second == 0) _exit(write() == "done" ? 0 : 1);
  EXPECT_EQ(write(), "done");
  for (const pid_t child : {reader, second}) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(store_.find(key_));
  EXPECT_TRUE(store_.list().unusable.empty()) << "no half file left";
}

TEST(KernelStoreFolder, IsGivenOrFromTheEnvironment) {
  setenv("HOME", "/home/somebody", 1);
  unsetenv("XDG_CACHE_HOME");
  unsetenv("PODSIM_CACHE");
  EXPECT_EQ(kernel_store_folder(""), "/home/somebody/.cache/podsim");
  setenv("XDG_CACHE_HOME", "/var/caches", 1);
  EXPECT_EQ(kernel_store_folder(""), "/var/caches/podsim");
  setenv("PODSIM_CACHE", "/fast", 1);
  EXPECT_EQ(kernel_store_folder(""), "/fast");
  EXPECT_EQ(kernel_store_folder("here"), "here");
  unsetenv("HOME");
  unsetenv("XDG_CACHE_HOME");
  unsetenv("PODSIM_CACHE");
  EXPECT_THROW(kernel_store_folder(""), ConfigError);
}

}  // namespace
}  // namespace podsim::npu

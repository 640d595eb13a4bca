// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/stats/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <thread>

#include "podsim/base/error.h"
#include "podsim/stats/digest.h"

namespace podsim::stats {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A folder of its own, gone at the end.
class AtomicFileTest : public testing::Test {
 protected:
  AtomicFileTest() {
    std::string pattern = (fs::temp_directory_path() / "podsim_file_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AtomicFileTest() override { fs::remove_all(folder_); }

  static std::string content(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  // The message of the ConfigError that `action` throws.
  template <class F>
  static std::string error_of(F action) {
    try {
      action();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, IsThereAfterCommitAndNotBefore) {
  AtomicFile file(folder_ / "results.json");
  file.stream() << "{}\n" << std::flush;
  EXPECT_FALSE(fs::exists(folder_ / "results.json"));
  file.commit();
  EXPECT_EQ(content(folder_ / "results.json"), "{}\n");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFileTest, WithoutCommitTheOldFileStaysAndNothingIsLeft) {
  write_file(folder_ / "a", "old");
  {
    AtomicFile file(folder_ / "a");
    file.stream() << "new";
  }
  EXPECT_EQ(content(folder_ / "a"), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(AtomicFileTest, ReplacesAnOldFileAndKeepsALinkToIt) {
  write_file(folder_ / "a", "old");
  fs::create_symlink("a", folder_ / "link");
  write_file(folder_ / "link", "new");
  EXPECT_EQ(content(folder_ / "a"), "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
}

TEST_F(AtomicFileTest, AMissingFolderIsTheUsersErrorAndNamesThePath) {
  const fs::path path = folder_ / "missing" / "a";
  EXPECT_THAT(error_of([&] { write_file(path, "x"); }),
              HasSubstr(path.string() + ": No such file or directory"));
}

TEST_F(AtomicFileTest, AFolderInItsPlaceIsTheUsersError) {
  EXPECT_THAT(error_of([&] { write_file(folder_, "x"); }), HasSubstr("Is a directory"));
  EXPECT_THAT(error_of([&] { write_file(folder_ / "", "x"); }), HasSubstr("Is a directory"));
}

TEST_F(AtomicFileTest, AFullDiskIsTheUsersError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  EXPECT_THAT(error_of([] { write_file("/dev/full", "x"); }), HasSubstr("No space left on device"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(AtomicFileTest, APipeIsWrittenDirectly) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = content(pipe); });
  write_file(pipe, "through");
  reader.join();
  EXPECT_EQ(received, "through");
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(AtomicFileTest, MakesFoldersAndRefusesAFileInTheirPlace) {
  make_folder(folder_ / "a" / "b");
  make_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  write_file(folder_ / "file", "x");
  EXPECT_THAT(error_of([&] { make_folder(folder_ / "file"); }), HasSubstr((folder_ / "file").string()));
  EXPECT_THAT(error_of([&] { make_folder(folder_ / "file" / "b"); }), HasSubstr("Not a directory"));
}

// FIPS 180-4 examples.
TEST(Digest, IsSha256) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_NE(sha256("abc"), sha256("abd"));
}

}  // namespace
}  // namespace podsim::stats

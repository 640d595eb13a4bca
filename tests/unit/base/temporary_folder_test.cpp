// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "podsim/base/error.h"

namespace podsim {
namespace {

TEST(TemporaryFolder, IsNamedByItsPurposeAndGoneWithItsFiles) {
  std::filesystem::path path;
  {
    const TemporaryFolder folder("notes");
    path = folder.path();
    EXPECT_NE(path.filename().string().find("podsim-notes-"), std::string::npos);
    std::ofstream(path / "a.txt") << "text";
    EXPECT_TRUE(std::filesystem::exists(path / "a.txt"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, TwoOfOnePurposeDiffer) {
  const TemporaryFolder one("twin");
  const TemporaryFolder other("twin");
  EXPECT_NE(one.path(), other.path());
}

TEST(TemporaryFolder, NoPlaceForItIsAnError) {
  ::setenv("TMPDIR", "/nowhere/at/all", 1);
  EXPECT_THROW(TemporaryFolder("lost"), ConfigError);
}

}  // namespace
}  // namespace podsim

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "podsim/base/error.h"
#include "unit/config/sample.h"

namespace podsim::config {

// What the ConfigError that `action` throws says; empty when it throws none.
template <class Action>
std::string message_of(const Action& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// The message for `text` as a T, read under the name t.json.
template <class T>
std::string errors_of(const std::string& text) {
  return message_of([&text] { parse<T>(text, "t.json"); });
}

// kMachine with one piece of its text replaced.
inline std::string machine_with(const std::string& piece, const std::string& replacement) {
  std::string text = sample::kMachine;
  const std::size_t at = text.find(piece);
  EXPECT_NE(at, std::string::npos) << piece;
  return text.replace(at, piece.size(), replacement);
}

inline std::string errors_with(const std::string& piece, const std::string& replacement) {
  return errors_of<sample::Machine>(machine_with(piece, replacement));
}

// A test inside an empty folder of its own, which is the current one.
class InFolder : public ::testing::Test {
 protected:
  InFolder() {
    namespace fs = std::filesystem;
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::temp_directory_path() / ("podsim_config_" + name + "_" + std::to_string(getpid()));
    fs::create_directories(folder_);
    before_ = fs::current_path();
    fs::current_path(folder_);
  }
  ~InFolder() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }
  static void write_file(const std::filesystem::path& path, const std::string& text) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  std::filesystem::path before_;
};

}  // namespace podsim::config

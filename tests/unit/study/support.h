// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "podsim/base/error.h"
#include "podsim/study/judge.h"

namespace podsim::study {

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

inline Case kernel_case(const std::string& id, double expected = 100.0) {
  Case one;
  one.id = id;
  one.family = "kernels";
  one.kernel = KernelRun{};
  one.kernel->name = "matmul";
  one.kernel->chip = "ascend910b1";
  one.kernel->shape = {{"m", 64}, {"n", 32}};
  one.metric = "task_duration_us";
  one.expected = expected;
  one.unit = "us";
  one.tolerance = 0.25;
  one.source = "a table";
  return one;
}

inline Case scenario_case(const std::string& id) {
  Case one = kernel_case(id);
  one.kernel.reset();
  one.run = ScenarioRun{};
  one.run->scenario = {"layer.json", "/configs/layer.json"};
  one.metric = "moe_layer.latency_us";
  return one;
}

inline Case gain_case(const std::string& id, const std::string& before, const std::string& after) {
  Case one;
  one.id = id;
  one.family = "kernels";
  one.gain = Gain{before, after};
  one.tolerance = 0.3;
  return one;
}

// A run of a kernel that left these figures.
inline Ran ran_with(const std::string& json) {
  Ran ran;
  ran.figures.emplace(Execution::Kind::Kernel, json, "test");
  return ran;
}

inline Ran ran_with_duration(double us) {
  return ran_with("{\"task_duration_us\": " + std::to_string(us) + "}");
}

// A result of a run with a figure.
inline Result result_of(const std::string& id, double expected, double value) {
  Result result;
  result.id = id;
  result.family = "kernels";
  result.metric = "task_duration_us";
  result.unit = "us";
  result.expected = expected;
  result.value = value;
  result.tolerance = 0.1;
  result.verdict = Verdict::Within;
  return result;
}

// A test with an empty folder of its own.
class WithFolder : public ::testing::Test {
 protected:
  WithFolder() {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ =
        std::filesystem::temp_directory_path() / ("podsim_study_" + name + "_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~WithFolder() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path) << text;
    return path.string();
  }
  // A program: a shell script with this body.
  std::string program(const std::string& name, const std::string& body) const {
    const std::string path = file(name, "#!/bin/sh\n" + body + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  std::filesystem::path folder_;
};

}  // namespace podsim::study

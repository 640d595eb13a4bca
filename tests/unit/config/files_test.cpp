// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>

#include "podsim/config/paths.h"
#include "unit/config/support.h"

namespace podsim::config {
namespace {

using sample::Chip;
using sample::Machine;

struct Nested {
  std::string name;
  std::vector<Ref<Nested>> parts;
  void describe(Fields& f) {
    f.required("name", name, "a name");
    f.value_or("parts", parts, {}, "what it is made of");
  }
};

class Files : public InFolder {
 protected:
  Files() { setenv("PODSIM_DATA", (folder() / "data").c_str(), 1); }

  static std::string machine_on(const std::string& chip) {
    return R"({"name": "m", "chip": ")" + chip + R"(", "dimensions": [{"kind": "clos", "tiers": 1}]})";
  }
  static constexpr const char* kChip = R"({"name": "c", "cores": 3})";
  template <class T>
  static std::string error_of(const std::string& path) {
    return message_of([&path] { load<T>(path); });
  }
};

TEST_F(Files, AFileThatIsNotThere) {
  EXPECT_EQ(error_of<Machine>("no.json"), "no.json: is no file (looked in the current folder, " +
                                              (folder() / "data").string() + "), expected a JSON file");
  EXPECT_EQ(error_of<Machine>("/no/such.json"),
            "/no/such.json: is no file (looked in /), expected a JSON file");
  EXPECT_EQ(error_of<Machine>(""), "\"\": names no file, expected a JSON file");
}

TEST_F(Files, AFileThatIsAFolder) {
  std::filesystem::create_directory("configs");
  EXPECT_EQ(error_of<Machine>("configs"), "configs: is a folder, expected a JSON file");
}

TEST_F(Files, AnEmptyFile) {
  write_file("m.json", "");
  EXPECT_EQ(error_of<Machine>("m.json"), "m.json: is empty, expected JSON");
}

TEST_F(Files, AReferenceIsFoundBesideTheFileThatHasIt) {
  write_file("pods/m.json", machine_on("../chips/c.json"));
  write_file("chips/c.json", kChip);
  const Machine machine = load<Machine>("pods/m.json");
  EXPECT_EQ(machine.chip->cores, 3);
  EXPECT_EQ(machine.chip.path, "../chips/c.json");
}

TEST_F(Files, AReferenceIsLookedForInOrder) {
  const auto cores = [] { return load<Machine>("pods/m.json").chip->cores; };
  write_file("pods/m.json", machine_on("c.json"));
  write_file("data/c.json", R"({"name": "c", "cores": 3})");
  EXPECT_EQ(cores(), 3);
  write_file("pods/c.json", R"({"name": "c", "cores": 2})");
  EXPECT_EQ(cores(), 2);
  write_file("c.json", R"({"name": "c", "cores": 1})");
  EXPECT_EQ(cores(), 1);
  write_file("pods/m.json", machine_on((folder() / "data/c.json").string()));
  EXPECT_EQ(cores(), 3);
}

TEST_F(Files, AFolderOfThatNameDoesNotHideAFileFurtherOn) {
  std::filesystem::create_directory("c.json");
  write_file("m.json", machine_on("c.json"));
  write_file("data/c.json", kChip);
  EXPECT_EQ(load<Machine>("m.json").chip->cores, 3);
}

TEST_F(Files, AReferenceToNothing) {
  write_file("pods/m.json", machine_on("c.json"));
  EXPECT_EQ(error_of<Machine>("pods/m.json"),
            "pods/m.json: /chip: got \"c.json\", which is no file (looked in the current folder, pods, " +
                (folder() / "data").string() + "), expected the path of a JSON file");
  std::filesystem::create_directory("c.json");
  EXPECT_EQ(error_of<Machine>("pods/m.json"),
            "pods/m.json: /chip: got \"c.json\", which is a folder, expected the path of a JSON file");
}

TEST_F(Files, AReferenceOfTheWrongType) {
  EXPECT_EQ(errors_of<Machine>(R"({"name": "m", "chip": 3, "dimensions": [{"kind": "clos", "tiers": 1}]})"),
            "t.json: /chip: got 3, expected an object, or the path of a file that has it");
}

TEST_F(Files, ErrorsInAReferredFileSayThatFile) {
  write_file("m.json", R"({"name": 1, "chip": "chips/c.json", "dimensions": 2})");
  write_file("chips/c.json", R"({"$schema": "chip.json", "name": "c", "cores": 0, "clokc": "1GHz"})");
  EXPECT_EQ(error_of<Machine>("m.json"),
            "m.json: /name: got 1, expected a string\n"
            "chips/c.json: /cores: got 0, expected more than 0\n"
            "chips/c.json: /clokc: unknown key, nearest is \"clock\"\n"
            "m.json: /dimensions: got 2, expected an array");
}

TEST_F(Files, BrokenSyntaxInAReferredFile) {
  write_file("m.json", machine_on("c.json"));
  write_file("c.json", "{\"name\": }");
  EXPECT_EQ(error_of<Machine>("m.json"),
            "c.json: line 1, column 10: syntax error while parsing value - unexpected '}'; expected '[', "
            "'{', or a literal");
}

TEST_F(Files, AReferenceCycle) {
  write_file("a.json", R"({"name": "a", "parts": ["b.json"]})");
  write_file("b.json", R"({"name": "b", "parts": [{"name": "inner", "parts": ["./a.json"]}]})");
  EXPECT_EQ(
      error_of<Nested>("a.json"),
      "b.json: /parts/0/parts/0: got \"./a.json\", which refers to itself: a.json -> b.json -> ./a.json");
}

TEST_F(Files, AFileReferredToTwiceIsNoCycle) {
  write_file("a.json", R"({"name": "a", "parts": ["b.json", "b.json"]})");
  write_file("b.json", R"({"name": "b"})");
  EXPECT_EQ(load<Nested>("a.json").parts.size(), 2U);
}

TEST_F(Files, PathsOfOtherFilesAreFoundTheSameWay) {
  write_file("runs/c.json", R"({"name": "m", "chip": {"name": "c", "cores": 3}, "trace": "t.bin",
                               "dimensions": [{"kind": "clos", "tiers": 1}]})");
  EXPECT_EQ(error_of<Machine>("runs/c.json"),
            "runs/c.json: /trace: got \"t.bin\", which is no file (looked in the current folder, runs, " +
                (folder() / "data").string() + "), expected the path of a file");
  write_file("runs/t.bin", "x");
  const Machine machine = load<Machine>("runs/c.json");
  EXPECT_EQ(machine.trace.path, "t.bin");
  EXPECT_EQ(machine.trace.resolved, "runs/t.bin");
}

TEST_F(Files, DataRootIsWhatTheEnvironmentSays) {
  EXPECT_EQ(data_root(), folder() / "data");
}

TEST(DataRoot, WithoutTheEnvironmentHasConfigsAndModelsOrIsEmpty) {
  unsetenv("PODSIM_DATA");
  const std::filesystem::path root = data_root();
  if (root.empty()) return;
  EXPECT_TRUE(std::filesystem::is_directory(root / "configs"));
  EXPECT_TRUE(std::filesystem::is_directory(root / "models"));
}

}  // namespace
}  // namespace podsim::config

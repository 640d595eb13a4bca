// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/config/document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "unit/config/support.h"

namespace podsim::config {
namespace {

using Json = nlohmann::ordered_json;
using sample::Clos;
using sample::kMachine;
using sample::Machine;
using sample::Mesh;
using namespace podsim::literals;

struct Scenario {
  Ref<Machine> machine;
  std::optional<std::int64_t> seed;
  std::optional<Ref<sample::Chip>> chip;
  void describe(Fields& f) {
    f.required("machine", machine, "the machine");
    f.optional("seed", seed, "seed of every random stream");
    f.optional("chip", chip, "the chip; that of the machine");
  }
};

// A scenario file that refers to a machine file that refers to a chip file, each in its own folder.
class Documents : public InFolder {
 protected:
  Documents() {
    write_file("runs/s.json", R"({"machine": "../pods/m.json", "seed": 1})");
    write_file("pods/m.json",
               R"({"name": "m", "chip": "c.json", "dimensions": [{"kind": "mesh", "sizes": [4]}]})");
    write_file("pods/c.json",
               R"({"name": "c", "cores": 3, "clock": {"value": "2GHz", "source": "data sheet"}})");
  }
  static Document document() { return Document::load("runs/s.json"); }
  static Scenario with(const std::string& set) {
    Document changed = document();
    changed.apply_set(set);
    return changed.read<Scenario>();
  }
  static std::string error_with(const std::string& set) {
    return message_of([&set] { with(set); });
  }
};

TEST_F(Documents, ReadsAsTheFileDoes) {
  EXPECT_EQ(document().read<Scenario>().machine->chip->cores, 3);
}

TEST_F(Documents, SetReplacesAValue) {
  EXPECT_EQ(with("/seed=7").seed, 7);
}

TEST_F(Documents, SetReachesThroughReferences) {
  const Scenario scenario = with("/machine/chip/cores=9");
  EXPECT_EQ(scenario.machine->chip->cores, 9);
  EXPECT_EQ(scenario.machine.path, "../pods/m.json");
}

TEST_F(Documents, SetTakesJsonOrElseAString) {
  EXPECT_EQ(with("/machine/chip/memory=8GiB").machine->chip->memory, 8_GiB);
  EXPECT_EQ(with("/machine/name=\"true\"").machine->name, "true");
  EXPECT_EQ(with("/machine/name=a=b").machine->name, "a=b");
  EXPECT_EQ(with("/machine/name=").machine->name, "");
  EXPECT_TRUE(with("/machine/adaptive=true").machine->adaptive);
  const Scenario scenario = with(R"(/machine/dimensions=[{"kind": "clos", "tiers": 3}])");
  EXPECT_EQ(std::get<Clos>(scenario.machine->dimensions.at(0)).tiers, 3);
}

TEST_F(Documents, SetOfBrokenJsonSaysSo) {
  EXPECT_EQ(
      error_with(R"(/machine={"name": })"),
      R"(--set /machine={"name": }: /machine: line 1, column 10: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal)");
}

TEST_F(Documents, SetChangesAndAppendsItemsOfArrays) {
  EXPECT_EQ(std::get<Mesh>(with("/machine/dimensions/0/sizes/0=5").machine->dimensions.at(0)).sizes.at(0), 5);
  EXPECT_EQ(std::get<Mesh>(with("/machine/dimensions/0/sizes/-=5").machine->dimensions.at(0)).sizes.size(),
            2U);
  EXPECT_EQ(with(R"(/machine/dimensions/1={"kind": "clos", "tiers": 1})").machine->dimensions.size(), 2U);
  EXPECT_EQ(error_with("/machine/dimensions/2=1"),
            "--set /machine/dimensions/2=1: got the index \"2\" in /machine/dimensions, expected 0 to 1, or "
            "\"-\" to append");
  EXPECT_EQ(error_with("/machine/dimensions/first/kind=clos"),
            "--set /machine/dimensions/first/kind=clos: got the index \"first\" in /machine/dimensions, "
            "expected 0 to 1, "
            "or \"-\" to append");
}

TEST_F(Documents, SetMakesTheObjectsOnTheWay) {
  EXPECT_EQ(with("/machine/links/up/bandwidth=1GB/s").machine->links.at("up").bandwidth.value, 1_GBps);
}

TEST_F(Documents, SetOfAMisspeltKeyIsAnUnknownKey) {
  EXPECT_EQ(error_with("/machin/chip=c.json"),
            "--set /machin/chip=c.json: /machin: unknown key, nearest is \"machine\"");
  EXPECT_EQ(error_with("/machine/scael=2"),
            "--set /machine/scael=2: /machine/scael: unknown key, nearest is \"scale\"");
}

TEST_F(Documents, SetBelowAValueThatHasNothingBelow) {
  EXPECT_EQ(error_with("/seed/x=1"),
            "--set /seed/x=1: /seed is 1, expected an object, an array or the path of a JSON file");
  EXPECT_EQ(error_with("/machine/name/x=1"),
            "--set /machine/name/x=1: /machine/name is \"m\", expected an object, an array or the path of a "
            "JSON file");
}

TEST_F(Documents, SetBelowAFileThatHoldsNoObject) {
  write_file("pods/c.json", "\"c.json\"");
  EXPECT_EQ(error_with("/machine/chip/cores=1"),
            "--set /machine/chip/cores=1: /machine/chip is \"c.json\", expected an object, an array or the "
            "path of a "
            "JSON file");
  EXPECT_FALSE(document().contains("/machine/chip/cores"));
}

TEST_F(Documents, SetOfNoPointer) {
  EXPECT_EQ(error_with("seed=1"), "--set seed=1: expected /json/pointer=value");
  EXPECT_EQ(error_with("/seed"), "--set /seed: expected /json/pointer=value");
  EXPECT_EQ(error_with("/a~2=1"),
            "--set /a~2=1: got \"~\" in the pointer \"/a~2\", expected \"~0\" or \"~1\"");
}

TEST_F(Documents, SetOfAWrongValueSaysWhoSetIt) {
  EXPECT_EQ(error_with("/machine/chip/cores=0"),
            "--set /machine/chip/cores=0: /machine/chip/cores: got 0, expected more than 0");
  EXPECT_EQ(error_with("/machine/dimensions=[{\"kind\": \"clos\", \"tiers\": 9}]"),
            "--set /machine/dimensions=[{\"kind\": \"clos\", \"tiers\": 9}]: /machine/dimensions/0/tiers: "
            "got 9, expected "
            "between 1 and 3");
}

TEST_F(Documents, ErrorsBesideASetValueStillSayTheirFile) {
  write_file("pods/c.json", R"({"name": "c", "cores": 3, "speed": 1})");
  EXPECT_EQ(error_with("/machine/chip/cores=4"),
            R"(c.json: /speed: unknown key, known are "name", "cores", "clock", "memory")");
}

TEST_F(Documents, SetKeepsTheFormOfASourcedValue) {
  const Scenario plain = with("/machine/chip/clock=1GHz");
  EXPECT_EQ(plain.machine->chip->clock.value, Hertz(1'000'000'000));
  EXPECT_EQ(plain.machine->chip->clock.source, "set on the command line");
  EXPECT_EQ(with("/machine/chip/clock/value=1GHz").machine->chip->clock.source, "set on the command line");
  EXPECT_EQ(with(R"(/machine/chip/clock={"value": "1GHz", "source": "mine"})").machine->chip->clock.source,
            "mine");
  EXPECT_EQ(error_with("/machine/chip/clock=fast"),
            "--set /machine/chip/clock=fast: /machine/chip/clock/value: got \"fast\", expected a clock rate "
            "such as \"1.65GHz\"");
}

TEST_F(Documents, SetToNullRemovesAKey) {
  EXPECT_FALSE(with("/seed=null").seed.has_value());
  EXPECT_EQ(error_with("/machine/chip/cores=null"), R"(c.json: missing key "cores" (number of cores))");
  EXPECT_EQ(error_with("/sead=null"), "--set /sead=null: there is no /sead to remove");
}

TEST_F(Documents, SetOfAPathIsFoundFromTheCurrentFolder) {
  write_file("other.json", R"({"name": "other", "cores": 77})");
  EXPECT_EQ(with("/machine/chip=other.json").machine->chip->cores, 77);
}

TEST_F(Documents, SetFromAFileOfOverrides) {
  Document changed = document();
  changed.set("/machine/chip/cores", Raw{"12"});
  EXPECT_EQ(changed.read<Scenario>().machine->chip->cores, 12);
}

TEST_F(Documents, GetReadsThroughReferences) {
  EXPECT_EQ(document().get("/machine/chip/cores"), Json(3));
  EXPECT_EQ(document().get("/machine/chip"), Json("c.json"));
  EXPECT_EQ(document().get("/machine/dimensions/0/kind"), Json("mesh"));
  EXPECT_EQ(document().get("/machine/chip/speed"), std::nullopt);
  EXPECT_EQ(document().get("/seed/deeper"), std::nullopt);
  EXPECT_EQ(document().get("/machine/dimensions/7"), std::nullopt);
  EXPECT_TRUE(document().contains("/machine/chip"));
  EXPECT_FALSE(document().contains("/chip"));
}

TEST_F(Documents, InsertDefaultFillsOnlyWhatIsAbsent) {
  Document changed = document();
  changed.insert_default("/seed", 5);
  changed.insert_default("/machine/scale", 0.25);
  const Scenario scenario = changed.read<Scenario>();
  EXPECT_EQ(scenario.seed, 1);
  EXPECT_EQ(scenario.machine->scale, 0.25);
}

TEST_F(Documents, CopyDefaultKeepsTheFolderOfARelativePath) {
  Document changed = document();
  changed.copy_default("/chip", "/machine/chip");
  EXPECT_EQ((*changed.read<Scenario>().chip)->cores, 3);
  write_file("own.json", R"({"name": "own", "cores": 5})");
  changed.apply_set("/chip=own.json");
  changed.copy_default("/chip", "/machine/chip");
  EXPECT_EQ((*changed.read<Scenario>().chip)->cores, 5);
}

TEST_F(Documents, CopiesAreIndependent) {
  const Document original = document();
  Document copy = original;
  copy.apply_set("/seed=9");
  EXPECT_EQ(original.read<Scenario>().seed, 1);
  EXPECT_EQ(copy.read<Scenario>().seed, 9);
}

}  // namespace
}  // namespace podsim::config

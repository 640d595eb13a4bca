// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace podsim::config {
namespace {

using sample::Chip;
using sample::Clos;
using sample::Group;
using sample::kMachine;
using sample::Link;
using sample::Machine;
using sample::Medium;
using sample::Mesh;
using namespace podsim::literals;

TEST(Reader, ReadsEveryKindOfValue) {
  const Machine machine = parse<Machine>(kMachine, "t.json");
  EXPECT_EQ(machine.name, "tiny");
  EXPECT_EQ(machine.chip->cores, 24);
  EXPECT_EQ(machine.chip->clock.value, Hertz(1'800'000'000));
  EXPECT_EQ(machine.chip->clock.source, "data sheet");
  EXPECT_EQ(machine.chip->memory, 64_GiB);
  EXPECT_EQ(std::get<Mesh>(machine.dimensions.at(0)).sizes, (std::vector<std::int64_t>{8, 8}));
  EXPECT_EQ(std::get<Clos>(machine.dimensions.at(1)).tiers, 2);
  EXPECT_EQ(std::get<Clos>(machine.dimensions.at(1)).oversubscription, 1.5);
  EXPECT_EQ(machine.links.at("board").bandwidth.value, 56_GBps);
  EXPECT_EQ(machine.links.at("board").medium, Medium::Board);
  EXPECT_EQ(machine.links.at("up/1").bandwidth.value, 400_MBps);
  EXPECT_EQ(machine.links.at("up/1").bandwidth.source, "");
  EXPECT_EQ(machine.links.at("up/1").delay, 175_ns);
  EXPECT_TRUE(machine.adaptive);
  EXPECT_EQ(machine.scale, 0.5);
  EXPECT_EQ(machine.group->groups.at(1).name, "right");
  EXPECT_EQ(machine.overrides.at("/pod").json, R"({"kind":["x",null]})");
}

TEST(Reader, AbsentKeysMeanTheirDefaults) {
  const Machine machine = parse<Machine>(
      R"({"name": "x", "chip": {"name": "c", "cores": 1}, "dimensions": [{"kind": "clos", "tiers": 1}]})",
      "t.json");
  EXPECT_EQ(machine.last, 10);
  EXPECT_EQ(machine.chip->clock.value, Hertz(1'800'000'000));
  EXPECT_EQ(machine.chip->clock.source, "assumed: a round number");
  EXPECT_FALSE(machine.chip->memory.has_value());
  EXPECT_FALSE(machine.group.has_value());
  EXPECT_TRUE(machine.links.empty());
}

TEST(Reader, AWholeNumberIsGoodForAReal) {
  EXPECT_EQ(parse<Machine>(machine_with("0.5", "2"), "t.json").scale, 2.0);
}

TEST(Reader, AFileMayNameItsSchemaAtTheTopOnly) {
  EXPECT_EQ(errors_with(R"("name": "tiny")", R"("$schema": "machine.json", "name": "tiny")"), "");
  EXPECT_EQ(errors_with(R"("name": "a1")", R"("$schema": "chip.json", "name": "a1")"),
            R"(t.json: /chip/$schema: unknown key, known are "name", "cores", "clock", "memory")");
}

TEST(Reader, UnknownKeyNamesTheNearestKnownOne) {
  EXPECT_EQ(errors_with(R"("lanes")", R"("lnaes")"),
            R"(t.json: /links/board/lnaes: unknown key, nearest is "lanes")");
}

TEST(Reader, UnknownKeyFarFromAllListsTheKnownOnes) {
  EXPECT_EQ(
      errors_with(R"("lanes")", R"("colour")"),
      "t.json: /links/board/colour: unknown key, known are \"bandwidth\", \"medium\", \"lanes\", \"delay\"");
}

TEST(Reader, MissingKey) {
  EXPECT_EQ(errors_with(R"("cores": 24, )", ""), R"(t.json: /chip: missing key "cores" (number of cores))");
  EXPECT_EQ(errors_with(R"("name": "tiny",)", ""), R"(t.json: missing key "name" (name of the machine))");
}

TEST(Reader, DuplicateKey) {
  EXPECT_EQ(errors_with(R"("cores": 24)", R"("cores": 24, "cores": 25)"),
            "t.json: /chip/cores: key given twice, expected once");
  EXPECT_EQ(errors_with(R"("up/1")", R"("board")"), "t.json: /links/board: key given twice, expected once");
}

TEST(Reader, WrongTypes) {
  EXPECT_EQ(errors_with(R"("tiny")", "5"), "t.json: /name: got 5, expected a string");
  EXPECT_EQ(errors_with("24", R"("many")"), R"(t.json: /chip/cores: got "many", expected an integer)");
  EXPECT_EQ(errors_with("24", "24.5"), "t.json: /chip/cores: got 24.5, expected an integer");
  EXPECT_EQ(errors_with("24", "24.0"), "t.json: /chip/cores: got 24.0, expected an integer");
  EXPECT_EQ(errors_with("true", "1"), "t.json: /adaptive: got 1, expected true or false");
  EXPECT_EQ(errors_with("0.5", "null"), "t.json: /scale: got null, expected a number");
  EXPECT_EQ(errors_with("[8, 8]", R"("8x8")"),
            R"(t.json: /dimensions/0/sizes: got "8x8", expected an array)");
  EXPECT_EQ(errors_with("[8, 8]", "[8, [8]]"),
            "t.json: /dimensions/0/sizes/1: got an array of 1 item, expected an integer");
  EXPECT_EQ(errors_with(R"({"name": "left"})", "[]"),
            "t.json: /group/groups/0: got an empty array, expected an object");
  EXPECT_EQ(errors_with(R"({"kind": "mesh", "sizes": [8, 8]})", "8"),
            R"(t.json: /dimensions/0: got 8, expected an object with the key "kind")");
  EXPECT_EQ(errors_with(R"({"/seed": 7, "/pod": {"kind": ["x", null]}})", "[]"),
            "t.json: /overrides: got an empty array, expected an object");
  EXPECT_EQ(errors_of<Machine>("[1, 2]"), "t.json: got an array of 2 items, expected an object");
  EXPECT_EQ(errors_of<Machine>("null"), "t.json: got null, expected an object");
}

TEST(Reader, QuantitiesNeedTheirUnit) {
  EXPECT_EQ(errors_with(R"("64GiB")", "64"),
            R"(t.json: /chip/memory: got 64, expected a size with its unit, such as "192KiB")");
  EXPECT_EQ(errors_with(R"("64GiB")", R"("64GHz")"),
            R"(t.json: /chip/memory: got "64GHz", expected a size such as "192KiB")");
  EXPECT_EQ(errors_with(R"("175ns")", R"("175")"),
            R"(t.json: /links/up~11/delay: got "175", expected a time such as "175ns")");
  EXPECT_EQ(
      errors_with(R"("175ns")", R"("0.5ps")"),
      R"(t.json: /links/up~11/delay: got "0.5ps", expected a time that is a whole number of ps and fits 63 bits)");
  EXPECT_EQ(
      errors_with(R"("175ns")", R"("9999999999s")"),
      R"(t.json: /links/up~11/delay: got "9999999999s", expected a time that is a whole number of ps and fits 63 bits)");
}

TEST(Reader, UnknownNameOfAnEnumeration) {
  EXPECT_EQ(
      errors_with(R"("medium": "board")", R"("medium": "borad")"),
      R"(t.json: /links/board/medium: got "borad", expected a medium, one of "board", "copper", "optics" (nearest is "board"))");
  EXPECT_EQ(errors_with(R"("medium": "board")", R"("medium": 3)"),
            R"(t.json: /links/board/medium: got 3, expected a medium, one of "board", "copper", "optics")");
}

TEST(Reader, UnknownKindListsTheKnownOnes) {
  EXPECT_EQ(errors_with(R"("kind": "mesh")", R"("kind": "mehs")"),
            R"(t.json: /dimensions/0/kind: got "mehs", expected one of "mesh", "clos" (nearest is "mesh"))");
  EXPECT_EQ(errors_with(R"("kind": "mesh", )", ""),
            R"(t.json: /dimensions/0: missing key "kind", expected one of "mesh", "clos")");
  EXPECT_EQ(errors_with(R"("kind": "mesh")", R"("kind": 1)"),
            R"(t.json: /dimensions/0/kind: got 1, expected one of "mesh", "clos")");
}

TEST(Reader, RangesSayTheirLimits) {
  EXPECT_EQ(errors_with(R"("lanes": 8)", R"("lanes": 65)"),
            "t.json: /links/board/lanes: got 65, expected between 1 and 64");
  EXPECT_EQ(errors_with(R"("lanes": 8)", R"("lanes": 64)"), "");
  EXPECT_EQ(errors_with("1.5", "0.99"),
            "t.json: /dimensions/1/oversubscription: got 0.99, expected at least 1");
  EXPECT_EQ(errors_with("24", "0"), "t.json: /chip/cores: got 0, expected more than 0");
  EXPECT_EQ(errors_with(R"("64GiB")", R"("1023MiB")"),
            R"(t.json: /chip/memory: got "1023MiB", expected at least 1GiB)");
  EXPECT_EQ(errors_with("[8, 8]", "[8, 1]"), "t.json: /dimensions/0/sizes/1: got 1, expected at least 2");
  EXPECT_EQ(errors_with("[8, 8]", "[]"),
            "t.json: /dimensions/0/sizes: got an empty array, expected at least one item");
  EXPECT_EQ(errors_with(R"("a1")", R"("")"),
            R"(t.json: /chip/name: got "", expected a string with something in it)");
}

TEST(Reader, RangesReachIntoSourcedValues) {
  EXPECT_EQ(errors_with(R"("56GB/s")", R"("1kB/s")"),
            R"(t.json: /links/board/bandwidth/value: got "1kB/s", expected at least 1MB/s)");
  EXPECT_EQ(errors_with(R"("400MB/s")", R"("1kB/s")"),
            R"(t.json: /links/up~11/bandwidth: got "1kB/s", expected at least 1MB/s)");
}

TEST(Reader, SourcedObjectsNeedValueAndSource) {
  EXPECT_EQ(errors_with(R"("value": "1.8GHz", )", ""),
            R"(t.json: /chip/clock: missing key "value" (the value itself))");
  EXPECT_EQ(errors_with(R"("value": "1.8GHz", "source": "data sheet")", R"("value": "1.8GHz")"),
            R"(t.json: /chip/clock: missing key "source" (where the value comes from))");
  EXPECT_EQ(errors_with(R"("value": "1.8GHz", "source": "data sheet")", R"("value": "1.8GHz", "source": "")"),
            R"(t.json: /chip/clock/source: got "", expected a string with something in it)");
  EXPECT_EQ(errors_with(R"("value": "1.8GHz", "source": "data sheet")",
                        R"("value": "1.8GHz", "sauce": "data sheet")"),
            "t.json: /chip/clock/sauce: unknown key, nearest is \"source\"\n"
            "t.json: /chip/clock: missing key \"source\" (where the value comes from)");
}

TEST(Reader, IntegersBeyond64BitsAreOutOfRange) {
  EXPECT_EQ(errors_with("24", "9223372036854775807"), "");
  EXPECT_EQ(errors_with("24", "9223372036854775808"),
            "t.json: /chip/cores: got 9223372036854775808, expected an integer that fits 63 bits");
  EXPECT_EQ(errors_with("24", "100000000000000000000"),
            "t.json: /chip/cores: got 100000000000000000000, expected an integer that fits 63 bits");
}

TEST(Reader, ConditionsBetweenFieldsAreJudgedWhenTheFieldsAreRight) {
  EXPECT_EQ(errors_with(R"("first": 2)", R"("first": 11)"),
            "t.json: got first 11 and last 10, expected first not to be past last");
  EXPECT_EQ(errors_with(R"("first": 2)", R"("first": 11, "last": "x")"),
            R"(t.json: /last: got "x", expected an integer)");
}

TEST(Reader, AllErrorsAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(
      errors_of<Machine>(R"({
    "scale": 0,
    "colour": 1,
    "dimensions": [{"kind": "clos", "tiers": 4, "tires": 1}, {"kind": "ring"}],
    "chip": {"cores": "x", "name": "c", "cores": 1},
    "adaptive": 2
  })"),
      "t.json: /scale: got 0, expected more than 0\n"
      "t.json: /colour: unknown key, known are \"name\", \"chip\", \"dimensions\", \"links\", \"adaptive\", "
      "\"scale\", \"first\", \"last\", \"group\", \"trace\", \"overrides\"\n"
      "t.json: /dimensions/0/tiers: got 4, expected between 1 and 3\n"
      "t.json: /dimensions/0/tires: unknown key, nearest is \"tiers\"\n"
      "t.json: /dimensions/1/kind: got \"ring\", expected one of \"mesh\", \"clos\"\n"
      "t.json: /chip/cores: got \"x\", expected an integer\n"
      "t.json: /chip/cores: key given twice, expected once\n"
      "t.json: /adaptive: got 2, expected true or false\n"
      "t.json: missing key \"name\" (name of the machine)");
}

TEST(Reader, WhatTheUserWroteStaysOnOneLine) {
  EXPECT_EQ(errors_of<Group>(R"({"name": "x", "a\nb": 1})"),
            R"(t.json: /a\nb: unknown key, known are "name", "groups")");
  EXPECT_EQ(errors_of<Group>(R"({"name": ["a\nb"], "groups": "a\nb"})"),
            "t.json: /name: got an array of 1 item, expected a string\n"
            R"(t.json: /groups: got "a\nb", expected an array)");
}

TEST(Reader, LongTextsAreShortened) {
  const std::string text = errors_of<Group>(R"({"name": "x", "groups": ")" + std::string(5000, 'x') + "\"}");
  EXPECT_EQ(text, "t.json: /groups: got \"" + std::string(60, 'x') + "...\", expected an array");
}

}  // namespace
}  // namespace podsim::config

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/units/units.h"

// A small machine that uses everything a configuration can: what the tests of the reader read.
namespace podsim::sample {

enum class Medium : std::uint8_t { Board, Copper, Optics };

}  // namespace podsim::sample

template <>
struct podsim::config::EnumNames<podsim::sample::Medium> {
  using Medium = podsim::sample::Medium;
  static constexpr const char* kWhat = "medium";
  static constexpr std::array kNames{std::pair{Medium::Board, "board"}, std::pair{Medium::Copper, "copper"},
                                     std::pair{Medium::Optics, "optics"}};
};

namespace podsim::sample {

using namespace podsim::literals;

struct Chip {
  std::string name;
  std::int64_t cores = 0;
  config::Sourced<Hertz> clock;
  std::optional<Bytes> memory;

  void describe(config::Fields& f) {
    f.required("name", name, "name of the chip").non_empty();
    f.required("cores", cores, "number of cores").positive();
    f.value_or("clock", clock, {Hertz(1'800'000'000), "assumed: a round number"}, "core clock").positive();
    f.optional("memory", memory, "size of the memory").at_least(1_GiB);
  }
};

struct Link {
  config::Sourced<BytesPerSecond> bandwidth;
  Medium medium = Medium::Copper;
  std::int64_t lanes = 4;
  std::optional<Picoseconds> delay;

  void describe(config::Fields& f) {
    f.required("bandwidth", bandwidth, "payload rate of one direction").at_least(1_MBps);
    f.value_or("medium", medium, Medium::Copper, "what the link is made of");
    f.value_or("lanes", lanes, 4, "lanes of one direction").between(1, 64);
    f.optional("delay", delay, "extra delay");
  }
};

struct Mesh {
  static constexpr const char* kKind = "mesh";
  std::vector<std::int64_t> sizes;

  void describe(config::Fields& f) {
    f.required("sizes", sizes, "cards along each side").non_empty().at_least(2);
  }
};

struct Clos {
  static constexpr const char* kKind = "clos";
  std::int64_t tiers = 1;
  double oversubscription = 1.0;

  void describe(config::Fields& f) {
    f.required("tiers", tiers, "switch tiers").between(1, 3);
    f.value_or("oversubscription", oversubscription, 1.0, "down over up").at_least(1.0);
  }
};

// A type that contains itself.
struct Group {
  std::string name;
  std::vector<Group> groups;

  void describe(config::Fields& f) {
    f.required("name", name, "name of the group");
    f.value_or("groups", groups, {}, "groups inside");
  }
};

struct Machine {
  std::string name;
  config::Ref<Chip> chip;
  std::vector<std::variant<Mesh, Clos>> dimensions;
  std::map<std::string, Link> links;
  bool adaptive = false;
  double scale = 1.0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::optional<Group> group;
  config::FilePath trace;
  std::map<std::string, config::Raw> overrides;

  void describe(config::Fields& f) {
    f.required("name", name, "name of the machine");
    f.required("chip", chip, "the chip of every card");
    f.required("dimensions", dimensions, "how cards are wired").non_empty();
    f.value_or("links", links, {}, "links by name");
    f.value_or("adaptive", adaptive, false, "adaptive routing");
    f.value_or("scale", scale, 1.0, "a factor on everything").positive();
    f.value_or("first", first, 0, "first card");
    f.value_or("last", last, 10, "last card");
    f.optional("group", group, "nested groups");
    f.value_or("trace", trace, {}, "a trace to replay");
    f.value_or("overrides", overrides, {}, "values by pointer");
    f.check(first <= last, "got first {} and last {}, expected first not to be past last", first, last);
  }
};

// A valid Machine with every kind of value in it.
inline constexpr const char* kMachine = R"({
  "name": "tiny",
  "chip": {"name": "a1", "cores": 24, "clock": {"value": "1.8GHz", "source": "data sheet"}, "memory": "64GiB"},
  "dimensions": [{"kind": "mesh", "sizes": [8, 8]}, {"kind": "clos", "tiers": 2, "oversubscription": 1.5}],
  "links": {
    "board": {"bandwidth": {"value": "56GB/s", "source": "data sheet"}, "medium": "board", "lanes": 8},
    "up/1": {"bandwidth": "400MB/s", "delay": "175ns"}
  },
  "adaptive": true,
  "scale": 0.5,
  "first": 2,
  "group": {"name": "all", "groups": [{"name": "left"}, {"name": "right", "groups": []}]},
  "overrides": {"/seed": 7, "/pod": {"kind": ["x", null]}}
})";

}  // namespace podsim::sample

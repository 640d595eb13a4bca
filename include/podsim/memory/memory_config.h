// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "podsim/config/fields.h"

// The memory of a die as data: a file in configs/memory/.
namespace podsim::memory {

// What a DRAM command pair is about.
enum class Scope : std::uint8_t { Bank, BankGroup, Channel };
enum class Command : std::uint8_t { Activate, Precharge, Read, Write, Refresh, Data };

// One DRAM timing rule: from `before` to `after` on the same bank, bank group or channel at least `time`
// passes; with `count` n, from the n-th last `before`. "read to data" is the read latency, "refresh to
// refresh" the mean interval, "refresh to activate" how long one refresh takes.
struct TimingRule {
  std::string name;  // as JEDEC calls it: "tRCDRD"
  Scope scope = Scope::Bank;
  Command before = Command::Activate;
  Command after = Command::Read;
  std::optional<config::Sourced<std::int64_t>> count;
  config::Sourced<Picoseconds> time;

  void describe(config::Fields& f);
};

// Stacked DRAM. A channel is what has a command and a data bus of its own: a pseudo-channel where the stack
// works in pseudo-channel mode.
struct HbmConfig {
  config::Sourced<Bytes> capacity;  // all stacks
  config::Sourced<std::int64_t> stacks;
  config::Sourced<std::int64_t> channels;             // per stack
  config::Sourced<std::int64_t> width_bits;           // data bus of a channel
  config::Sourced<Picoseconds> clock_period;          // of the command clock
  config::Sourced<std::int64_t> transfers_per_clock;  // data transfers on a pin per command clock
  config::Sourced<std::int64_t> burst_length;         // transfers per column command
  config::Sourced<std::int64_t> bank_groups;
  config::Sourced<std::int64_t> banks_per_group;
  config::Sourced<Bytes> row;                 // of a bank of one channel
  config::Sourced<Bytes> granule;             // consecutive bytes on one channel
  config::Sourced<bool> hash;                 // channel and bank are XOR-folded from higher address bits
  config::Sourced<std::int64_t> queue;        // requests that a channel's scheduler sees at once
  config::Sourced<std::int64_t> write_batch;  // writes kept back until so many can go in one turn
  std::vector<TimingRule> timing;

  std::int64_t channel_count() const { return stacks.value * channels.value; }
  Bytes burst_bytes() const { return Bytes(width_bits.value * burst_length.value / 8); }
  // All data buses together, without any overhead.
  BytesPerSecond peak() const;
  void describe(config::Fields& f);
};

// The cache that all cores of a die share.
struct L2Config {
  config::Sourced<Bytes> capacity;
  config::Sourced<Bytes> line;
  config::Sourced<Bytes> sector;  // what is valid or dirty on its own, and what the vendor's counters count
  config::Sourced<Bytes> fetch;   // what a miss brings from memory: an aligned block of so many bytes
  config::Sourced<std::int64_t> ways;
  config::Sourced<std::int64_t> slices;
  config::Sourced<bool> hash;  // the slice is XOR-folded from higher address bits
  config::Sourced<Hertz> clock;
  // A slice takes a request, of at most one line, per `request_slot`, and moves `slice_bytes` per cycle.
  config::Sourced<Cycles> request_slot;
  config::Sourced<Bytes> slice_bytes;
  // A grain lies in one bank of its slice. Requests of several cores to it are answered one after another, as
  // the bank delivers it; other requests meanwhile go to other banks.
  config::Sourced<Bytes> conflict_grain;
  config::Sourced<Bytes> bank_bytes;          // that a bank delivers per cycle
  config::Sourced<Cycles> hit_latency;        // from a core's request to its data, on an idle die
  config::Sourced<Picoseconds> miss_latency;  // what a miss adds besides the DRAM's own latency
  config::Sourced<std::int64_t> outstanding;  // requests that a core may have in flight

  void describe(config::Fields& f);
};

struct MemoryConfig {
  std::string name;
  std::string description;
  L2Config l2;
  HbmConfig hbm;

  void describe(config::Fields& f);
};

}  // namespace podsim::memory

template <>
struct podsim::config::EnumNames<podsim::memory::Scope> {
  using Scope = podsim::memory::Scope;
  static constexpr const char* kWhat = "scope";
  static constexpr std::array kNames{std::pair{Scope::Bank, "bank"},
                                     std::pair{Scope::BankGroup, "bank_group"},
                                     std::pair{Scope::Channel, "channel"}};
};
template <>
struct podsim::config::EnumNames<podsim::memory::Command> {
  using Command = podsim::memory::Command;
  static constexpr const char* kWhat = "command";
  static constexpr std::array kNames{
      std::pair{Command::Activate, "activate"}, std::pair{Command::Precharge, "precharge"},
      std::pair{Command::Read, "read"},         std::pair{Command::Write, "write"},
      std::pair{Command::Refresh, "refresh"},   std::pair{Command::Data, "data"}};
};

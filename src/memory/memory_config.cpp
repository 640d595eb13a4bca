// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/memory_config.h"

#include <algorithm>

namespace podsim::memory {

using namespace literals;

namespace {

bool power_of_two(std::int64_t n) {
  return n > 0 && (n & (n - 1)) == 0;
}

}  // namespace

BytesPerSecond HbmConfig::peak() const {
  const std::int64_t bits = width_bits.value * transfers_per_clock.value * channel_count();
  return rate_rounded_down(Bytes(bits * 125'000), clock_period.value * 1'000'000);
}

void TimingRule::describe(config::Fields& f) {
  f.required("name", name, "what JEDEC calls it").non_empty();
  f.required("scope", scope, "banks that the two commands have in common");
  f.required("before", before, "the earlier command");
  f.required("after", after, "the later command");
  f.optional("count", count, "from which last `before`: 4 for four activates; none: the last").between(2, 16);
  f.required("time", time, "least time between them").at_least(1_ps);
}

void HbmConfig::describe(config::Fields& f) {
  f.required("capacity", capacity, "bytes of all stacks").at_least(1_MiB);
  f.required("stacks", stacks, "stacks of DRAM").between(1, 64);
  f.required("channels", channels, "channels (or pseudo-channels) of a stack").between(1, 64);
  f.required("width_bits", width_bits, "data bits of a channel").between(8, 1024);
  f.required("clock_period", clock_period, "period of the command clock").between(100_ps, 100_ns);
  f.required("transfers_per_clock", transfers_per_clock, "data transfers per command clock").between(1, 16);
  f.required("burst_length", burst_length, "transfers per column command").between(1, 64);
  f.required("bank_groups", bank_groups, "bank groups of a channel").between(1, 16);
  f.required("banks_per_group", banks_per_group, "banks of a group").between(1, 64);
  f.required("row", row, "open row of a bank").between(256_B, 64_KiB);
  f.required("granule", granule, "consecutive bytes on one channel").between(32_B, 64_KiB);
  f.required("hash", hash, "channel and bank are XOR-folded from higher address bits");
  f.required("queue", queue, "requests that a channel's scheduler sees").between(1, 1024);
  f.required("write_batch", write_batch, "writes that go in one turn of the bus").between(1, 256);
  f.required("timing", timing, "timing rules").non_empty();
  f.check(width_bits.value * burst_length.value % 8 == 0 &&
              power_of_two(width_bits.value * burst_length.value / 8),
          "width_bits x burst_length is {} bits, expected a power of two of bytes",
          width_bits.value * burst_length.value);
  f.check(power_of_two(granule.value.count()) && power_of_two(row.value.count()) &&
              granule.value <= row.value && granule.value >= burst_bytes(),
          "granule is {} and row {}, expected powers of two, a burst <= granule <= row",
          to_string(granule.value), to_string(row.value));
  f.check(power_of_two(bank_groups.value * banks_per_group.value), "{} banks, expected a power of two",
          bank_groups.value * banks_per_group.value);
  f.check(power_of_two(channel_count()) || !hash.value, "{} channels, expected a power of two with a hash",
          channel_count());
}

void L2Config::describe(config::Fields& f) {
  f.required("capacity", capacity, "bytes of all slices").at_least(1_KiB);
  f.required("line", line, "bytes of a line").between(64_B, 4_KiB);
  f.required("sector", sector, "what is valid or dirty on its own").between(32_B, 4_KiB);
  f.required("fetch", fetch, "what a miss brings from memory").between(32_B, 4_KiB);
  f.required("ways", ways, "lines of a set").between(1, 32);
  f.required("slices", slices, "slices, interleaved by line").between(1, 512);
  f.required("hash", hash, "the slice is XOR-folded from higher address bits");
  f.required("clock", clock, "clock that cycles here count").at_least(1_MHz);
  f.required("request_slot", request_slot, "cycles of a slice per request, at least").at_least(1_cycles);
  f.required("slice_bytes", slice_bytes, "that a slice moves per cycle").between(1_B, 4_KiB);
  f.required("conflict_grain", conflict_grain, "bytes on which cores get in each other's way").at_least(32_B);
  f.required("bank_bytes", bank_bytes, "what a bank of a slice delivers per cycle").at_least(1_B);
  f.required("hit_latency", hit_latency, "request to data on an idle die").at_least(1_cycles);
  f.required("miss_latency", miss_latency, "what a miss adds besides the DRAM").at_least(Picoseconds(0));
  f.required("outstanding", outstanding, "requests of a core in flight").between(1, 4096);
  f.check(power_of_two(line.value.count()) && power_of_two(sector.value.count()) &&
              line.value.count() / sector.value.count() >= 1 &&
              line.value.count() / sector.value.count() <= 8,
          "line is {} and sector {}, expected powers of two, 1 to 8 sectors in a line", to_string(line.value),
          to_string(sector.value));
  f.check(power_of_two(fetch.value.count()) && fetch.value >= sector.value && fetch.value <= line.value,
          "fetch is {}, expected a power of two from sector to line", to_string(fetch.value));
  f.check(power_of_two(conflict_grain.value.count()) && conflict_grain.value >= sector.value &&
              conflict_grain.value <= line.value,
          "conflict_grain is {}, expected a power of two from sector to line",
          to_string(conflict_grain.value));
  f.check(line.value.count() > 0 && ways.value > 0 && slices.value > 0 &&
              capacity.value.count() % (line.value.count() * ways.value * slices.value) == 0,
          "capacity {} is not a whole number of sets of {} ways in {} slices", to_string(capacity.value),
          ways.value, slices.value);
  f.check(power_of_two(slices.value) || !hash.value, "{} slices, expected a power of two with a hash",
          slices.value);
}

void MemoryConfig::describe(config::Fields& f) {
  f.required("name", name, "name of the memory").non_empty();
  f.value_or("description", description, "", "what it is");
  f.required("l2", l2, "cache that all cores share");
  f.required("hbm", hbm, "stacked DRAM behind it");
  f.check(l2.line.value.count() > 0 &&
              hbm.capacity.value.count() / std::max<std::int64_t>(l2.line.value.count(), 1) <
                  (std::int64_t{1} << 32) - 2,
          "hbm capacity {} is more lines than 32 bits can count", to_string(hbm.capacity.value));
  f.check(hbm.granule.value >= l2.line.value, "hbm granule {} is smaller than the line {}",
          to_string(hbm.granule.value), to_string(l2.line.value));
}

}  // namespace podsim::memory

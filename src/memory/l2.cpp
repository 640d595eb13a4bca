// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "memory/l2.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::memory {
namespace {

unsigned log2_of(Bytes bytes) {
  return static_cast<unsigned>(__builtin_ctzll(static_cast<std::uint64_t>(bytes.count())));
}
std::int64_t sets_of(const L2Config& config) {
  return config.capacity.value.count() / (config.line.value.count() * config.ways.value);
}
Cycles bank_time(const L2Config& config) {
  const std::int64_t rate = config.bank_bytes.value.count();
  return Cycles((config.conflict_grain.value.count() + rate - 1) / rate);
}
__extension__ using Uint128 = unsigned __int128;

std::int64_t count(std::uint8_t sectors) {
  unsigned n = sectors - ((sectors >> 1U) & 0x55U);  // the compiler would call a library for popcount
  n = (n & 0x33U) + ((n >> 2U) & 0x33U);
  return (n + (n >> 4U)) & 0x0FU;
}

// From the first to the last of some sectors.
struct Run {
  std::uint64_t first;
  std::int64_t count;
};
Run run_of(std::uint8_t sectors) {
  const int first = __builtin_ctz(sectors);
  const int last = 31 - __builtin_clz(sectors);
  return {static_cast<std::uint64_t>(first), last - first + 1};
}
std::uint8_t first_sectors(Bytes bytes, Bytes sector) {
  return static_cast<std::uint8_t>((1U << static_cast<unsigned>(bytes / sector)) - 1);
}

}  // namespace

L2::L2(const L2Config& config, Hbm& hbm)
    : hbm_(hbm),
      interleave_(config.slices.value, config.hash.value),
      line_shift_(log2_of(config.line.value)),
      sector_shift_(log2_of(config.sector.value)),
      fetch_sectors_(first_sectors(config.fetch.value, config.sector.value)),
      all_sectors_(first_sectors(config.line.value, config.sector.value)),
      sets_per_slice_(static_cast<std::uint32_t>(sets_of(config) / config.slices.value)),
      set_bits_(config.hash.value ? static_cast<unsigned>(__builtin_ctz(sets_per_slice_)) : 0),
      set_mask_((1U << set_bits_) - 1),
      modulo_(~std::uint64_t{0} / sets_per_slice_ + 1),
      slot_ps_(time_rounded_up(config.request_slot.value, config.clock.value).count()),
      byte_ps_(time_rounded_up(Cycles(1024), config.clock.value).count() / config.slice_bytes.value.count()),
      conflict_ps_(time_rounded_up(bank_time(config), config.clock.value).count()),
      hit_ps_(time_rounded_up(config.hit_latency.value, config.clock.value).count()),
      miss_ps_(config.miss_latency.value.count()),
      line_conflicts_(config.conflict_grain.value == config.line.value),
      sets_(sets_of(config), config.ways.value),
      slices_(static_cast<std::size_t>(config.slices.value)) {
  PODSIM_CHECK(conflict_ps_ <= Calendar::kWindow, "conflict of {} ps", conflict_ps_);
}

void L2::fill(std::uint64_t device_bytes, bool dirty) {
  const std::uint64_t round = static_cast<std::uint64_t>(slices_.size()) << set_bits_;  // fills sets alike
  const std::uint64_t end = (device_bytes >> line_shift_) / round * round;
  const std::uint64_t count = std::min<std::uint64_t>(end, sets_.places());
  for (std::uint64_t number = end - count; number < end; ++number) {
    const auto line = static_cast<std::uint32_t>(number);
    L2Sets::Victim none;
    const std::size_t slot = sets_.replace(set_of(line, interleave_.part(line)), line, none);
    sets_.at(slot).valid = all_sectors_;
    if (dirty) sets_.at(slot).dirty = all_sectors_;
  }
}

// Sets of a slice are consecutive; with the hash, strides of powers of two do not fall into few of them, and
// blocks as large as a way still fill all sets alike. The remainder as in D. Lemire et al., "Faster remainder
// by direct computation" (2019).
std::size_t L2::set_of(std::uint32_t line, std::size_t slice) const {
  auto index = static_cast<std::uint32_t>(interleave_.index(line));
  const std::uint64_t high = std::uint64_t{index} >> set_bits_;
  const std::uint64_t fold = high ^ (high >> set_bits_) ^ (high >> (2 * set_bits_));  // three groups of bits
  index ^= static_cast<std::uint32_t>(fold) & set_mask_;
  std::uint32_t within = 0;
  if (sets_per_slice_ > 1) {
    const std::uint64_t low = modulo_ * index;
    within = static_cast<std::uint32_t>((static_cast<Uint128>(low) * sets_per_slice_) >> 64U);
  }
  return slice * sets_per_slice_ + within;
}

std::uint8_t L2::sectors(std::uint64_t address, std::int64_t bytes) const {
  const std::uint64_t inside = address & ((std::uint64_t{1} << line_shift_) - 1);
  const std::uint64_t first = inside >> sector_shift_;
  const std::uint64_t last = (inside + static_cast<std::uint64_t>(bytes) - 1) >> sector_shift_;
  return static_cast<std::uint8_t>((2U << last) - (1U << first));
}

L2::Find L2::find(const Request& request) const {
  const std::uint32_t line = line_of(request.address);
  const std::uint64_t inside = (std::uint64_t{1} << sector_shift_) - 1;
  const std::uint64_t end = request.address + static_cast<std::uint64_t>(request.bytes);
  const std::size_t slice = interleave_.part(line);
  const std::size_t set = set_of(line, slice);
  return {slice, set, sets_.find(set, line), sectors(request.address, request.bytes),
          ((request.address | end) & inside) != 0};
}

// Whether the line's last request, by another core, is still being answered when this one comes.
bool L2::in_use(std::size_t slot, const Request& request) {
  const auto distance = static_cast<std::int32_t>(stamp_of(request.at) + 1 - sets_.at(slot).stamp);
  return std::abs(distance) < static_cast<std::int32_t>(hit_ps_ >> L2Sets::kStampShift);
}

L2::Turn L2::slice(const Request& request, const Find& found, int slots) {
  Calendar& time = slices_[found.slice];
  const std::int64_t slot = std::max(slot_ps_, (request.bytes * byte_ps_) >> 10);
  std::int64_t cost = slot * slots;
  std::int64_t ready = request.at + hit_ps_;
  ++stats_.requests;
  if (found.slot != L2Sets::kNone) {
    const L2Sets::Line& line = sets_.at(found.slot);
    const std::int64_t there = static_cast<std::int64_t>(line.ready) << L2Sets::kStampShift;
    const bool other = line.touched != 0 && line.port != request.port;
    if (other && (line_conflicts_ || (line.touched & found.wanted) != 0) && in_use(found.slot, request)) {
      ++stats_.conflicts;
      cost = std::max(cost, conflict_ps_);
    }
    // Data on its way from memory. A later call may have asked for it for a later time: then as a miss.
    ready = std::max(ready, std::min(there, ready + hit_ps_ + miss_ps_));
  }
  stats_.slice_busy_ps += cost;
  const std::int64_t done = time.reserve(request.now, request.at, cost);
  return {done, std::max(ready, done + hit_ps_ - slot)};
}

void L2::touch(std::size_t slot, const Request& request, std::uint8_t wanted, std::int64_t ready) {
  L2Sets::Line& line = sets_.at(slot);
  line.touched = wanted;
  line.port = static_cast<std::uint16_t>(request.port);
  line.ready = stamp_of(ready);
  if (request.hint == Hint::Persistent) line.persistent = 1;
  line.stamp = request.hint == Hint::First ? 0 : stamp_of(request.at) + 1;
}

L2::Room L2::allocate(const Request& request, Find& found) {
  L2Sets::Victim victim;
  found.slot = sets_.replace(found.set, line_of(request.address), victim);
  if (!victim.there || victim.dirty == 0) return {victim.there, 0};
  const Run run = run_of(victim.dirty);
  const std::int64_t bytes = run.count << sector_shift_;
  const std::uint64_t address = static_cast<std::uint64_t>(victim.line) << line_shift_;
  stats_.hbm_write_bytes += bytes;
  return {true, hbm_.write(request.now, request.at, address + (run.first << sector_shift_), bytes)};
}

// The sectors that come along: whole blocks of the memory's own grain.
std::uint8_t L2::fetched(std::uint8_t missing) const {
  std::uint8_t all = 0;
  const auto step = static_cast<unsigned>(count(fetch_sectors_));
  for (unsigned first = 0; first < 8; first += step) {
    const auto block = static_cast<std::uint8_t>(fetch_sectors_ << first);
    if ((missing & block) != 0) all = static_cast<std::uint8_t>(all | block);
  }
  return all;
}

// From the first to the last of these sectors. Returns when they are in the slice.
std::int64_t L2::fetch(const Request& request, std::int64_t from, std::uint8_t wanted) {
  const Run run = run_of(wanted);
  const std::int64_t bytes = run.count << sector_shift_;
  const std::uint64_t line = request.address >> line_shift_ << line_shift_;
  stats_.hbm_read_bytes += bytes;
  return hbm_.read(request.now, from, line + (run.first << sector_shift_), bytes) + miss_ps_;
}

std::int64_t L2::read(const Request& request) {
  Find found = find(request);
  const Turn turn = slice(request, found, 1);
  const std::size_t half = found.slice * 2 >= slices_.size() ? 1 : 0;
  const std::uint8_t there = found.slot == L2Sets::kNone ? std::uint8_t{0} : sets_.at(found.slot).valid;
  const auto missing = static_cast<std::uint8_t>(found.wanted & ~there);
  stats_.read_hits[half] += count(static_cast<std::uint8_t>(found.wanted & there));
  if (missing == 0) {
    touch(found.slot, request, found.wanted, turn.answer);
    return turn.answer;
  }
  const std::uint8_t fetching = fetched(missing);
  std::int64_t answer = fetch(request, turn.done, fetching) + hit_ps_ - slot_ps_;
  if (request.hint == Hint::Bypass) {
    stats_.uncached_sectors += count(missing);
    return answer;
  }
  Room room;
  if (found.slot == L2Sets::kNone) room = allocate(request, found);
  answer = std::max(answer, room.free);
  (room.drove_out ? stats_.read_victims : stats_.read_misses)[half] += count(missing);
  L2Sets::Line& line = sets_.at(found.slot);
  line.valid = static_cast<std::uint8_t>(line.valid | fetching);
  touch(found.slot, request, found.wanted, answer);
  return answer;
}

std::int64_t L2::write(const Request& request) {
  Find found = find(request);
  const Turn turn = slice(request, found, 1);
  const std::int64_t written = count(found.wanted);
  if (found.slot == L2Sets::kNone && request.hint == Hint::Bypass) {
    stats_.write_misses += written;
    const std::int64_t bytes = written << sector_shift_;
    const std::uint64_t first = request.address >> sector_shift_ << sector_shift_;
    stats_.hbm_write_bytes += bytes;
    return std::max(turn.answer, hbm_.write(request.now, turn.done, first, bytes) + miss_ps_);
  }
  const Written made = make_room(request, found);
  // Whole sectors need nothing from memory; of one written in part the rest does.
  if (made.missing != 0 && found.partial) fetch(request, turn.done, made.missing);
  const std::int64_t answer = std::max(turn.answer, made.free);
  touch(found.slot, request, found.wanted, answer);
  return answer;
}

// The line is read, changed and written in its slice.
std::int64_t L2::atomic(const Request& request) {
  Find found = find(request);
  const Turn turn = slice(request, found, 2);
  const Written made = make_room(request, found);
  std::int64_t answer = turn.answer;
  if (made.missing != 0) answer = fetch(request, turn.done, made.missing) + hit_ps_ - slot_ps_;
  answer = std::max(answer, made.free);
  touch(found.slot, request, found.wanted, answer);
  return answer;
}

// A place for the sectors to be written.
L2::Written L2::make_room(const Request& request, Find& found) {
  Room room;
  if (found.slot == L2Sets::kNone) room = allocate(request, found);
  L2Sets::Line& line = sets_.at(found.slot);
  const auto missing = static_cast<std::uint8_t>(found.wanted & ~line.valid);
  stats_.write_hits += count(found.wanted) - count(missing);
  stats_.write_misses += count(missing);
  line.valid = static_cast<std::uint8_t>(line.valid | found.wanted);
  line.dirty = static_cast<std::uint8_t>(line.dirty | found.wanted);
  return {missing, room.free};
}

}  // namespace podsim::memory

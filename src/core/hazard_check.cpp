// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/core/hazard_check.h"

#include <algorithm>

#include "podsim/core/names.h"

namespace podsim::core {
namespace {

using kernel::Footprint;
using kernel::Pipe;

// Records kept per memory, the oldest is forgotten first: buffers are used again and again, GM is not.
constexpr std::size_t kMostRecords = 1024;
constexpr std::size_t kMostGmRecords = 256;

std::size_t index(Pipe pipe) {
  return static_cast<std::size_t>(pipe);
}

std::uint64_t end_of(const Footprint& f) {
  return f.address + (f.blocks == 0 ? 0 : (f.blocks - 1) * f.stride + f.bytes);
}

bool dense(const Footprint& f) {
  return f.blocks <= 1 || f.stride <= f.bytes;
}

// Some block of strided `f` meets [begin, end).
bool meets(const Footprint& f, std::uint64_t begin, std::uint64_t end) {
  if (f.blocks == 0 || begin >= end_of(f) || end <= f.address) return false;
  if (dense(f)) return true;
  // The last block that starts before `end` reaches furthest; it must reach past `begin`.
  const std::uint64_t last = std::min<std::uint64_t>((end - 1 - f.address) / f.stride, f.blocks - 1);
  return f.address + last * f.stride + f.bytes > begin;
}

}  // namespace

bool overlap(const Footprint& a, const Footprint& b) {
  if (a.memory != b.memory || a.blocks == 0 || b.blocks == 0) return false;
  if (a.address >= end_of(b) || b.address >= end_of(a)) return false;
  if (dense(a)) return meets(b, a.address, end_of(a));
  if (dense(b)) return meets(a, b.address, end_of(b));
  const Footprint& few = a.blocks < b.blocks ? a : b;
  const Footprint& many = a.blocks < b.blocks ? b : a;
  for (std::uint64_t i = 0; i < few.blocks; ++i) {
    const std::uint64_t begin = few.address + i * few.stride;
    if (meets(many, begin, begin + few.bytes)) return true;
  }
  return false;
}

HazardCheck::HazardCheck(std::uint32_t core, std::int64_t block, bool strict)
    : core_(core), block_(block), strict_(strict) {}

// In-order pipes: a later instruction reads and writes after an earlier one has read, so within a pipe only
// what was written matters; the cube orders its own accumulation, MTE1 and FixPipe take one at a time.
bool HazardCheck::ordered(const Record& earlier, const Access& now, bool now_writes) const {
  if (earlier.pipe == now.pipe) {
    if (!strict_ || !earlier.footprint.write) return true;
    const bool overlapping =
        now.pipe == Pipe::V || ((now.pipe == Pipe::Mte2 || now.pipe == Pipe::Mte3) && now_writes);
    if (!overlapping) return true;
  }
  // Compilers order scalar accesses to a core's buffers with everything.
  const bool scalar = earlier.pipe == Pipe::S || now.pipe == Pipe::S;
  if (scalar && !strict_ && earlier.footprint.memory != kernel::Memory::Gm) return true;
  const bool cube_and_fixpipe = (earlier.pipe == Pipe::M && now.pipe == Pipe::Fix) ||
                                (earlier.pipe == Pipe::Fix && now.pipe == Pipe::M);
  if (cube_and_fixpipe && earlier.unit_flag && now.unit_flag) return true;
  return clocks_[index(now.pipe)][index(earlier.pipe)] >= earlier.number;
}

void HazardCheck::report(const Record& earlier, const Access& access, const Footprint& footprint) {
  const bool in_order = earlier.number < access.number;
  const bool first_writes = in_order ? earlier.footprint.write : footprint.write;
  const bool second_writes = in_order ? footprint.write : earlier.footprint.write;
  Hazard hazard;
  hazard.kind = !first_writes   ? Hazard::Kind::WriteAfterRead
                : second_writes ? Hazard::Kind::WriteAfterWrite
                                : Hazard::Kind::ReadAfterWrite;
  hazard.core = core_;
  hazard.block = block_;
  hazard.first_call = in_order ? earlier.call : access.call;
  hazard.first_pipe = in_order ? earlier.pipe : access.pipe;
  hazard.first_cycle = in_order ? earlier.cycle : access.cycle;
  hazard.second_call = in_order ? access.call : earlier.call;
  hazard.second_pipe = in_order ? access.pipe : earlier.pipe;
  hazard.second_cycle = in_order ? access.cycle : earlier.cycle;
  hazard.memory = footprint.memory;
  hazard.address = std::max(earlier.footprint.address, footprint.address);
  const auto key = std::make_tuple(hazard.first_call, hazard.second_call, static_cast<int>(hazard.first_pipe),
                                   static_cast<int>(hazard.second_pipe), static_cast<int>(hazard.kind));
  if (reported_.insert(key).second) hazards_.push_back(std::move(hazard));
}

void HazardCheck::compare(const Access& access, const Footprint& footprint) {
  for (const Record& record : records_[static_cast<std::size_t>(footprint.memory)]) {
    if (!record.footprint.write && !footprint.write) continue;
    if (ordered(record, access, footprint.write) || !overlap(record.footprint, footprint)) continue;
    report(record, access, footprint);
  }
}

// A newer access of the same kind, pipe and place stands for the older one: whoever is ordered after it is
// ordered after both.
void HazardCheck::remember(const Access& access, const Footprint& footprint) {
  std::deque<Record>& records = records_[static_cast<std::size_t>(footprint.memory)];
  const auto covered = [&](const Record& record) {
    return record.pipe == access.pipe && record.footprint.write == footprint.write && dense(footprint) &&
           record.footprint.address >= footprint.address && end_of(record.footprint) <= end_of(footprint);
  };
  records.erase(std::remove_if(records.begin(), records.end(), covered), records.end());
  const std::size_t most = footprint.memory == kernel::Memory::Gm ? kMostGmRecords : kMostRecords;
  if (records.size() >= most) records.pop_front();
  records.push_back({access.pipe, access.number, access.call, access.cycle, access.unit_flag, footprint});
}

void HazardCheck::run(const Access& access, const Clock& issue_clock) {
  const std::size_t pipe = index(access.pipe);
  for (std::size_t q = 0; q < kernel::kPipeCount; ++q)
    clocks_[pipe][q] = std::max(clocks_[pipe][q], issue_clock[q]);
  for (std::size_t i = 0; i < access.touch_count; ++i) compare(access, access.touches[i]);
  for (std::size_t i = 0; i < access.touch_count; ++i) remember(access, access.touches[i]);
  last_[pipe] = access.number;
}

HazardCheck::Clock HazardCheck::snapshot(Pipe pipe) const {
  Clock clock = clocks_[index(pipe)];
  clock[index(pipe)] = last_[index(pipe)];
  return clock;
}

void HazardCheck::join(Pipe pipe, const Clock& snapshot) {
  Clock& clock = clocks_[index(pipe)];
  for (std::size_t q = 0; q < kernel::kPipeCount; ++q) clock[q] = std::max(clock[q], snapshot[q]);
}

void HazardCheck::barrier(Pipe pipe) {
  clocks_[index(pipe)][index(pipe)] = last_[index(pipe)];
}

void HazardCheck::drain() {
  for (std::size_t q = 0; q < kernel::kPipeCount; ++q) clocks_[0][q] = std::max(clocks_[0][q], last_[q]);
}

void HazardCheck::event_set_twice(Pipe source, Pipe destination, std::uint8_t event, std::int64_t cycle) {
  Hazard hazard;
  hazard.kind = Hazard::Kind::EventSetTwice;
  hazard.core = core_;
  hazard.block = block_;
  hazard.first_pipe = source;
  hazard.second_pipe = destination;
  hazard.second_cycle = cycle;
  hazard.address = event;
  const auto key = std::make_tuple(std::to_string(event), std::string(), static_cast<int>(source),
                                   static_cast<int>(destination), static_cast<int>(hazard.kind));
  if (reported_.insert(key).second) hazards_.push_back(std::move(hazard));
}

}  // namespace podsim::core

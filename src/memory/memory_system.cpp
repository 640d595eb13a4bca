// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/memory_system.h"

#include <algorithm>

#include "memory/l2.h"
#include "podsim/base/error.h"

namespace podsim::memory {
namespace {

// One direction of a core's way to the L2. Requests go out in order, at most one per `issue`, and each when
// the data of the one so many before it has come; data comes in any order, at the path's rate.
struct Path {
  std::int64_t sent = 0;  // the next request may go
  std::int64_t busy = 0;  // the path has had time for the data so far
  std::int64_t data = 0;  // and all of it has come
  std::vector<std::int64_t> in_flight;
  std::size_t oldest = 0;
};

constexpr std::uint32_t kMostPorts = 1U << 16U;

// Picoseconds per byte, in 1/65,536.
constexpr int kRateShift = 16;
std::int64_t time_per_byte(std::int64_t bytes_per_second) {
  return bytes_per_second > 0 ? (std::int64_t{1'000'000'000'000} << kRateShift) / bytes_per_second : 0;
}

// How far ahead in device memory the pieces lie that come about eight pieces later: their tags are brought
// into the host's cache meanwhile.
std::uint64_t lookahead(const sim::MemoryTransfer& transfer, std::uint64_t line) {
  const std::uint64_t wanted = 8 * line;
  if (transfer.row_bytes >= wanted) return wanted;
  return (wanted / std::max(transfer.row_bytes, line)) * transfer.row_stride;
}

}  // namespace

struct MemorySystem::State {
  State(const MemoryConfig& config, std::uint32_t ports)
      : hbm(config.hbm),
        l2(config.l2, hbm),
        issue(time_rounded_up(Cycles(1), config.l2.clock.value).count()),
        nearest(time_rounded_up(config.l2.hit_latency.value, config.l2.clock.value).count()),
        capacity(static_cast<std::uint64_t>(config.hbm.capacity.value.count())),
        paths(std::size_t{2} * ports) {
    for (Path& path : paths) path.in_flight.resize(static_cast<std::size_t>(config.l2.outstanding.value), 0);
  }

  Path& path(std::uint32_t port, bool write) { return paths[std::size_t{2} * port + (write ? 1 : 0)]; }
  void row(L2::Request& request, std::uint64_t address, std::uint64_t bytes,
           const sim::MemoryTransfer& transfer, Path& path);

  Hbm hbm;
  L2 l2;
  std::int64_t issue;
  std::int64_t nearest;  // from a request to data that is in L2
  std::uint64_t capacity;
  std::vector<Path> paths;
  std::int64_t now = 0;
};

void MemorySystem::State::row(L2::Request& request, std::uint64_t address, std::uint64_t bytes,
                              const sim::MemoryTransfer& transfer, Path& path) {
  const auto line = static_cast<std::uint64_t>(l2.line_bytes());
  const std::int64_t per_byte = time_per_byte(transfer.port_bytes_per_second);
  std::int64_t row_cost = transfer.per_row.count();
  const std::uint64_t ahead = lookahead(transfer, line);
  while (bytes > 0) {
    l2.prefetch(address + ahead);
    const std::uint64_t here = std::min(bytes, line - (address & (line - 1)));
    std::int64_t& slot = path.in_flight[path.oldest];
    if (++path.oldest == path.in_flight.size()) path.oldest = 0;
    request.at = std::max(path.sent, slot);
    path.sent = request.at + issue;
    request.address = address;
    request.bytes = static_cast<std::int64_t>(here);
    const std::int64_t ready =
        transfer.atomic ? l2.atomic(request) : (transfer.write ? l2.write(request) : l2.read(request));
    const std::int64_t moving = row_cost + ((request.bytes * per_byte) >> kRateShift);
    path.busy = std::max(path.busy + moving, request.at + nearest);
    slot = std::max(path.busy, ready);
    path.data = std::max(path.data, slot);
    row_cost = 0;
    address += here;
    bytes -= here;
  }
}

MemorySystem::MemorySystem(const MemoryConfig& config, std::uint32_t ports) {
  PODSIM_CHECK(ports <= kMostPorts, "{} ports, at most {}", ports, kMostPorts);
  state_ = std::make_unique<State>(config, ports);
}

MemorySystem::~MemorySystem() = default;

Picoseconds MemorySystem::transfer(std::uint32_t port, Picoseconds start,
                                   const sim::MemoryTransfer& transfer) {
  State& s = *state_;
  PODSIM_CHECK(start.count() >= s.now, "a transfer of port {} starts at {}, after one at {} ps", port,
               to_string(start), s.now);
  if (transfer.rows == 0 || transfer.row_bytes == 0) return start;
  const std::uint64_t end = transfer.address + (transfer.rows - 1) * transfer.row_stride + transfer.row_bytes;
  PODSIM_CHECK(end <= s.capacity, "a transfer of port {} ends at byte {} of {}", port, end, s.capacity);
  s.now = start.count();
  const bool out = transfer.write || transfer.atomic;
  Path& path = s.path(port, out);
  path.sent = std::max(path.sent, s.now);
  path.busy = std::max(path.busy, s.now);
  path.data = std::max(path.data, s.now);
  MemoryStats& stats = s.l2.stats();
  const std::int64_t bytes = static_cast<std::int64_t>(transfer.rows * transfer.row_bytes);
  (transfer.atomic ? stats.atomic_bytes : (out ? stats.write_bytes : stats.read_bytes)) += bytes;
  ++stats.transfers;

  L2::Request request{s.now, 0, 0, 0, port, transfer.hint};
  std::uint64_t address = transfer.address;
  for (std::uint32_t row = 0; row < transfer.rows; ++row) {
    s.row(request, address, transfer.row_bytes, transfer, path);
    address += transfer.row_stride;
  }
  return Picoseconds(path.data);
}

Picoseconds MemorySystem::path_free(std::uint32_t port, bool write) const {
  return Picoseconds(state_->path(port, write).sent);
}

void MemorySystem::fill_l2(ForeignLines lines) {
  State& s = *state_;
  PODSIM_CHECK(s.l2.stats().transfers == 0, "the L2 is filled after {} transfers", s.l2.stats().transfers);
  s.l2.fill(s.capacity, lines == ForeignLines::Dirty);
}

MemoryStats MemorySystem::stats() const {
  MemoryStats stats = state_->l2.stats();
  stats.hbm = state_->hbm.stats();
  stats.hbm_busy_ps = state_->hbm.busy_ps();
  return stats;
}

MemoryModule::MemoryModule(const sc_core::sc_module_name& name, const MemoryConfig& config,
                           std::uint32_t ports)
    : sc_module(name), system_(config, ports) {}

Picoseconds MemoryModule::transfer(std::uint32_t port, Picoseconds start,
                                   const sim::MemoryTransfer& transfer) {
  PODSIM_CHECK(start >= sim::now(), "a transfer of port {} starts at {}, in the past", port,
               to_string(start));
  return system_.transfer(port, start, transfer);
}

}  // namespace podsim::memory

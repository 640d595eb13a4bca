// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/hbm_channel.h"

#include <algorithm>

#include "memory/activate_history.h"
#include "memory/cycle_map.h"
#include "podsim/base/error.h"

namespace podsim::memory {
namespace {

int log2_of(std::int64_t n) {
  return __builtin_ctzll(static_cast<std::uint64_t>(n));
}
std::uint64_t low_bits(std::int64_t n) {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << static_cast<unsigned>(n)) - 1;
}
// `count` pieces of `length` bits, `stride` apart.
std::uint64_t comb(std::int64_t count, std::int64_t length, std::int64_t stride) {
  std::uint64_t mask = 0;
  for (std::int64_t i = 0; i < count; ++i) mask |= low_bits(length) << static_cast<unsigned>(i * stride);
  return mask;
}

struct PendingWrite {
  std::int64_t arrival;
  std::int64_t bank;
  std::int64_t row;
  std::int64_t bursts;
};

}  // namespace

struct HbmChannel::Bank {
  std::int64_t row = -1;
  std::int64_t epoch = 0;      // refresh interval of its last activate
  std::int64_t act_ready = 0;  // when closed
  std::int64_t pre_ready = 0;
  std::int64_t read_ready = 0;
  std::int64_t write_ready = 0;
};

struct HbmChannel::State {
  explicit State(const HbmTiming& timing)
      : activates(timing),
        banks(static_cast<std::size_t>(timing.banks)),
        group_bus(static_cast<std::size_t>(timing.groups)),
        group_written(static_cast<std::size_t>(timing.groups), kNever),
        queue(static_cast<std::size_t>(timing.queue), 0) {
    writes.reserve(static_cast<std::size_t>(timing.write_batch));
  }

  static constexpr std::int64_t kNever = -(std::int64_t{1} << 40);

  ActivateHistory activates;
  std::vector<Bank> banks;
  CycleMap bus;                             // column commands of the channel, tCCD_S each
  std::vector<CycleMap> group_bus;          // of each bank group, tCCD_L each
  std::vector<std::int64_t> group_written;  // last write of each bank group
  std::vector<std::int64_t> queue;          // when the last requests were done
  std::size_t queue_next = 0;
  std::vector<PendingWrite> writes;
  std::vector<std::uint64_t> bus_masks;    // by number of column commands
  std::vector<std::uint64_t> group_masks;  // the same
  std::int64_t last_read = kNever;
  std::int64_t last_write = kNever;
};

HbmChannel::HbmChannel(const HbmTiming& timing, bool hash)
    : timing_(timing),
      hash_(hash),
      row_shift_(log2_of(timing.row_bytes)),
      bank_shift_(log2_of(timing.banks)),
      burst_shift_(log2_of(timing.burst_bytes)),
      state_(std::make_unique<State>(timing)) {
  const std::int64_t slot = std::max(timing.burst, timing.ccd_s);
  stride_ = std::max(slot, timing.ccd_l);
  PODSIM_CHECK(stride_ <= 64, "column commands {} clocks apart, at most 64 are modelled", stride_);
  chunk_ = std::max<std::int64_t>(1, 64 / stride_);
  for (std::int64_t n = 0; n <= chunk_; ++n) {
    state_->bus_masks.push_back(comb(n, slot, stride_));
    state_->group_masks.push_back(comb(n, timing.ccd_l, stride_));
  }
}

HbmChannel::~HbmChannel() = default;
HbmChannel::HbmChannel(HbmChannel&&) noexcept = default;
HbmChannel& HbmChannel::operator=(HbmChannel&&) noexcept = default;

// Consecutive rows lie in consecutive bank groups and banks; the hash keeps power-of-two strides from falling
// into one bank.
HbmChannel::Place HbmChannel::place(std::int64_t address) const {
  const std::int64_t line = address >> row_shift_;
  const std::int64_t row = line >> bank_shift_;
  std::int64_t bank = line & (timing_.banks - 1);
  if (hash_) bank ^= (row ^ row >> bank_shift_ ^ row >> 2 * bank_shift_) & (timing_.banks - 1);
  return {bank, row};
}

std::int64_t HbmChannel::bytes_in_row(std::int64_t address, std::int64_t bytes) const {
  return std::min(bytes, timing_.row_bytes - (address & (timing_.row_bytes - 1)));
}

// A request enters the scheduler's queue when the one so many before it has left.
std::int64_t HbmChannel::in_queue(std::int64_t arrival) {
  return std::max(arrival, state_->queue[state_->queue_next]);
}

std::int64_t HbmChannel::access(std::int64_t arrival, std::int64_t address, std::int64_t bytes, bool write) {
  const std::int64_t entered = in_queue(arrival);
  std::int64_t done = entered;
  while (bytes > 0) {
    const std::int64_t here = bytes_in_row(address, bytes);
    const std::int64_t first = address >> burst_shift_;
    const std::int64_t last = (address + here - 1) >> burst_shift_;
    done = std::max(done, segment(entered, place(address), last - first + 1, write));
    address += here;
    bytes -= here;
  }
  state_->queue[state_->queue_next] = done;
  if (++state_->queue_next == state_->queue.size()) state_->queue_next = 0;
  return done;
}

std::int64_t HbmChannel::segment(std::int64_t arrival, const Place& place, std::int64_t bursts, bool write) {
  std::int64_t done = arrival;
  while (bursts > 0) {
    const std::int64_t now = std::min(bursts, chunk_);
    if (write) {
      state_->writes.push_back({arrival, place.bank, place.row, now});
      if (static_cast<std::int64_t>(state_->writes.size()) >= timing_.write_batch) done = flush();
    } else {
      done = std::max(done, column(arrival, read_turn(place), place, now, false));
    }
    bursts -= now;
  }
  return done;
}

// Rows together, as a scheduler that prefers open rows would do it.
std::int64_t HbmChannel::flush() {
  std::vector<PendingWrite>& writes = state_->writes;
  if (writes.empty()) return clock_;
  std::stable_sort(writes.begin(), writes.end(), [](const PendingWrite& a, const PendingWrite& b) {
    return a.row != b.row ? a.row < b.row : a.bank < b.bank;
  });
  if (state_->last_read > state_->last_write) ++stats_.turns;
  const std::int64_t turned = state_->last_read + timing_.rtw;
  std::int64_t done = 0;
  for (const PendingWrite& write : writes)
    done = std::max(done, column(write.arrival, turned, {write.bank, write.row}, write.bursts, true));
  writes.clear();
  return done;
}

// A refresh takes the first tRFC of every tREFI but the first.
std::int64_t HbmChannel::out_of_refresh(std::int64_t at) {
  if (at < epoch_ * timing_.refi || at >= (epoch_ + 1) * timing_.refi) epoch_ = at / timing_.refi;
  return epoch_ == 0 ? at : std::max(at, epoch_ * timing_.refi + timing_.rfc);
}

// When the bank's row can be had for a column command, and by which activate (or the open row).
HbmChannel::Opening HbmChannel::open(const Place& place, std::int64_t from, bool write) {
  const Bank& bank = state_->banks[static_cast<std::size_t>(place.bank)];
  if (bank.row == place.row) return {-1, std::max(from, write ? bank.write_ready : bank.read_ready)};
  const std::int64_t closed = bank.row < 0 ? bank.act_ready : std::max(from, bank.pre_ready) + timing_.rp;
  const std::int64_t act = state_->activates.find(std::max(from, closed), place.bank & (timing_.groups - 1));
  return {act, act + (write ? timing_.rcd_write : timing_.rcd_read)};
}

// The first time from `at` on that both the channel's and the bank group's bus have free for the commands.
std::int64_t HbmChannel::bus_time(std::int64_t at, std::int64_t group, std::int64_t bursts) const {
  const State& s = *state_;
  const std::uint64_t mask = s.bus_masks[static_cast<std::size_t>(bursts)];
  const std::uint64_t group_mask = s.group_masks[static_cast<std::size_t>(bursts)];
  for (;;) {
    const std::int64_t free =
        s.group_bus[static_cast<std::size_t>(group)].find(s.bus.find(at, mask), group_mask);
    if (free == at) return at;
    at = free;
  }
}

// When reads may go again after the last writes.
std::int64_t HbmChannel::read_turn(const Place& place) const {
  const auto group = static_cast<std::size_t>(place.bank & (timing_.groups - 1));
  return std::max(state_->last_write + timing_.wtr_s, state_->group_written[group] + timing_.wtr_l);
}

// Up to chunk_ column commands to one row, which may be opened from `arrival` on while the bus turns until
// `turned`. Returns the clock after the last data.
std::int64_t HbmChannel::column(std::int64_t arrival, std::int64_t turned, const Place& place,
                                std::int64_t bursts, bool write) {
  Bank& bank = state_->banks[static_cast<std::size_t>(place.bank)];
  const std::int64_t group = place.bank & (timing_.groups - 1);
  const std::int64_t hold = (bursts - 1) * stride_ + (write ? timing_.wr : timing_.rtp);
  std::int64_t from = arrival;
  if (bank.epoch > 0) from = std::max(from, bank.epoch * timing_.refi);
  for (;;) {
    from = out_of_refresh(from);
    if (epoch_ > bank.epoch) {  // a refresh has closed the bank
      bank.epoch = epoch_;
      bank.row = -1;
      bank.act_ready = std::max(bank.act_ready, epoch_ * timing_.refi + timing_.rfc);
    }
    const Opening opening = open(place, from, write);
    const std::int64_t at = bus_time(std::max(opening.column, turned), group, bursts);
    const std::int64_t opened = opening.act < 0 ? bank.pre_ready : opening.act + timing_.ras;
    const std::int64_t close = std::max(at + hold, opened);
    if (close + timing_.rp <= (epoch_ + 1) * timing_.refi) {
      note_opening(bank, place, opening);
      bank.pre_ready = close;
      return note_commands(at, group, bursts, write);
    }
    from = (epoch_ + 1) * timing_.refi;  // all banks are closed before a refresh
  }
}

void HbmChannel::note_opening(Bank& bank, const Place& place, const Opening& opening) {
  if (opening.act < 0) {
    ++stats_.row_hits;
    return;
  }
  stats_.row_misses += bank.row < 0;
  stats_.row_conflicts += bank.row >= 0;
  state_->activates.add(opening.act, place.bank & (timing_.groups - 1));
  bank.row = place.row;
  bank.read_ready = opening.act + timing_.rcd_read;
  bank.write_ready = opening.act + timing_.rcd_write;
}

std::int64_t HbmChannel::note_commands(std::int64_t at, std::int64_t group, std::int64_t bursts, bool write) {
  State& s = *state_;
  const auto g = static_cast<std::size_t>(group);
  const std::int64_t last = at + (bursts - 1) * stride_;
  s.bus.take(at, s.bus_masks[static_cast<std::size_t>(bursts)]);
  s.group_bus[g].take(at, s.group_masks[static_cast<std::size_t>(bursts)]);
  if (write) {
    s.last_write = std::max(s.last_write, last);
    s.group_written[g] = std::max(s.group_written[g], last);
  } else {
    s.last_read = std::max(s.last_read, last);
  }
  (write ? stats_.writes : stats_.reads) += bursts;
  stats_.data_clocks += bursts * timing_.burst;
  const std::int64_t done = last + (write ? timing_.cwl : timing_.cl) + timing_.burst;
  clock_ = std::max(clock_, done);
  return done;
}

HbmChannel::Row HbmChannel::row_state(std::int64_t address) const {
  const Place at = place(address);
  const std::int64_t row = state_->banks[static_cast<std::size_t>(at.bank)].row;
  return row == at.row ? Row::Open : (row < 0 ? Row::Closed : Row::Other);
}

std::int64_t HbmChannel::idle_latency(std::int64_t address, std::int64_t bytes) const {
  const Row row = row_state(address);
  const std::int64_t bursts = ((address + bytes - 1) >> burst_shift_) - (address >> burst_shift_) + 1;
  return (row == Row::Open ? 0 : timing_.rcd_read) + (row == Row::Other ? timing_.rp : 0) + timing_.cl +
         (bursts - 1) * stride_ + timing_.burst;
}

}  // namespace podsim::memory

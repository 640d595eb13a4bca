// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/memory/hbm_timing.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::memory {
namespace {

struct Wanted {
  Scope scope;
  Command before;
  Command after;
  std::int64_t HbmTiming::*field;
};

// The rules that a channel knows; a configuration has each of them, and no other.
constexpr Wanted kWanted[] = {
    {Scope::Bank, Command::Activate, Command::Read, &HbmTiming::rcd_read},
    {Scope::Bank, Command::Activate, Command::Write, &HbmTiming::rcd_write},
    {Scope::Bank, Command::Precharge, Command::Activate, &HbmTiming::rp},
    {Scope::Bank, Command::Activate, Command::Precharge, &HbmTiming::ras},
    {Scope::Bank, Command::Read, Command::Precharge, &HbmTiming::rtp},
    {Scope::Bank, Command::Write, Command::Precharge, &HbmTiming::wr},
    {Scope::Channel, Command::Activate, Command::Activate, &HbmTiming::rrd_s},
    {Scope::BankGroup, Command::Activate, Command::Activate, &HbmTiming::rrd_l},
    {Scope::Channel, Command::Read, Command::Read, &HbmTiming::ccd_s},
    {Scope::BankGroup, Command::Read, Command::Read, &HbmTiming::ccd_l},
    {Scope::Channel, Command::Read, Command::Write, &HbmTiming::rtw},
    {Scope::Channel, Command::Write, Command::Read, &HbmTiming::wtr_s},
    {Scope::BankGroup, Command::Write, Command::Read, &HbmTiming::wtr_l},
    {Scope::Channel, Command::Read, Command::Data, &HbmTiming::cl},
    {Scope::Channel, Command::Write, Command::Data, &HbmTiming::cwl},
    {Scope::Channel, Command::Refresh, Command::Refresh, &HbmTiming::refi},
    {Scope::Channel, Command::Refresh, Command::Activate, &HbmTiming::rfc},
};

std::string words(Scope scope, Command before, Command after) {
  return fmt::format("{} to {} within a {}", config::enum_name(before), config::enum_name(after),
                     config::enum_name(scope));
}

bool is_window(const TimingRule& rule) {  // tFAW
  return rule.scope == Scope::Channel && rule.before == Command::Activate &&
         rule.after == Command::Activate && rule.count.has_value();
}

const Wanted& wanted(const TimingRule& rule) {
  for (const Wanted& w : kWanted) {
    if (w.scope == rule.scope && w.before == rule.before && w.after == rule.after && !rule.count) return w;
  }
  throw ConfigError(fmt::format("timing rule {} ({}{}) is none that a channel obeys", rule.name,
                                words(rule.scope, rule.before, rule.after),
                                rule.count ? ", with a count" : ""));
}

}  // namespace

HbmTiming::HbmTiming(const HbmConfig& config) : period_ps(config.clock_period.value.count()) {
  const auto clocks = [this](Picoseconds time) { return (time.count() + period_ps - 1) / period_ps; };
  for (const TimingRule& rule : config.timing) {
    std::int64_t& field = is_window(rule) ? faw : this->*wanted(rule).field;
    if (field != 0)
      throw ConfigError(fmt::format("timing rule {} is there twice ({})", rule.name,
                                    words(rule.scope, rule.before, rule.after)));
    field = clocks(rule.time.value);
    if (is_window(rule)) faw_count = rule.count->value;
  }
  for (const Wanted& w : kWanted) {
    if (this->*w.field == 0)
      throw ConfigError(fmt::format("timing has no rule {}", words(w.scope, w.before, w.after)));
  }
  if (faw == 0) throw ConfigError("timing has no rule activate to activate within a channel with a count");
  burst =
      (config.burst_length.value + config.transfers_per_clock.value - 1) / config.transfers_per_clock.value;
  burst_bytes = config.burst_bytes().count();
  groups = config.bank_groups.value;
  banks = groups * config.banks_per_group.value;
  row_bytes = config.row.value.count();
  queue = config.queue.value;
  write_batch = config.write_batch.value;
  if (refi <= rfc + ras + rp)
    throw ConfigError(
        fmt::format("refresh every {} clocks leaves no time beside the {} it takes", refi, rfc));
}

}  // namespace podsim::memory

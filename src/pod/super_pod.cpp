// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/super_pod.h"

#include <algorithm>

#include "pod/fault_run.h"
#include "podsim/base/error.h"
#include "podsim/fabric/link/link_fabric.h"
#include "podsim/fabric/packet_fabric.h"

namespace podsim::pod {
namespace {

using namespace literals;

// A slice of simulated time is to last about this long; progress is shown a few times per second.
constexpr double kSliceSeconds = 0.1;

std::unique_ptr<fabric::Fabric> make_fabric(const topology::Pod& pod, const Scenario& scenario,
                                            std::uint64_t seed) {
  const fabric::ProtocolConfig& protocol = *scenario.machine.protocol;
  if (scenario.fabric.fidelity == fabric::Fidelity::Link)
    return std::make_unique<fabric::LinkFabric>("fabric", pod, protocol, scenario.fabric, seed);
  const std::optional<fabric::FaultPlan> faults = fault_plan(scenario, pod);
  return std::make_unique<fabric::PacketFabric>("fabric", pod, protocol, scenario.fabric, seed,
                                                faults ? &*faults : nullptr);
}

}  // namespace

SuperPod::SuperPod(sc_core::sc_module_name name, const topology::Pod& pod, const Scenario& scenario,
                   std::uint64_t seed, std::size_t cards)
    : sc_module(name), scenario_(scenario), fabric_(make_fabric(pod, scenario, seed)), slice_(1_us) {
  npus_.reserve(cards);
  for (std::size_t card = 0; card < cards; ++card)
    npus_.push_back(std::make_unique<npu::Npu>(fmt::format("npu_{}", card).c_str(), NpuId(card), *fabric_));
}

bool SuperPod::run(const RunOptions& options, const Stretch& stretch) {
  const std::uint64_t before = fabric_->totals().messages_delivered;
  Stopwatch watch;
  while (sc_core::sc_pending_activity()) {
    // Far enough for the next event, or the kernel complains that nothing happened.
    const Picoseconds wait = sim::to_picoseconds(sc_core::sc_time_to_pending_activity());
    sim::run_kernel(std::max(slice_, wait));
    fabric_->throw_failure();
    const double seconds = watch.lap();
    if (seconds < kSliceSeconds / 2) slice_ = std::min(slice_ * 2, Picoseconds(1_ms));
    if (seconds > kSliceSeconds * 2) slice_ = std::max(slice_ / 2, Picoseconds(1_ns));
    report(options, stretch, before);
    if (options.interrupted && options.interrupted()) return false;
  }
  check_nothing_given_up(scenario_, *fabric_);
  return true;
}

void SuperPod::report(const RunOptions& options, const Stretch& stretch, std::uint64_t before) const {
  if (!options.progress) return;
  const auto delivered = static_cast<double>(fabric_->totals().messages_delivered - before);
  const double share =
      stretch.expected == 0 ? 0.0 : std::min(1.0, delivered / static_cast<double>(stretch.expected));
  ProgressReport progress;
  progress.stage = stretch.stage;
  progress.fraction = stretch.first_fraction + share * (stretch.last_fraction - stretch.first_fraction);
  progress.simulated = sim::now();
  progress.hop_events = fabric_->totals().hop_events;
  options.progress(progress);
}

void check_all_done(const std::vector<const npu::Card*>& cards) {
  constexpr std::size_t kNamed = 5;
  std::size_t waiting = 0;
  std::string names;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    if (cards[i]->done()) continue;
    if (waiting++ < kNamed) names += fmt::format("\n  npu {} waits for {}", i, cards[i]->waiting_for());
  }
  if (waiting == 0) return;
  if (waiting > kNamed) names += "\n  ...";
  throw InternalError(fmt::format("no event is left at {}, but {} of {} cards are not done:{}",
                                  to_string(sim::now()), waiting, cards.size(), names));
}

void check_conservation(const fabric::Totals& totals) {
  const auto check = [](const char* what, std::uint64_t offered, std::uint64_t delivered,
                        std::uint64_t failed) {
    PODSIM_CHECK(offered == delivered + failed, "{} {} were offered, {} delivered and {} reported as failed",
                 offered, what, delivered, failed);
  };
  check("messages", totals.messages_offered, totals.messages_delivered, totals.messages_failed);
  check("packets", totals.packets_offered, totals.packets_delivered, totals.packets_failed);
  check("bytes", totals.bytes_offered, totals.bytes_delivered, totals.bytes_failed);
}

}  // namespace podsim::pod

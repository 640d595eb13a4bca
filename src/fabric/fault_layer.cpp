// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/fault_layer.h"

#include <algorithm>

namespace podsim::fabric {
namespace {

// Longer waits double no further.
constexpr unsigned kMostDoublings = 10;

// Outages in order of time, those that touch made one.
void merge(std::vector<FaultLayer::Outage>& outages) {
  std::stable_sort(outages.begin(), outages.end(),
                   [](const auto& a, const auto& b) { return a.from < b.from; });
  std::size_t kept = 0;
  for (const FaultLayer::Outage& outage : outages) {
    if (kept > 0 && outage.from <= outages[kept - 1].until) {
      outages[kept - 1].until = std::max(outages[kept - 1].until, outage.until);
    } else {
      outages[kept++] = outage;
    }
  }
  outages.resize(kept);
}

// The first outage that ends after `from`.
const FaultLayer::Outage* first_after(const std::vector<FaultLayer::Outage>& outages, std::int64_t from) {
  const auto found =
      std::upper_bound(outages.begin(), outages.end(), from,
                       [](std::int64_t time, const auto& outage) { return time < outage.until; });
  return found == outages.end() ? nullptr : &*found;
}

}  // namespace

FaultLayer::FaultLayer(const FaultPlan& plan, const topology::Graph& graph)
    : plan_(plan), number_(graph.link_count(), 0), cards_(graph.npu_count()) {
  const std::vector<topology::Fault>& faults = plan.routing->faults();
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Outage outage{faults[i].at.count(), faults[i].repaired.count(), static_cast<std::uint32_t>(i)};
    for (const LinkId link : faults[i].links) {
      if (number_[link] == 0) {
        links_.emplace_back();
        number_[link] = static_cast<std::uint32_t>(links_.size());
      }
      links_[number_[link] - 1].outages.push_back(outage);
    }
    for (const NodeId node : faults[i].nodes) {
      if (graph.is_npu(node)) cards_[NpuId(node.value())].push_back(outage);
    }
  }
  for (LinkOutages& link : links_) merge(link.outages);
  for (std::vector<Outage>& card : cards_) merge(card);
  totals_.effects.resize(faults.size());
}

const FaultLayer::Outage* FaultLayer::outage(LinkId link, std::int64_t from, std::int64_t until) const {
  const std::uint32_t number = number_[link];
  if (number == 0) return nullptr;
  const Outage* next = first_after(links_[number - 1].outages, from);
  return next != nullptr && next->from < until ? next : nullptr;
}

bool FaultLayer::came_back(LinkId link, std::int64_t now) {
  const std::uint32_t number = number_[link];
  if (number == 0) return false;
  LinkOutages& outages = links_[number - 1];
  const std::size_t before = outages.ended;
  while (outages.ended < outages.outages.size() && outages.outages[outages.ended].until <= now)
    ++outages.ended;
  return outages.ended != before;
}

std::uint32_t FaultLayer::card_fault(NpuId npu, std::int64_t now) const {
  const std::vector<Outage>& outages = cards_[npu];
  if (outages.empty()) return kNoFault;
  const Outage* next = first_after(outages, now);
  return next != nullptr && next->from <= now ? next->fault : kNoFault;
}

std::uint32_t FaultLayer::blamed(LinkId link, std::int64_t now) const {
  const std::uint32_t number = number_[link];
  if (number == 0) return kNoFault;
  // What senders know at `now` happened a while ago, or has just been repaired.
  const std::int64_t then = std::max<std::int64_t>(0, now - plan_.retry.detection.value.count());
  for (const std::int64_t at : {then, now}) {
    const Outage* next = first_after(links_[number - 1].outages, at);
    if (next != nullptr && next->from <= at) return next->fault;
  }
  return kNoFault;
}

std::int64_t FaultLayer::resend_time(const Trip& trip, std::int64_t not_before) const {
  const unsigned doublings = std::min<unsigned>(trip.attempt, kMostDoublings);
  const std::int64_t wait = plan_.retry.timeout.value.count() << doublings;
  const std::int64_t late = not_before - trip.launched;
  return trip.launched + std::max<std::int64_t>(1, (late + wait - 1) / wait) * wait;
}

}  // namespace podsim::fabric

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link_users.h"

#include <algorithm>
#include <limits>

#include "fabric/path_chooser.h"
#include "podsim/base/error.h"
#include "podsim/topology/fault_routing.h"

namespace podsim::fabric {
namespace {

std::vector<LinkUser> most_first(const IdVector<NpuId, Bytes>& bytes) {
  std::vector<LinkUser> users;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[NpuId(i)] > Bytes()) users.push_back({NpuId(i), bytes[NpuId(i)]});
  }
  std::stable_sort(users.begin(), users.end(),
                   [](const LinkUser& a, const LinkUser& b) { return a.bytes > b.bytes; });
  return users;
}

}  // namespace

LinkUsers::LinkUsers(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
                     std::uint64_t seed, const std::vector<LinkId>& links)
    : pod_(pod), protocol_(protocol), config_(config), seed_(seed), number_(pod.graph.link_count()) {
  PODSIM_CHECK(config.path_spread != PathSpread::Backlog, "paths under backlog are not known beforehand");
  PODSIM_CHECK(links.size() <= std::numeric_limits<std::uint8_t>::max(), "{} links are watched",
               links.size());
  for (const LinkId link : links) {
    watched_.push_back({BytesOfCards(pod.graph.npu_count()), BytesOfCards(pod.graph.npu_count())});
    number_[link] = static_cast<std::uint8_t>(watched_.size());
  }
}

void LinkUsers::add(NpuId src, NpuId dst, Bytes payload, std::uint32_t flow) {
  if (src == dst) return;
  const auto* faults = dynamic_cast<const topology::FaultRouting*>(pod_.routing.get());
  if (faults != nullptr && !faults->is_certain(src, dst)) return;
  const PathChooser chooser(*pod_.routing, config_.path_spread, seed_);
  topology::Path path;
  Bytes left = payload;
  std::uint32_t packet = 0;
  do {
    const Bytes bytes = std::min(left, config_.chunk);
    path.hops = 0;
    chooser.choose(
        src, dst, flow, packet++, [](LinkId) { return std::int64_t{0}; }, path);
    for (std::size_t hop = 0; hop < path.hops; ++hop) {
      const std::uint8_t number = number_[path.links[hop]];
      if (number == 0) continue;
      Watched& link = watched_[number - std::size_t{1}];
      const Bytes wire = wire_bytes(protocol_, bytes);
      link.sent[src] += wire;
      link.received[dst] += wire;
    }
    left -= bytes;
  } while (left > Bytes());
}

const LinkUsers::Watched& LinkUsers::watched(LinkId link) const {
  PODSIM_CHECK(number_[link] != 0, "link {} is not watched", link.value());
  return watched_[number_[link] - std::size_t{1}];
}

std::vector<LinkUser> LinkUsers::sources(LinkId link) const {
  return most_first(watched(link).sent);
}

std::vector<LinkUser> LinkUsers::destinations(LinkId link) const {
  return most_first(watched(link).received);
}

}  // namespace podsim::fabric

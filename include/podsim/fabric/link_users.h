// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

// A card and the wire bytes of its messages that cross a link.
struct LinkUser {
  NpuId npu;
  Bytes bytes;
};

// Which cards' messages cross a few links, counted on the very paths that PathSpread::First and ::Hash take.
// Under ::Backlog the path is not known beforehand; it must not be asked then.
class LinkUsers {
 public:
  // `links`: at most 255, each of them once.
  LinkUsers(const topology::Pod& pod, const ProtocolConfig& protocol, const FabricConfig& config,
            std::uint64_t seed, const std::vector<LinkId>& links);

  // One message. `flow` as Message::flow: it decides the path.
  void add(NpuId src, NpuId dst, Bytes payload, std::uint32_t flow);
  // Cards that sent (received) something over a link, by bytes, the most first, then by id.
  std::vector<LinkUser> sources(LinkId link) const;
  std::vector<LinkUser> destinations(LinkId link) const;

 private:
  using BytesOfCards = IdVector<NpuId, Bytes>;
  struct Watched {
    BytesOfCards sent;
    BytesOfCards received;
  };
  const Watched& watched(LinkId link) const;

  const topology::Pod& pod_;
  ProtocolConfig protocol_;
  FabricConfig config_;
  std::uint64_t seed_;
  IdVector<LinkId, std::uint8_t> number_;  // of a watched link in watched_, from 1; 0: not watched
  std::vector<Watched> watched_;
};

}  // namespace podsim::fabric

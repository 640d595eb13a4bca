// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "podsim/base/id.h"
#include "podsim/base/prefetch.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

namespace podsim::fabric {

// What the packet engine keeps beside its packets and links when buffers are finite: the data packets that
// wait at each link, by virtual lane, and how much of the far receive buffer each lane has taken.
//
// The buffer is shared out as the protocol's link layer says (exclusive_cells for each lane, the rest for
// all), in whole cells; without a link layer each lane of the routing has an equal part. A packet goes when
// there is room for all of it, or when its lane has nothing in the buffer: so a lane waits only for its own
// packets to leave, and where lanes keep cycles apart nothing waits for ever.
class CreditLayer {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // One cache line.
  struct alignas(64) Port {
    std::int64_t changed_at = 0;       // when a packet, a credit or a wake-up came last
    std::int64_t wake_at = kNever;     // a wake-up is due
    std::int64_t waiting_bytes = 0;    // on the wire, of what waits here
    std::int64_t shared_used = 0;      // of the far buffer's common part
    std::int64_t card_limit = kNever;  // of waiting_bytes: its card sends no more
    std::uint8_t turn = 0;             // the lane that went last
    bool holds_card = false;
  };
  struct Returned {
    std::uint8_t lane;
    std::int64_t bytes;
  };

  // `buffer` of every receiving port. Throws ConfigError when it is too small for its lanes.
  CreditLayer(Bytes buffer, const topology::Pod& pod, const ProtocolConfig& protocol);

  // Brings what an event at `link`, or of `packet`, touches into the cache.
  [[gnu::always_inline]] void prefetch_link(LinkId link) const {
    prefetch(&ports_[link]);
    prefetch(&link_lanes_[link.value() * lanes_]);
  }
  [[gnu::always_inline]] void prefetch_packet(std::uint32_t packet) const {
    prefetch(&waiting_[packet]);
    prefetch(&lanes_of_[packet * hops_]);
  }
  std::size_t lanes() const { return lanes_; }
  // The packet that waits first on a lane, or kNone.
  std::uint32_t first(LinkId link, std::size_t lane) const { return lane_of(link, lane).first; }
  Port& port(LinkId link) { return ports_[link]; }
  const Port& port(LinkId link) const { return ports_[link]; }
  // The packet's lanes, hop by hop.
  void note_path(std::uint32_t packet, const topology::Path& path);
  std::uint8_t lane(std::uint32_t packet, std::size_t hop) const { return lanes_of_[packet * hops_ + hop]; }
  // What a packet takes of a buffer.
  std::int64_t room_for(std::uint32_t wire) const { return (wire + cell_ - 1) / cell_ * cell_; }

  // Packet `packet`, `wire` bytes long, waits at `link` from `head` on for its hop number `hop`.
  void wait(LinkId link, std::uint32_t packet, std::size_t hop, std::uint32_t wire, std::int64_t head);
  std::int64_t head(std::uint32_t packet) const { return waiting_[packet].head; }
  // Whether a packet that waits at `link` has room at the far end.
  bool can_go(LinkId link) const { return next_lane(link) != kNone; }
  // Takes the next packet, lanes in turn, and its credits; kNone when nothing waits that has room.
  std::uint32_t take(LinkId link);
  void give_back(LinkId link, std::uint8_t lane, std::int64_t bytes);

 private:
  struct Waiting {
    std::int64_t head;
    std::uint32_t next;
    std::uint32_t wire;
  };
  struct Lane {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::int64_t used = 0;  // of the far buffer
  };
  Lane& lane_of(LinkId link, std::size_t lane) { return link_lanes_[link.value() * lanes_ + lane]; }
  const Lane& lane_of(LinkId link, std::size_t lane) const {
    return link_lanes_[link.value() * lanes_ + lane];
  }
  std::uint32_t next_lane(LinkId link) const;

  std::size_t lanes_;
  std::size_t hops_;
  std::int64_t cell_ = 1;
  std::int64_t own_ = 0;     // bytes of a buffer that one lane has for itself
  std::int64_t shared_ = 0;  // for all lanes
  IdVector<LinkId, Port> ports_;
  std::vector<Lane> link_lanes_;
  std::vector<Waiting> waiting_;        // by packet
  std::vector<std::uint8_t> lanes_of_;  // hops_ per packet
};

}  // namespace podsim::fabric

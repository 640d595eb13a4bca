// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "fabric/credit_layer.h"

#include <algorithm>

#include "podsim/base/error.h"

namespace podsim::fabric {

CreditLayer::CreditLayer(Bytes buffer, const topology::Pod& pod, const ProtocolConfig& protocol)
    : lanes_(pod.routing->lane_count()), hops_(pod.routing->max_hops()), ports_(pod.graph.link_count()) {
  const auto lanes = static_cast<std::int64_t>(lanes_);
  if (protocol.link_layer) {
    const LinkLayerConfig& layer = *protocol.link_layer;
    cell_ = layer.cell_flits.value * protocol.flit.value.count();
    const std::int64_t cells = buffer.count() / cell_;
    const std::int64_t own = cells * layer.exclusive_cells.value / layer.buffer_cells.value;
    // Control has as many lanes as data; its packets take their shares and are not counted.
    const std::int64_t shares = std::max(layer.virtual_lanes.value, 2 * lanes);
    own_ = std::min(own, cells / shares) * cell_;
    shared_ = cells * cell_ - own_ * shares;
  } else {
    own_ = buffer.count() / lanes;
  }
  if (own_ + shared_ < cell_)
    throw ConfigError(fmt::format("/fabric/buffers: {} are less than a cell for each of {} lanes",
                                  to_string(buffer), lanes_));
  link_lanes_.resize(pod.graph.link_count() * lanes_);
}

void CreditLayer::note_path(std::uint32_t packet, const topology::Path& path) {
  if (waiting_.size() <= packet) {
    waiting_.resize(packet + 1);
    lanes_of_.resize((packet + 1) * hops_);
  }
  for (std::size_t hop = 0; hop < path.hops; ++hop) {
    PODSIM_CHECK(path.lanes[hop] < lanes_, "a path takes lane {} of {}", path.lanes[hop], lanes_);
    lanes_of_[packet * hops_ + hop] = path.lanes[hop];
  }
}

void CreditLayer::wait(LinkId link, std::uint32_t packet, std::size_t hop, std::uint32_t wire,
                       std::int64_t head) {
  waiting_[packet] = {head, kNone, wire};
  Lane& queue = lane_of(link, lane(packet, hop));
  if (queue.first == kNone) {
    queue.first = packet;
  } else {
    waiting_[queue.last].next = packet;
  }
  queue.last = packet;
  ports_[link].waiting_bytes += wire;
}

std::uint32_t CreditLayer::next_lane(LinkId link) const {
  const Port& port = ports_[link];
  const std::int64_t common = std::max<std::int64_t>(0, shared_ - port.shared_used);
  std::size_t number = port.turn;
  for (std::size_t i = 0; i < lanes_; ++i) {
    if (++number >= lanes_) number = 0;
    const Lane& queue = lane_of(link, number);
    if (queue.first == kNone) continue;
    const std::int64_t room = std::max<std::int64_t>(0, own_ - queue.used) + common;
    if (queue.used == 0 || room_for(waiting_[queue.first].wire) <= room)
      return static_cast<std::uint32_t>(number);
  }
  return kNone;
}

std::uint32_t CreditLayer::take(LinkId link) {
  const std::uint32_t number = next_lane(link);
  if (number == kNone) return kNone;
  Port& port = ports_[link];
  Lane& queue = lane_of(link, number);
  const std::uint32_t packet = queue.first;
  queue.first = waiting_[packet].next;
  port.turn = static_cast<std::uint8_t>(number);
  port.waiting_bytes -= waiting_[packet].wire;
  const std::int64_t before = std::max<std::int64_t>(0, queue.used - own_);
  queue.used += room_for(waiting_[packet].wire);
  port.shared_used += std::max<std::int64_t>(0, queue.used - own_) - before;
  return packet;
}

void CreditLayer::give_back(LinkId link, std::uint8_t lane, std::int64_t bytes) {
  Lane& queue = lane_of(link, lane);
  const std::int64_t before = std::max<std::int64_t>(0, queue.used - own_);
  queue.used -= bytes;
  PODSIM_CHECK(queue.used >= 0, "link {} lane {} gets back {} bytes that were not taken", link.value(), lane,
               -queue.used);
  ports_[link].shared_used += std::max<std::int64_t>(0, queue.used - own_) - before;
}

}  // namespace podsim::fabric

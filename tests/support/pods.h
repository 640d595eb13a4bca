// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <string>

#include "podsim/config/fields.h"
#include "podsim/fabric/fabric_config.h"
#include "podsim/fabric/protocol_config.h"
#include "podsim/topology/pod.h"

// Small machines with round numbers, so that a test can state a time that a reader checks in the head.
namespace podsim::test {

// Links of 10 GB/s (100 ps a byte) and 200 ns.
inline std::string link_json(const std::string& bandwidth = "10GB/s", const std::string& latency = "200ns") {
  return fmt::format(R"({{"bandwidth": "{}", "latency": "{}"}})", bandwidth, latency);
}

inline std::string pod_json(const std::string& dimensions) {
  return fmt::format(R"({{"name": "test", "chip": "", "stack": "", "protocol": "", "dimensions": [{}]}})",
                     dimensions);
}

inline topology::Pod build(const std::string& dimensions) {
  return topology::build_pod(config::parse<topology::PodConfig>(pod_json(dimensions), "test pod"));
}

inline std::string full_mesh_json(int size, const std::string& link = link_json(),
                                  const std::string& name = "mesh") {
  return fmt::format(R"({{"kind": "full_mesh", "name": "{}", "size": {}, "link": {}}})", name, size, link);
}

inline std::string switch_json(int size, int planes = 1, const std::string& link = link_json()) {
  return fmt::format(R"({{"kind": "switch", "name": "switch", "size": {}, "planes": {}, "link": {}}})", size,
                     planes, link);
}

inline std::string torus_json(int size, const std::string& link = link_json()) {
  return fmt::format(R"({{"kind": "torus", "name": "ring", "size": {}, "link": {}}})", size, link);
}

inline std::string clos_json(int size, int leaf_down, int spines, const std::string& link = link_json()) {
  return fmt::format(
      R"({{"kind": "clos", "name": "clos", "size": {}, "tiers": 2, "leaf_down": {}, "spines": {}, "link": {}}})",
      size, leaf_down, spines, link);
}

// No headers, 100 ns to send, 50 ns to receive.
inline fabric::ProtocolConfig bare_protocol() {
  return config::parse<fabric::ProtocolConfig>(R"({
    "name": "bare", "flit": "1B", "block_flits": 4096, "block_overhead": "0B", "packet_overhead": "0B", "mtu": "1MiB",
    "send_latency": "100ns", "receive_latency": "50ns"})",
                                               "bare protocol");
}

inline fabric::FabricConfig fabric_config(const std::string& json = "{}") {
  return config::parse<fabric::FabricConfig>(json, "fabric");
}

}  // namespace podsim::test

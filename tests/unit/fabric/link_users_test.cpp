// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link_users.h"

#include <gtest/gtest.h>

#include "podsim/base/error.h"
#include "support/pods.h"
#include "support/scripted_card.h"

namespace podsim::fabric {
namespace {

using namespace podsim::literals;
using test::bare_protocol;
using test::build;
using test::fabric_config;
using test::full_mesh_json;
using test::switch_json;
using test::torus_json;

LinkId link_between(const topology::Pod& pod, NodeId from, NodeId to) {
  for (std::size_t i = 0; i < pod.graph.link_count(); ++i) {
    const topology::Link& link = pod.graph.link(LinkId(i));
    if (link.from == from && link.to == to) return LinkId(i);
  }
  ADD_FAILURE() << "no such link";
  return LinkId(0);
}

TEST(LinkUsers, AreThoseWhoseBytesCrossTheLinkTheMostFirst) {
  const topology::Pod pod = build(switch_json(8));
  const LinkId to_7 = link_between(pod, NodeId(8), NodeId(7));
  const LinkId from_2 = link_between(pod, NodeId(2), NodeId(8));
  LinkUsers users(pod, bare_protocol(), fabric_config(), 1, {to_7, from_2});
  users.add(NpuId(2), NpuId(7), 1000_B, 0);
  users.add(NpuId(5), NpuId(7), 3000_B, 0);
  users.add(NpuId(1), NpuId(7), 1000_B, 0);
  users.add(NpuId(2), NpuId(3), 500_B, 0);
  users.add(NpuId(7), NpuId(7), 9000_B, 0);  // over no link
  const std::vector<LinkUser> sources = users.sources(to_7);
  ASSERT_EQ(sources.size(), 3U);
  EXPECT_EQ(sources[0].npu, NpuId(5));
  EXPECT_EQ(sources[0].bytes, 3000_B);
  EXPECT_EQ(sources[1].npu, NpuId(1));  // as many bytes as card 2
  EXPECT_EQ(sources[2].npu, NpuId(2));
  ASSERT_EQ(users.destinations(to_7).size(), 1U);
  EXPECT_EQ(users.destinations(to_7)[0].bytes, 5000_B);
  ASSERT_EQ(users.destinations(from_2).size(), 2U);
  EXPECT_EQ(users.destinations(from_2)[1].npu, NpuId(3));
}

// Whatever the spread and however many packets a message has: the users of a link sent what crossed it.
TEST(LinkUsers, AddUpToWhatTheSimulationCarried) {
  for (const char* spread : {"first", "hash"}) {
    const FabricConfig config =
        fabric_config(std::string(R"({"chunk": "3000B", "path_spread": ")") + spread + "\"}");
    const std::string dimensions = torus_json(5) + "," + switch_json(3, 2);
    test::EngineBench bench(build(dimensions), config);
    const topology::Pod& pod = bench.pod();
    std::vector<LinkId> links;
    for (std::size_t i = 0; i < pod.graph.link_count(); ++i) links.push_back(LinkId(i));
    LinkUsers users(pod, bare_protocol(), config, 1, links);
    for (std::size_t src = 0; src < bench.size(); ++src) {
      for (std::size_t dst = 0; dst < bench.size(); ++dst) {
        const Bytes payload(static_cast<std::int64_t>(1000 + 700 * dst));
        bench.card(src).send(dst, payload);
        users.add(NpuId(src), NpuId(dst), payload, static_cast<std::uint32_t>(dst));
      }
    }
    bench.run();
    const auto& engine = bench.engine();
    for (const LinkId link : links) {
      Bytes sent, received;
      for (const LinkUser& user : users.sources(link)) sent += user.bytes;
      for (const LinkUser& user : users.destinations(link)) received += user.bytes;
      EXPECT_EQ(sent.count(), static_cast<std::int64_t>(engine.link_stats(link).bytes))
          << spread << link.value();
      EXPECT_EQ(received, sent);
    }
  }
}

TEST(LinkUsers, AreNotKnownUnderBacklog) {
  const topology::Pod pod = build(full_mesh_json(3));
  EXPECT_THROW(LinkUsers(pod, bare_protocol(), fabric_config(R"({"path_spread": "backlog"})"), 1, {}),
               InternalError);
}

}  // namespace
}  // namespace podsim::fabric

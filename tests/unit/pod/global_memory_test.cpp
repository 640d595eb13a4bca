// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "podsim/fabric/protocol_config.h"
#include "support/small_scenario.h"

namespace podsim::test {
namespace {

using testing::HasSubstr;

// Eight cards in a full mesh with round figures: 1 GB/s, 1 us a link, 1 us between card and port either way;
// memory takes 2 us to read and 3 us to write. No headers: a message is its bytes, and one of none is a flit.
std::string scenario(const std::string& workload) {
  return R"({"name": "memory", "machine": {
    "pod": {"name": "mesh", "source": "a test", "chip": "configs/chips/ascend910c.json",
            "stack": "configs/stacks/cann_910c.json",
            "dimensions": [{"kind": "full_mesh", "name": "x", "source": "a test", "size": 8,
                            "link": {"bandwidth": "1GB/s", "latency": "1us", "medium": "board", "lanes": 4}}]},
    "protocol": {"name": "bare", "flit": "10B", "block_flits": 1000, "block_overhead": "0B",
                 "packet_overhead": "0B", "mtu": "1MiB", "send_latency": "9us", "receive_latency": "9us"}},
    "workload": {"kind": "global_memory",
      "access": {"name": "test", "read_segment": "1000B", "write_segment": "500B", "outstanding": 1000,
                 "port_latency": "1us", "npu": {"read_latency": "2us", "write_latency": "3us",
                 "read_rate": "1GB/s", "write_rate": "1GB/s"}}, )" +
         workload + "}}";
}

std::string run(const std::string& workload, const Sets& sets = {}) {
  return in_child([&] {
    return pod::run(pod::parse_scenario(scenario(workload), "memory", sets), {}).metrics.to_json(0);
  });
}

TEST(GlobalMemory, AReadTakesTheSumOfItsParts) {
  const std::string metrics = run(R"("transfers": [
    {"name": "one", "operation": "read", "from": [0], "to": [3], "size": "1000B"}])");
  // Request: port 1, link 1, port 1. Memory: 1 us for 1,000 B at 1 GB/s, and 2. Answer: port 1, 1 us on the
  // wire, link 1, port 1; 1 us into the reader's own memory. An empty request is 10 B or less on the wire.
  const double request_on_wire = figure_of(metrics, "global_memory.one.latency_us.p50") - (3 + 3 + 4 + 1);
  EXPECT_GE(request_on_wire, 0.0);
  EXPECT_LE(request_on_wire, 0.0101);
}

TEST(GlobalMemory, AWriteIsAcknowledgedAfterItIsInMemory) {
  const std::string metrics = run(R"("transfers": [
    {"name": "one", "operation": "write", "from": [0], "to": [3], "size": "500B"}])");
  // Request: 3 and 0.5 on the wire. Memory: 0.5 and 3. Acknowledgement: 3.
  const double ack_on_wire = figure_of(metrics, "global_memory.one.latency_us.p50") - (3.5 + 3.5 + 3);
  EXPECT_GE(ack_on_wire, -1e-9);
  EXPECT_LE(ack_on_wire, 0.0101);
}

TEST(GlobalMemory, AChaseIsAsLongAsItsOperations) {
  const std::string one = run(R"("transfers": [
    {"name": "t", "operation": "read", "from": [0], "to": [3], "size": "64B"}])");
  const std::string many = run(R"("transfers": [
    {"name": "t", "operation": "read", "from": [0], "to": [3], "size": "64B", "operations": 50}])");
  EXPECT_NEAR(figure_of(many, "global_memory.t.time_us"), 50 * figure_of(one, "global_memory.t.time_us"),
              1e-3);
}

TEST(GlobalMemory, ManyReadersShareTheRateOfOneMemory) {
  const std::string metrics = run(R"("transfers": [
    {"name": "t", "operation": "read", "from": [0, 1, 2, 3, 4, 5, 6], "to": [7], "size": "1MiB"}])");
  const double bandwidth = figure_of(metrics, "global_memory.t.bandwidth_gb_per_s");
  EXPECT_LE(bandwidth, 1.0);
  EXPECT_GE(bandwidth, 0.99);
}

TEST(GlobalMemory, ReadersOfOneMemoryEachBehindAPortOfTheirOwn) {
  const std::string metrics = run(R"("transfers": [
    {"name": "t", "operation": "read", "from": [0, 2, 4, 6], "to": [1, 3, 5, 7], "size": "1MiB"}])",
                                  {"/fabric/chunk=1000B"});  // bursts of one segment fill the pipe soonest
  const double bandwidth = figure_of(metrics, "global_memory.t.bandwidth_gb_per_s");
  EXPECT_LE(bandwidth, 4.0);
  EXPECT_GE(bandwidth, 3.9);
}

TEST(GlobalMemory, AnInterleavedRangeComesThroughAllPorts) {
  const Sets fast_memory{"/workload/access/npu/read_rate=100GB/s", "/workload/access/npu/write_rate=100GB/s"};
  const std::string blocked = run(R"("memory": "1MiB", "transfers": [
    {"name": "t", "operation": "read", "from": [0], "address": "1MiB", "size": "1MiB"}])",
                                  fast_memory);
  const std::string interleaved = run(R"("memory": "1MiB", "page": "4KiB", "transfers": [
    {"name": "t", "operation": "read", "from": [0], "address": "1MiB", "size": "1MiB"}])",
                                      fast_memory);
  // An eighth is its own memory, the rest comes through seven ports.
  EXPECT_NEAR(figure_of(interleaved, "global_memory.t.time_us"),
              figure_of(blocked, "global_memory.t.time_us") / 8, 10.0);
}

TEST(GlobalMemory, OutstandingSegmentsLimitTheRate) {
  const auto time = [](const char* outstanding) {
    const std::string transfers = R"("transfers": [
      {"name": "t", "operation": "read", "from": [0], "to": [3], "size": "100000B"}])";
    return figure_of(run(transfers, {std::string("/workload/access/outstanding=") + outstanding}),
                     "global_memory.t.time_us");
  };
  const double one = time("1");
  EXPECT_GT(one, 1000.0);  // a hundred segments of 10 us each, and the last one's write
  EXPECT_NEAR(time("2"), one / 2, one * 0.01);
}

TEST(GlobalMemory, ErrorsNameThePlace) {
  EXPECT_THAT(
      run(R"("transfers": [{"name": "t", "operation": "read", "from": [9], "to": [3], "size": "8B"}])"),
      HasSubstr("/workload/transfers/0/from: got 9"));
  EXPECT_THAT(
      run(R"("transfers": [{"name": "t", "operation": "fetch_add", "from": [0], "to": [3], "size": "16B"}])"),
      HasSubstr("atomics are of 8 B"));
  EXPECT_THAT(
      run(R"("transfers": [{"name": "t", "operation": "read", "from": [0, 1], "to": [3, 4, 5], "size": "8B"}])"),
      HasSubstr("lists of one length"));
  EXPECT_THAT(
      run(R"("memory": "4KiB", "transfers": [{"name": "t", "operation": "read", "from": [0], "to": [7], "size": "5KiB"}])"),
      HasSubstr("behind the 32KiB of all memories"));
  EXPECT_THAT(run(R"("hosts": {"period": 2, "first": 1}, "transfers": [])"), HasSubstr("/workload/hosts"));
}

}  // namespace
}  // namespace podsim::test

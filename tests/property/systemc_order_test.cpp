// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <numeric>

#include "podsim/fabric/packet_fabric.h"
#include "property/simulation.h"

// The order in which modules are built, and with it the order in which the kernel runs their processes, does
// not show in when anything arrives.
namespace podsim::property {
namespace {

// A card with a process of its own: it sends one message when the simulation begins and answers what arrives
// a while later, to cards that follow from what it was sent, until the messages have made their hops.
class BouncingCard : public sc_core::sc_module, public fabric::Endpoint {
 public:
  struct Habits {
    std::size_t cards;
    std::uint32_t bounces;
    Picoseconds think;
    bool plans_ahead;  // tells the fabric of its answer when it hears of a message, not when it is ready
    std::uint64_t seed;
  };

  BouncingCard(sc_core::sc_module_name name, NpuId self, const Habits& habits, fabric::Fabric& fabric)
      : sc_module(name), self_(self), habits_(habits), fabric_(fabric) {
    SC_METHOD(send_method);
    sensitive << ready_event_;
    fabric.attach(self, *this);
    answer(self, 0, Picoseconds(0));
  }

  bool next_message(Picoseconds now, fabric::Message& message) override {
    if (answers_.empty()) return false;
    if (answers_.front().ready > now) {
      if (habits_.plans_ahead) fabric_.kick(self_, answers_.front().ready);
      return false;
    }
    message = answers_.front().message;
    answers_.pop_front();
    return true;
  }

  void message_arrived(const fabric::Arrival& arrival) override {
    arrivals_.push_back(arrival);
    if (arrival.tag >= habits_.bounces) return;
    const Picoseconds ready = arrival.time + habits_.think;
    answer(arrival.source, arrival.tag + 1, ready);
    if (habits_.plans_ahead) {
      fabric_.kick(self_, ready);
    } else {
      wake_at(ready);
    }
  }

  const std::vector<fabric::Arrival>& arrivals() const { return arrivals_; }

 private:
  SC_HAS_PROCESS(BouncingCard);
  struct Answer {
    Picoseconds ready;
    fabric::Message message;
  };

  void send_method() {
    fabric_.kick(self_, sim::now());
    wake_ = Picoseconds::max();
    for (const Answer& answer : answers_) {
      if (answer.ready > sim::now()) return wake_at(answer.ready);
    }
  }

  void wake_at(Picoseconds at) {
    wake_ = std::min(wake_, at);
    sim::notify_at(ready_event_, wake_);
  }

  void answer(NpuId to, std::uint32_t tag, Picoseconds ready) {
    const std::uint64_t hash =
        mix64(habits_.seed ^ mix64(std::uint64_t{to.value()} << 32U | tag) ^ self_.value());
    const auto lane = hash % 5 == 0 ? fabric::LaneClass::Control : fabric::LaneClass::Data;
    const NpuId destination((hash >> 8U) % habits_.cards);
    answers_.push_back({ready, {destination, tag, Bytes(1000), lane, flow_++}});
  }

  NpuId self_;
  Habits habits_;
  fabric::Fabric& fabric_;
  std::deque<Answer> answers_;  // by time, since arrivals come in order of time
  std::vector<fabric::Arrival> arrivals_;
  Picoseconds wake_ = Picoseconds::max();
  std::uint32_t flow_ = 0;
  sc_core::sc_event ready_event_;
};

// One machine, its cards built in a given order.
class Machine {
 public:
  Machine(const std::string& name, const topology::Pod& pod, const RunSetup& setup,
          const BouncingCard::Habits& habits, const std::vector<std::size_t>& order)
      : fabric_((name + "_fabric").c_str(), pod, setup.protocol, setup.fabric, setup.seed),
        cards_(pod.graph.npu_count()) {
    for (const std::size_t i : order) {
      BouncingCard::Habits own = habits;
      own.plans_ahead = habits.plans_ahead && i % 2 == 0;
      cards_[i] =
          std::make_unique<BouncingCard>((name + "_" + std::to_string(i)).c_str(), NpuId(i), own, fabric_);
    }
  }
  const BouncingCard& card(std::size_t i) const { return *cards_[i]; }
  std::size_t size() const { return cards_.size(); }
  const fabric::Totals& totals() const { return fabric_.totals(); }

 private:
  fabric::PacketFabric fabric_;
  std::vector<std::unique_ptr<BouncingCard>> cards_;
};

// What the two machines of a case have in common.
struct Case {
  topology::PodConfig pod;
  RunSetup setup;
  BouncingCard::Habits habits;
};

// Times that are powers of two or alike, so that much happens at one time.
rc::Gen<Case> any_case() {
  return rc::gen::exec([] {
    Case drawn{*any_pod({16, LinkStyle::Halvable}), *any_setup(true), {}};
    drawn.habits.cards = static_cast<std::size_t>(topology::count_npus(drawn.pod));
    drawn.habits.bounces = static_cast<std::uint32_t>(uniform(1, 20));
    drawn.habits.think = Picoseconds(one_of<std::int64_t>({0, 1, 1 << 17, 100'000, 5'000'000}));
    drawn.habits.plans_ahead = chance(60);
    drawn.habits.seed = any_seed();
    return drawn;
  });
}

// All cases share one kernel: it elaborates once in a process.
TEST(Order, InWhichModulesAreBuiltDoesNotMatter) {
  constexpr std::size_t kCases = 100;
  sim::prepare_kernel();
  struct Pair {
    Case drawn;
    topology::Pod pod;
    std::unique_ptr<Machine> ascending;
    std::unique_ptr<Machine> shuffled;
  };
  std::vector<std::unique_ptr<Pair>> pairs;
  rc::Random draw(20260801);
  for (std::size_t i = 0; i < kCases; ++i) {
    Case drawn = any_case()(draw.split()).value();
    topology::Pod pod = topology::build_pod(drawn.pod);
    auto pair = std::make_unique<Pair>(Pair{std::move(drawn), std::move(pod), nullptr, nullptr});
    std::vector<std::size_t> order(pair->pod.graph.npu_count());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const std::string name = "case" + std::to_string(i);
    const Case& c = pair->drawn;
    pair->ascending = std::make_unique<Machine>(name + "_up", pair->pod, c.setup, c.habits, order);
    Random(i, "property.modules").shuffle(order);
    pair->shuffled = std::make_unique<Machine>(name + "_mixed", pair->pod, c.setup, c.habits, order);
    pairs.push_back(std::move(pair));
  }
  sim::run_kernel();
  for (std::size_t i = 0; i < kCases; ++i) {
    const Pair& pair = *pairs[i];
    std::ostringstream shown;
    showValue(pair.drawn.pod, shown);
    shown << '\n';
    showValue(pair.drawn.setup, shown);
    EXPECT_EQ(pair.ascending->totals().messages_delivered, pair.ascending->totals().messages_offered);
    EXPECT_EQ(pair.ascending->totals().messages_offered,
              pair.ascending->size() * (pair.drawn.habits.bounces + 1));
    for (std::size_t card = 0; card < pair.ascending->size(); ++card) {
      const auto& one = pair.ascending->card(card).arrivals();
      const auto& two = pair.shuffled->card(card).arrivals();
      ASSERT_EQ(one.size(), two.size()) << "case " << i << ", card " << card << '\n' << shown.str();
      for (std::size_t k = 0; k < one.size(); ++k) {
        ASSERT_EQ(one[k].source, two[k].source) << "case " << i << ", card " << card << '\n' << shown.str();
        ASSERT_EQ(one[k].time, two[k].time) << "case " << i << ", card " << card << '\n' << shown.str();
      }
    }
  }
}

}  // namespace
}  // namespace podsim::property

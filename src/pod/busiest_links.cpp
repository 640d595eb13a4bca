// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "pod/busiest_links.h"

#include <fmt/format.h>

#include <algorithm>

namespace podsim::pod {
namespace {

constexpr std::size_t kLinks = 5;
constexpr std::int64_t kSeen = 64;      // packets of a link that are enough to tell its main users
constexpr std::size_t kNamedCards = 8;  // of the users of a link; the others are a number

std::vector<LinkUse> busiest(const std::vector<LinkRow>& rows) {
  std::vector<LinkUse> uses(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) uses[i].row = i;
  const std::size_t kept = std::min(kLinks, uses.size());
  std::partial_sort(uses.begin(), uses.begin() + static_cast<std::ptrdiff_t>(kept), uses.end(),
                    [&rows](const LinkUse& a, const LinkUse& b) {
                      const std::int64_t busy_a = rows[a.row].stats.busy_ps;
                      const std::int64_t busy_b = rows[b.row].stats.busy_ps;
                      return busy_a != busy_b ? busy_a > busy_b : a.row < b.row;
                    });
  uses.resize(kept);
  return uses;
}

// Looking up the path of every message costs as much as a bound. Taking each step-th still sees every one of
// the links often enough.
std::uint64_t step_of(const std::vector<LinkUse>& uses, const std::vector<LinkRow>& rows,
                      std::int64_t layers) {
  std::uint64_t packets = rows[uses.front().row].stats.packets;
  for (const LinkUse& use : uses) packets = std::min(packets, rows[use.row].stats.packets);
  return std::max<std::uint64_t>(1, packets / static_cast<std::uint64_t>(layers * kSeen));
}

LinkUse::Cards shares_of(const std::vector<fabric::LinkUser>& users) {
  Bytes total;
  for (const fabric::LinkUser& user : users) total += user.bytes;
  LinkUse::Cards cards;
  cards.count = users.size();
  for (std::size_t i = 0; i < std::min(users.size(), kNamedCards); ++i)
    cards.most.push_back(
        {users[i].npu, static_cast<double>(users[i].bytes.count()) / static_cast<double>(total.count())});
  return cards;
}

}  // namespace

void add_busiest_links(const Scenario& scenario, const topology::Pod& pod, std::uint64_t seed,
                       const UsersOf& users_of, RunResult& result) {
  BusiestLinks& links = result.busiest_links;
  links.uses = busiest(result.links);
  if (links.uses.empty()) return;
  if (scenario.fabric.path_spread == fabric::PathSpread::Backlog) {
    links.users_of = "unknown: under path_spread backlog a path depends on what waits";
    return;
  }
  std::vector<LinkId> ids;
  for (const LinkUse& use : links.uses) ids.push_back(result.links[use.row].link);
  fabric::LinkUsers users(pod, *scenario.machine.protocol, scenario.fabric, seed, ids);
  const std::uint64_t step = step_of(links.uses, result.links, users_of.layers);
  users_of.feed(users, step);
  links.sampled = step > 1;
  links.users_of =
      links.sampled ? fmt::format("{}, one message in {}", users_of.words, step) : users_of.words;
  for (LinkUse& use : links.uses) {
    use.from = shares_of(users.sources(result.links[use.row].link));
    use.to = shares_of(users.destinations(result.links[use.row].link));
  }
}

}  // namespace podsim::pod

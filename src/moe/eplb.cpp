// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/eplb.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>
#include <utility>

#include "podsim/base/error.h"
#include "podsim/base/random.h"

namespace podsim::moe {
namespace {

// Bins that take the same number of items each; knows what they carry.
class Bins {
 public:
  Bins(std::size_t bins, std::size_t capacity) : items_(bins), load_(bins, 0.0), capacity_(capacity) {
    for (std::size_t bin = 0; bin < bins; ++bin) open_.push({0.0, bin});
  }

  // The least loaded bin with room, the lowest of equals.
  std::size_t lightest() {
    const std::size_t bin = open_.top().second;
    open_.pop();
    return bin;
  }
  // The same among the bins that hold no item of this owner. False: there is none.
  bool lightest_without(ExpertIndex owner, Span<const ExpertIndex> owners, std::size_t& bin) {
    std::vector<Entry> passed_over;
    bool found = false;
    while (!open_.empty() && !found) {
      bin = open_.top().second;
      found = !holds(bin, owner, owners);
      if (!found) passed_over.push_back(open_.top());
      open_.pop();
    }
    for (const Entry& entry : passed_over) open_.push(entry);
    return found;
  }
  void put(std::size_t item, double load, std::size_t bin) {
    items_[bin].push_back(item);
    load_[bin] += load;
    if (items_[bin].size() < capacity_) open_.push({load_[bin], bin});
  }
  // Every bin with room holds this owner: makes room for `item` in a full one by moving an item out of it to
  // the lightest bin, the pair of moves that leaves the lowest maximum. A full bin without the owner exists,
  // because the owner has no more items than there are bins; it has more owners than a bin with room, so
  // there is always one to move.
  void put_by_swap(std::size_t item, Span<const double> load, Span<const ExpertIndex> owners) {
    const std::size_t target = lightest();
    double best = 0;
    std::size_t from = items_.size();
    std::size_t moved = 0;
    for (std::size_t bin = 0; bin < items_.size(); ++bin) {
      if (holds(bin, owners[item], owners)) continue;
      for (std::size_t i = 0; i < items_[bin].size(); ++i) {
        const std::size_t candidate = items_[bin][i];
        if (holds(target, owners[candidate], owners)) continue;
        const double highest =
            std::max(load_[target] + load[candidate], load_[bin] - load[candidate] + load[item]);
        if (from != items_.size() && highest >= best) continue;
        best = highest;
        from = bin;
        moved = i;
      }
    }
    PODSIM_CHECK(from != items_.size(), "no bin to swap item {} of expert {} into", item, owners[item]);
    const std::size_t out = std::exchange(items_[from][moved], item);
    load_[from] += load[item] - load[out];
    put(out, load[out], target);
  }

  const std::vector<std::vector<std::size_t>>& items() const { return items_; }

 private:
  using Entry = std::pair<double, std::size_t>;

  bool holds(std::size_t bin, ExpertIndex owner, Span<const ExpertIndex> owners) const {
    return std::any_of(items_[bin].begin(), items_[bin].end(),
                       [&](std::size_t item) { return owners[item] == owner; });
  }

  std::vector<std::vector<std::size_t>> items_;
  std::vector<double> load_;
  std::size_t capacity_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open_;
};

std::vector<std::size_t> by_falling_load(Span<const double> load) {
  std::vector<std::size_t> order(load.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return load[a] > load[b]; });
  return order;
}

// The items of each bin in the order in which they were packed; load.size() is a multiple of `bins`.
std::vector<std::vector<std::size_t>> pack(Span<const double> load, std::size_t bins) {
  const std::size_t capacity = load.size() / bins;
  Bins result(bins, capacity);
  if (capacity == 1) {  // nothing to choose: keep the order, as the publication does
    for (std::size_t item = 0; item < load.size(); ++item) result.put(item, load[item], item);
    return result.items();
  }
  for (std::size_t item : by_falling_load(load)) result.put(item, load[item], result.lightest());
  return result.items();
}

// As pack, but with the items of an owner in different bins; no owner may have more items than there are
// bins.
std::vector<std::vector<std::size_t>> pack_spread(Span<const double> load, Span<const ExpertIndex> owners,
                                                  std::size_t bins) {
  const std::size_t capacity = load.size() / bins;
  if (capacity == 1) return pack(load, bins);
  Bins result(bins, capacity);
  for (std::size_t item : by_falling_load(load)) {
    std::size_t bin = 0;
    if (result.lightest_without(owners[item], owners, bin)) {
      result.put(item, load[item], bin);
    } else {
      result.put_by_swap(item, load, owners);
    }
  }
  return result.items();
}

// Who owns each of `copies` copies: first every expert once, then each further one of the expert with the
// highest load per copy so far, among those that have fewer than `most`.
std::vector<ExpertIndex> replicate(Span<const double> weight, std::size_t copies, std::size_t most) {
  std::vector<ExpertIndex> owners(weight.size());
  std::iota(owners.begin(), owners.end(), ExpertIndex{0});
  std::vector<std::size_t> count(weight.size(), 1);
  const auto lighter = [&](ExpertIndex a, ExpertIndex b) {
    const double load_a = weight[a] / static_cast<double>(count[a]);
    const double load_b = weight[b] / static_cast<double>(count[b]);
    return load_a < load_b || (load_a == load_b && a > b);
  };
  std::priority_queue<ExpertIndex, std::vector<ExpertIndex>, decltype(lighter)> heaviest(lighter, owners);
  while (owners.size() < copies) {
    const ExpertIndex expert = heaviest.top();
    heaviest.pop();
    if (count[expert] == most) continue;
    owners.push_back(expert);
    ++count[expert];
    heaviest.push(expert);
  }
  return owners;
}

void require(bool holds, const std::string& message) {
  if (!holds) throw ConfigError("eplb: " + message);
}

// The experts of each node: whole groups, packed by their summed load.
std::vector<std::vector<ExpertIndex>> experts_of_nodes(Span<const std::int64_t> weight, std::size_t groups,
                                                       std::size_t nodes) {
  const std::size_t group_size = weight.size() / groups;
  std::vector<double> group_load(groups, 0.0);
  for (std::size_t e = 0; e < weight.size(); ++e) {
    group_load[e / group_size] += static_cast<double>(weight[e]);
  }
  std::vector<std::vector<ExpertIndex>> experts(nodes);
  const auto groups_of = pack(Span<const double>(group_load), nodes);
  for (std::size_t node = 0; node < nodes; ++node) {
    for (std::size_t group : groups_of[node]) {
      for (std::size_t i = 0; i < group_size; ++i) {
        experts[node].push_back(static_cast<ExpertIndex>(group * group_size + i));
      }
    }
  }
  return experts;
}

// Replicates the experts of one node and packs the copies onto its GPUs; appends to `result`.
void balance_node(Span<const std::int64_t> weight, const std::vector<ExpertIndex>& experts,
                  std::size_t copies, std::size_t gpus, bool spread, EplbLayer& result) {
  std::vector<double> load;
  for (ExpertIndex e : experts) load.push_back(static_cast<double>(weight[e]));
  spread = spread && copies <= experts.size() * gpus;  // else some GPU must hold an expert twice
  const std::vector<ExpertIndex> owners = replicate(Span<const double>(load), copies, spread ? gpus : copies);
  std::vector<std::size_t> count(experts.size(), 0);
  std::vector<std::size_t> number;  // of each copy: which of its expert's copies it is
  for (ExpertIndex owner : owners) number.push_back(count[owner]++);
  std::vector<double> copy_load;
  for (ExpertIndex owner : owners) copy_load.push_back(load[owner] / static_cast<double>(count[owner]));

  const auto packed = spread
                          ? pack_spread(Span<const double>(copy_load), Span<const ExpertIndex>(owners), gpus)
                          : pack(Span<const double>(copy_load), gpus);
  for (std::size_t i = 0; i < experts.size(); ++i) result.log2phy[experts[i]].resize(count[i]);
  for (const std::vector<std::size_t>& gpu : packed) {
    for (std::size_t copy : gpu) {
      const ExpertIndex expert = experts[owners[copy]];
      result.log2phy[expert][number[copy]] = static_cast<std::uint32_t>(result.phy2log.size());
      result.phy2log.push_back(expert);
    }
  }
}

// Loads proportional to `share`, in whole tokens.
std::vector<std::int64_t> as_tokens(std::vector<double> share) {
  constexpr double kTotal = 1e9;
  double sum = std::accumulate(share.begin(), share.end(), 0.0);
  if (sum == 0.0) sum = share[0] = 1.0;  // all underflowed: one has everything
  std::vector<std::int64_t> loads;
  for (double s : share) loads.push_back(std::llround(s / sum * kTotal));
  return loads;
}

}  // namespace

void check_eplb_shape(std::size_t expert_count, const EplbShape& shape) {
  const auto experts = static_cast<std::int64_t>(expert_count);
  require(experts > 0 && experts <= 65536, fmt::format("{} experts, expected 1 to 65536", experts));
  require(shape.groups > 0 && shape.nodes > 0 && shape.gpus > 0,
          fmt::format("{} groups, {} nodes and {} gpus, expected at least one of each", shape.groups,
                      shape.nodes, shape.gpus));
  require(shape.replicas >= experts,
          fmt::format("{} replicas for {} experts, expected at least as many", shape.replicas, experts));
  require(shape.replicas % shape.gpus == 0,
          fmt::format("{} replicas do not divide evenly over {} gpus", shape.replicas, shape.gpus));
  if (shape.groups % shape.nodes != 0) return;  // global: groups and nodes do not matter
  require(shape.gpus % shape.nodes == 0,
          fmt::format("{} gpus do not divide evenly over {} nodes", shape.gpus, shape.nodes));
  require(experts % shape.groups == 0,
          fmt::format("{} experts do not divide evenly into {} groups", experts, shape.groups));
}

EplbLayer rebalance_layer(Span<const std::int64_t> weight, const EplbShape& shape) {
  check_eplb_shape(weight.size(), shape);
  for (std::size_t e = 0; e < weight.size(); ++e) {
    require(weight[e] >= 0, fmt::format("expert {} has the load {}, expected 0 or more", e, weight[e]));
  }
  const bool hierarchical = shape.groups % shape.nodes == 0;
  const auto groups = static_cast<std::size_t>(hierarchical ? shape.groups : 1);
  const auto nodes = static_cast<std::size_t>(hierarchical ? shape.nodes : 1);
  EplbLayer result;
  result.log2phy.resize(weight.size());
  for (const std::vector<ExpertIndex>& experts : experts_of_nodes(weight, groups, nodes)) {
    balance_node(weight, experts, static_cast<std::size_t>(shape.replicas) / nodes,
                 static_cast<std::size_t>(shape.gpus) / nodes, shape.spread_replicas, result);
  }
  return result;
}

std::vector<EplbLayer> rebalance_experts(const std::vector<std::vector<std::int64_t>>& weight,
                                         std::int64_t num_replicas, std::int64_t num_groups,
                                         std::int64_t num_nodes, std::int64_t num_gpus) {
  EplbShape shape;
  shape.replicas = num_replicas;
  shape.groups = num_groups;
  shape.nodes = num_nodes;
  shape.gpus = num_gpus;
  std::vector<EplbLayer> layers;
  for (const std::vector<std::int64_t>& row : weight) {
    layers.push_back(rebalance_layer(Span<const std::int64_t>(row), shape));
  }
  return layers;
}

LayerPlacement to_placement(const EplbLayer& layer, std::size_t experts, std::size_t gpus) {
  const std::size_t slots_per_rank = layer.phy2log.size() / gpus;
  PODSIM_CHECK(slots_per_rank * gpus == layer.phy2log.size(), "{} copies on {} gpus", layer.phy2log.size(),
               gpus);
  std::vector<std::vector<ExpertIndex>> slots(gpus);
  for (std::size_t p = 0; p < layer.phy2log.size(); ++p)
    slots[p / slots_per_rank].push_back(layer.phy2log[p]);
  return LayerPlacement(std::move(slots), experts);
}

std::vector<std::int64_t> zipf_loads(std::size_t experts, double alpha, std::uint64_t seed,
                                     std::int64_t layer) {
  std::vector<double> share;
  for (std::size_t rank = 1; rank <= experts; ++rank)
    share.push_back(std::pow(static_cast<double>(rank), -alpha));
  Random(seed, "eplb.zipf", static_cast<std::uint64_t>(layer)).shuffle(share);
  return as_tokens(share);
}

std::vector<std::int64_t> dirichlet_loads(std::size_t experts, double cv, std::uint64_t seed,
                                          std::int64_t layer) {
  const auto n = static_cast<double>(experts);
  if (!(cv >= 0.0) || (cv > 0.0 && !(cv * cv < n - 1.0))) {
    throw ConfigError(
        fmt::format("a coefficient of variation of {} over {} experts, expected 0 to below {:.3f}", cv,
                    experts, std::sqrt(n - 1.0)));
  }
  if (cv == 0.0) return as_tokens(std::vector<double>(experts, 1.0));
  // A symmetric Dirichlet(a) component has the mean 1/n and the variance (n-1) / (n^2 (n a + 1)).
  const double shape = ((n - 1.0) / (cv * cv) - 1.0) / n;
  Random random(seed, "eplb.dirichlet", static_cast<std::uint64_t>(layer));
  std::vector<double> share;
  for (std::size_t e = 0; e < experts; ++e) share.push_back(random.gamma(shape));
  return as_tokens(share);
}

}  // namespace podsim::moe

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "podsim/topology/pod_config.h"
#include "topology/dimension_plan.h"
#include "topology/graph_builder.h"

namespace podsim::topology {

// NPUs that `config` describes. Throws ConfigError above 2^20.
std::int64_t count_npus(const PodConfig& config);

// Turns a pod's composition into nodes and links, innermost first, and remembers what routing needs.
class Composer {
 public:
  // A card override and the NPU that its numbering starts from: those of a group count inside the group.
  struct LocatedOverride {
    const CardOverride* cards;
    std::int64_t first;
    std::int64_t npus;
    std::string place;  // "pod 'a': cards[0]"
  };

  explicit Composer(const PodConfig& config);

  const GraphBuilder& builder() const { return builder_; }
  GraphBuilder& builder() { return builder_; }
  // Plans of the dimensions, innermost first; empty for a pod that is not regular.
  const std::vector<DimensionPlan>& plans() const { return plans_; }
  const std::vector<LocatedOverride>& overrides() const { return overrides_; }

 private:
  void add(const PodConfig& config, const LinkTerms& around, std::int64_t first);
  void add_dimensions(const PodConfig& config, const LinkTerms& terms, std::int64_t first);
  void add_groups(const PodConfig& config, const LinkTerms& terms, std::int64_t first);
  void add_graph(const GraphConfig& graph, const LinkTerms& terms, std::int64_t first);
  struct Members {
    std::int64_t first;
    std::int64_t count;
  };
  void join(const JoinConfig& join, const LinkTerms& terms, const std::vector<Members>& groups);
  void check_links() const;

  GraphBuilder builder_;
  std::vector<DimensionPlan> plans_;
  std::vector<LocatedOverride> overrides_;
};

}  // namespace podsim::topology

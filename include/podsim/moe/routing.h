// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "podsim/base/span.h"

namespace podsim::moe {

using ExpertIndex = std::uint16_t;  // a logical expert of a layer

// Which of a step's batches is asked for.
struct RoutingRequest {
  std::int64_t step = 0;
  std::int64_t layer = 0;   // MoE layer, 0 .. model.moe_layers()-1
  std::int64_t source = 0;  // source rank: a card of the pod
  std::int64_t tokens = 0;
};

// Says which experts the tokens of a card go to. The same request gives the same answer.
class RoutingSource {
 public:
  virtual ~RoutingSource() = default;
  // Fills `experts` [tokens, top_k], row by row, without repeats within a row. experts.size() == tokens *
  // top_k.
  virtual void route(const RoutingRequest& request, Span<ExpertIndex> experts) = 0;
};

}  // namespace podsim::moe

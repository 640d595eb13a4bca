// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "podsim/kernel/ascendc.h"

// Latent attention (MLA) with the key and value projections absorbed, one query token per request: every head
// of a request reads the same rows of the cache, `lora` latents, which are keys and values, and `rope` more,
// which are keys only.
namespace podsim::kernel::ops {

// A piece of a request's context that one core attends to.
struct MlaItem {
  std::uint32_t request = 0;
  std::uint32_t first = 0;  // of its tokens
  std::uint32_t tokens = 0;
  std::uint32_t partial = 0;  // number of its place among partial results
  bool whole = true;          // the request has no other
};

// One step of a core: `tokens` rows of the cache.
struct MlaStep {
  std::uint32_t item = 0;   // of the core
  std::uint32_t token = 0;  // of the request
  std::uint32_t tokens = 0;
  bool first = false;  // of its item
  bool last = false;
};

// A request whose pieces are put together: its partial results follow one another.
struct MlaJoin {
  std::uint32_t request = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct MlaPlan {
  std::uint32_t heads = 0;
  std::uint32_t lora = 0;
  std::uint32_t rope = 0;
  std::uint32_t tile = 0;                   // tokens of a step
  std::uint32_t kv_buffers = 0;             // steps whose rows of the cache are in L1
  std::uint32_t chunk = 0;                  // rows of products that a vector core adds at a time
  std::uint32_t page = 0;                   // tokens; 0: a request's rows follow one another
  float scale = 1.0F;                       // of scores
  std::vector<std::vector<MlaItem>> items;  // of every core
  std::vector<std::vector<MlaStep>> steps;
  std::vector<MlaJoin> joins;
  std::uint32_t partials = 0;

  std::uint32_t width() const { return lora + rope; }
  std::uint32_t part() const { return (heads + 1) / 2; }  // heads of a vector core
  std::uint32_t padded_heads() const { return (heads + 15) / 16 * 16; }
  std::uint32_t padded_part() const { return (part() + 7) / 8 * 8; }
};

struct MlaArrays {
  std::byte* query = nullptr;       // requests x heads x width
  std::byte* cache = nullptr;       // tokens x width
  std::byte* out = nullptr;         // requests x heads x lora
  std::uint64_t* starts = nullptr;  // row of the cache where a request, or its page, begins
  std::uint32_t table_width = 1;    // pages of a request, or 1
  // Two places per core each, used in turn.
  float* scores = nullptr;             // padded heads x tile
  std::byte* probabilities = nullptr;  // the same
  float* products = nullptr;           // padded heads x lora
  // Per piece of a request that has several.
  float* partial_sums = nullptr;   // heads x lora
  float* partial_stats = nullptr;  // 2 vector cores x (largest score, sum of exponentials) x padded part
};

// Deals out the steps of all requests in order, evenly when contexts may be split, otherwise request by
// request.
void deal_out(MlaPlan& plan, const std::vector<std::int64_t>& contexts, std::uint64_t cores, bool split);

// Cross-core flags, each of a step: scores are there; probabilities are; products are.
constexpr std::uint16_t kScoresFlag = 0;
constexpr std::uint16_t kProbabilitiesFlag = 1;
constexpr std::uint16_t kProductsFlag = 2;

// First row of the cache of a step.
inline std::uint64_t cache_row(const MlaPlan& plan, const MlaArrays& arrays, const MlaItem& item,
                               const MlaStep& step) {
  AscendC::GlobalTensor<std::uint64_t> starts;
  starts.SetGlobalBuffer(arrays.starts);
  const std::uint64_t row = std::uint64_t{item.request} * arrays.table_width;
  if (plan.page == 0) return starts.GetValue(row) + step.token;
  return starts.GetValue(row + step.token / plan.page) + step.token % plan.page;
}

}  // namespace podsim::kernel::ops

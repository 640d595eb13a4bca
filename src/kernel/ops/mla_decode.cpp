// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "kernel/ops/mla_decode.h"

#include <fmt/format.h>

#include <numeric>

#include "kernel/ops/mla_cube.h"
#include "kernel/ops/mla_vector.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

constexpr std::int64_t kMostHeads = 128;   // rows of one result in half of L0C
constexpr std::int64_t kMostTile = 64;     // one repeat of a vector instruction
constexpr std::int64_t kMostBuffers = 4;   // event ids
constexpr std::int64_t kMostWidth = 2032;  // strides between repeats are 8 bits of blocks
constexpr std::int64_t kMostContext = std::int64_t{1} << 24U;

std::vector<std::int64_t> contexts_of(const OpRequest& request) {
  std::vector<std::int64_t> contexts = option_list(request, "contexts");
  if (contexts.empty()) {
    const auto batch = static_cast<std::size_t>(shape_value(request, "batch", 1, 1, 65536));
    contexts.assign(batch, shape_value(request, "context", 0, 1, kMostContext));
  } else if (request.shape.count("batch") != 0 || request.shape.count("context") != 0) {
    throw ConfigError("contexts gives the tokens of every request: batch and context do not go with it");
  }
  for (const std::int64_t context : contexts) {
    if (context < 1 || context > kMostContext)
      throw ConfigError(fmt::format("a request has {} tokens, expected 1 to {}", context, kMostContext));
  }
  return contexts;
}

void require_multiple_of_16(const char* key, std::uint32_t value) {
  if (value % 16 != 0) throw ConfigError(fmt::format("{} is {}, expected a multiple of 16", key, value));
}

template <class T>
MlaPlan plan_of(const OpContext& context) {
  const OpRequest& request = context.request;
  const auto number = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  MlaPlan plan;
  plan.heads = number(shape_value(request, "heads", 128, 1, kMostHeads));
  plan.lora = number(shape_value(request, "lora", 512, 16, kMostWidth));
  plan.rope = number(shape_value(request, "rope", 64, 16, kMostWidth));
  require_multiple_of_16("lora", plan.lora);
  require_multiple_of_16("rope", plan.rope);
  plan.page = number(option_value(request, "page", 128, 0, 1 << 16));
  plan.tile = number(option_value(request, "tile",
                                  plan.page == 0 ? kMostTile : std::gcd<std::int64_t>(kMostTile, plan.page),
                                  1, kMostTile));
  if (plan.page % plan.tile != 0)
    throw ConfigError(fmt::format("page is {}, expected a multiple of the tile of {}", plan.page, plan.tile));
  // DeepSeek-V3: heads of 128 + 64 before absorption.
  plan.scale = 1.0F / std::sqrt(192.0F);

  const std::uint64_t l1 = context.die.capacity[static_cast<std::size_t>(Memory::L1)];
  const std::uint64_t fixed = MlaCube<T>::fixed_bytes(plan);
  const std::uint64_t fits = l1 > fixed ? (l1 - fixed) / MlaCube<T>::step_bytes(plan) : 0;
  if (fits < 2) {
    throw ConfigError(
        fmt::format("{} heads and two steps of {} tokens of {} values take {} B in L1, which has {}",
                    plan.heads, plan.tile, plan.width(), fixed + 2 * MlaCube<T>::step_bytes(plan), l1));
  }
  const auto most = std::min<std::int64_t>(kMostBuffers, static_cast<std::int64_t>(fits));
  plan.kv_buffers = number(option_value(request, "buffers", most, 2, most));

  const RowBytes bytes = MlaVector<T>::bytes(plan);
  const std::uint64_t room = context.die.capacity[static_cast<std::size_t>(Memory::UnifiedBuffer)];
  const std::uint64_t row = 2 * bytes.buffered + bytes.once;
  if (bytes.fixed + row > room) {
    throw ConfigError(fmt::format("sums of {} heads x {} take {} B of the unified buffer, which has {}",
                                  plan.part(), plan.lora, bytes.fixed + row, room));
  }
  plan.chunk =
      number(static_cast<std::int64_t>(std::min<std::uint64_t>((room - bytes.fixed) / row, plan.part())));
  return plan;
}

// Pages of all requests, in an order drawn at random. Returns the rows of the cache.
std::uint64_t lay_out_cache(const MlaPlan& plan, const std::vector<std::int64_t>& contexts,
                            std::uint64_t seed, DeviceMemory& memory, MlaArrays& arrays) {
  const auto pages_of = [&](std::int64_t context) {
    return plan.page == 0 ? 1 : ceil_div(static_cast<std::uint64_t>(context), plan.page);
  };
  std::uint64_t pages = 0;
  for (const std::int64_t context : contexts) {
    arrays.table_width = std::max(arrays.table_width, static_cast<std::uint32_t>(pages_of(context)));
    pages += pages_of(context);
  }
  std::vector<std::uint64_t> order(pages);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  Random random(seed, "mla_decode.pages");
  for (std::uint64_t i = pages; plan.page != 0 && i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  arrays.starts = device_array<std::uint64_t>(memory, contexts.size() * arrays.table_width);
  std::uint64_t next = 0;
  std::uint64_t rows = 0;
  for (std::size_t r = 0; r < contexts.size(); ++r) {
    for (std::uint64_t i = 0; i < pages_of(contexts[r]); ++i)
      arrays.starts[r * arrays.table_width + i] = plan.page == 0 ? rows : order[next++] * plan.page;
    rows += static_cast<std::uint64_t>(contexts[r]);
  }
  return plan.page == 0 ? rows : pages * plan.page;
}

template <class T>
MlaArrays arrays_of(const MlaPlan& plan, const std::vector<std::int64_t>& contexts, std::uint64_t seed,
                    DeviceMemory& memory) {
  MlaArrays arrays;
  const std::uint64_t rows = lay_out_cache(plan, contexts, seed, memory, arrays);
  const std::uint64_t requests = contexts.size();
  const std::uint64_t places = 2 * plan.steps.size() * plan.padded_heads();
  arrays.query = memory.allocate(requests * plan.heads * plan.width() * sizeof(T));
  arrays.cache = memory.allocate(rows * plan.width() * sizeof(T));
  arrays.out = memory.allocate(requests * plan.heads * plan.lora * sizeof(T));
  arrays.scores = device_array<float>(memory, places * plan.tile);
  arrays.probabilities = memory.allocate(places * plan.tile * sizeof(T));
  arrays.products = device_array<float>(memory, places * plan.lora);
  arrays.partial_sums = device_array<float>(memory, std::uint64_t{plan.partials} * plan.heads * plan.lora);
  arrays.partial_stats = device_array<float>(memory, std::uint64_t{plan.partials} * 4 * plan.padded_part());
  return arrays;
}

// One head of one request.
template <class T>
std::string check_head(const MlaPlan& plan, const MlaArrays& arrays, std::uint64_t request,
                       std::uint64_t head, std::uint64_t tokens) {
  const auto* const query =
      reinterpret_cast<const T*>(arrays.query) + (request * plan.heads + head) * plan.width();
  const auto row = [&](std::uint64_t token) {
    const std::uint64_t* const starts = arrays.starts + request * arrays.table_width;
    const std::uint64_t at =
        plan.page == 0 ? starts[0] + token : starts[token / plan.page] + token % plan.page;
    return reinterpret_cast<const T*>(arrays.cache) + at * plan.width();
  };
  std::vector<double> scores(tokens);
  for (std::uint64_t t = 0; t < tokens; ++t) {
    for (std::uint32_t i = 0; i < plan.width(); ++i)
      scores[t] += static_cast<double>(query[i]) * static_cast<double>(row(t)[i]);
    scores[t] *= static_cast<double>(plan.scale);
  }
  const double peak = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  std::vector<double> result(plan.lora);
  for (std::uint64_t t = 0; t < tokens; ++t) {
    const double weight = std::exp(scores[t] - peak);
    total += weight;
    for (std::uint32_t i = 0; i < plan.lora; ++i) result[i] += weight * static_cast<double>(row(t)[i]);
  }
  // Every probability is rounded to T, and the values are at most 1 in size: so is the sum's error.
  Tolerance tolerance = rounded_to<T>();
  tolerance.absolute = kTypeOf<T> == DataType::Bf16 ? 1.0 / 256 : 1.0 / 2048;
  return first_difference("out",
                          reinterpret_cast<const T*>(arrays.out) + (request * plan.heads + head) * plan.lora,
                          plan.lora, tolerance, [&](std::uint64_t i) { return result[i] / total; });
}

template <class T>
std::string check(const MlaPlan& plan, const MlaArrays& arrays, const std::vector<std::int64_t>& contexts) {
  for (std::uint64_t r = 0; r < contexts.size(); ++r) {
    for (std::uint64_t head = 0; head < plan.heads; ++head) {
      const std::string wrong = check_head<T>(plan, arrays, r, head, static_cast<std::uint64_t>(contexts[r]));
      if (!wrong.empty()) return fmt::format("request {}, head {}: {}", r, head, wrong);
    }
  }
  return "";
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const std::vector<std::int64_t> contexts = contexts_of(context.request);
  MlaPlan plan = plan_of<T>(context);
  const bool split = option_word(context.request, "split", "even", {"even", "none"}) == "even";
  if (context.request.cores < 0 || context.request.cores > context.die.cube_cores)
    throw ConfigError(fmt::format("{} cores, expected 1 to {}, or 0 for all", context.request.cores,
                                  context.die.cube_cores));
  const std::int64_t cores = context.request.cores == 0 ? context.die.cube_cores : context.request.cores;
  deal_out(plan, contexts, static_cast<std::uint64_t>(cores), split);
  const MlaArrays arrays = arrays_of<T>(plan, contexts, context.request.seed, context.memory);
  const auto tokens = static_cast<double>(std::accumulate(contexts.begin(), contexts.end(), std::int64_t{0}));
  const auto queries = static_cast<double>(contexts.size() * plan.heads);
  RunParts run;
  run.mix = OpMix::CubeAndTwoVectors;
  run.blocks = static_cast<std::int64_t>(plan.steps.size());
  run.tiling = {{"tile", std::to_string(plan.tile)},
                {"buffers", std::to_string(plan.kv_buffers)},
                {"page", std::to_string(plan.page)},
                {"split", split ? "even" : "none"}};
  run.flops = 2 * tokens * plan.heads * (plan.width() + plan.lora);
  run.bytes = (tokens * plan.width() + queries * (plan.width() + plan.lora)) * sizeof(T);
  run.fill = [=, seed = context.request.seed] {
    std::uint64_t rows = 0;
    for (std::uint64_t i = 0; i < contexts.size() * arrays.table_width; ++i)
      rows = std::max(rows, arrays.starts[i] + plan.page);
    if (plan.page == 0) rows += static_cast<std::uint64_t>(contexts.back());
    fill_uniform(reinterpret_cast<T*>(arrays.query), contexts.size() * plan.heads * plan.width(), seed,
                 "mla_decode.query", -1, 1);
    fill_uniform(reinterpret_cast<T*>(arrays.cache), rows * plan.width(), seed, "mla_decode.cache", -1, 1);
  };
  run.check = [=] { return check<T>(plan, arrays, contexts); };
  run.kernel = [=, plan = std::move(plan)] {
    if ASCEND_IS_AIC
      MlaCube<T>(plan, arrays).run();
    else
      MlaVector<T>(plan, arrays).run();
  };
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  if (context.dtype == "fp16") return prepare_as<half>(context);
  return prepare_as<bfloat16_t>(context);
}

}  // namespace

Op mla_decode() {
  return with_preparation(
      {"mla_decode",
       "attention of one query token per request over a cache of latents (MLA, projections absorbed): cube "
       "and "
       "vector cores in one kernel",
       {{"batch", "requests", "1"},
        {"context", "tokens of the cache per request", "from option contexts"},
        {"heads", "query heads, up to 128", "128"},
        {"lora", "latents, which are keys and values", "512"},
        {"rope", "values that are keys only", "64"}},
       {"bf16", "fp16"},
       {{"contexts", "tokens of every request, \"100:7\", instead of batch and context", "context each"},
        {"page", "tokens of a page of the cache; 0: a request's rows follow one another", "128"},
        {"tile", "tokens of one step, up to 64, of which a page is a multiple", "64"},
        {"buffers", "steps whose rows of the cache are in L1", "as fit, up to 4"},
        {"split",
         "even: steps of all requests dealt out evenly, contexts split where that falls; none: whole "
         "requests",
         "even"}},
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops

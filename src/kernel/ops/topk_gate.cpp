// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>
#include <numeric>

#include "kernel/ops/topk_select.h"
#include "kernel/ops/vector_ops.h"
#include "podsim/base/error.h"

// The gate of a mixture of experts as DeepSeek-V3 defines it (arXiv 2412.19437, section 2.1.2, equations 12
// to 16, and class Gate of the published inference code), from the router's logits on. For every token:
//   score[e]    = sigmoid(logit[e]), or softmax over the experts (DeepSeek-V2)
//   biased[e]   = score[e] + bias[e], or score[e] without bias
//   group limit = experts lie in `groups` equal groups; a group's score is the sum of its two best `biased`
//   with bias,
//                 its best without; only experts of the `kept_groups` best groups can be chosen
//   index[k]    = the k-th best `biased`; equal ones in the order of their groups' ranks, then of their
//   numbers weight[k]   = score[index[k]], divided by the sum over k if `normalise`, times `scale`
// logits tokens x experts; bias FP32 per expert; out: index INT32 and weight FP32, tokens x top_k.
namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

template <class T>
struct GateArrays {
  T* logits;
  float* bias;  // null: none
  int32_t* index;
  float* weight;
};

struct GatePlan {
  RowPlan rows;
  SelectPlan select;
  bool sigmoid = true;
  bool normalise = true;
  float scale = 1;
};

template <class T>
class GateKernel {
 public:
  GateKernel(const GatePlan& plan, const GateArrays<T>& arrays)
      : plan_(plan), arrays_(arrays), select_(plan.select) {
    const RowPlan& rows = plan.rows;
    const uint32_t elements = rows.tile_rows * rows.pitch;
    const auto buffers = static_cast<uint8_t>(rows.buffers);
    pipe_.InitBuffer(in_, buffers, static_cast<uint32_t>(elements * sizeof(T)));
    pipe_.InitBuffer(index_out_, buffers, rows.tile_rows * plan.select.top_pitch() * 4);
    pipe_.InitBuffer(weight_out_, buffers, rows.tile_rows * plan.select.top_pitch() * 4);
    // A row may be read past its end, where lanes are overwritten later.
    for (TBuf<>* buffer : {&score_, &biased_}) pipe_.InitBuffer(*buffer, elements * 4 + kRunLanes * 4);
    pipe_.InitBuffer(bias_, rows.pitch * 4);
    scratch_.init(pipe_, {rows.tile_rows, rows.columns, rows.pitch});
    select_.init(pipe_);
  }

  void run() {
    const LocalTensor<float> bias = bias_.Get<float>();
    if (arrays_.bias != nullptr) {
      load(bias, global(arrays_.bias), plan_.rows.columns);
      SetFlag<HardEvent::MTE2_V>(0);
      WaitFlag<HardEvent::MTE2_V>(0);
    }
    for_row_tiles(plan_.rows, [&](uint64_t first, uint32_t rows) {
      score_tile(first, rows);
      const LocalTensor<int32_t> index = index_out_.AllocTensor<int32_t>();
      const LocalTensor<float> weight = weight_out_.AllocTensor<float>();
      const LocalTensor<float> scores = score_.Get<float>();
      const LocalTensor<float> keys = arrays_.bias == nullptr ? scores : biased_.Get<float>();
      for (uint32_t r = 0; r < rows; ++r) {
        const uint32_t row = r * plan_.rows.pitch;
        const uint32_t top = r * plan_.select.top_pitch();
        select_.run(index[top], keys[row]);
        select_.gather(weight[top], scores[row], index[top]);
      }
      weigh(weight, rows);
      store_tile(index, weight, first, rows);
    });
  }
  static RowBytes bytes(const SelectPlan& select, uint32_t pitch) {
    return {pitch * sizeof(T) + uint64_t{select.top_pitch()} * 8, uint64_t{pitch} * 8 + RowScratch::kRowBytes,
            uint64_t{pitch} * 4 + 2 * kRunLanes * 4 + RowScratch::fixed_bytes(pitch) + select.bytes()};
  }

 private:
  void score_tile(uint64_t first, uint32_t rows) {
    const RowTile tile{rows, plan_.rows.columns, plan_.rows.pitch};
    const auto n = static_cast<int32_t>(rows * tile.pitch);
    LocalTensor<T> x = in_.template AllocTensor<T>();
    load_rows(x, global(arrays_.logits)[first * tile.columns],
              {rows, tile.columns, tile.pitch, tile.columns});
    in_.EnQue(x);
    x = in_.template DeQue<T>();
    const LocalTensor<float> score = score_.Get<float>();
    const LocalTensor<float> other = biased_.Get<float>();
    const LocalTensor<float> logits = as_float(x, other, static_cast<uint32_t>(n));
    if (plan_.sigmoid) {
      Muls(score, logits, -1.0F, n);
      Exp(score, score, n);
      Adds(score, score, 1.0F, n);
      in_.FreeTensor(x);
      Duplicate(other, 1.0F, n);
      Div(score, other, score, n);
    } else {
      fold_rows<Fold::Max>(scratch_.values, scratch_.work, logits, tile);
      spread_rows(scratch_.blocks, scratch_.values, rows);
      with_row_values(score, logits, scratch_.blocks, tile, SubRows());
      in_.FreeTensor(x);
      Exp(score, score, n);
      fold_rows<Fold::Sum>(scratch_.values, scratch_.work, score, tile);
      spread_rows(scratch_.blocks, scratch_.values, rows);
      with_row_values(score, score, scratch_.blocks, tile, DivRows());
    }
    if (arrays_.bias != nullptr) add_bias(other, score, tile);
    // Lanes behind the last expert are never chosen.
    select_.close_rows(arrays_.bias == nullptr ? score : other, rows, tile.pitch);
  }
  void add_bias(const LocalTensor<float>& to, const LocalTensor<float>& score, const RowTile& tile) {
    const uint32_t pitch = tile.pitch / 8;
    for (uint32_t at = 0; at < tile.columns; at += kLane) {
      Add(to[at], score[at], bias_.Get<float>()[at], uint64_t{std::min(kLane, tile.columns - at)},
          static_cast<uint8_t>(tile.rows), BinaryRepeatParams(1, 1, 1, pitch, pitch, 0));
    }
  }
  void weigh(const LocalTensor<float>& weight, uint32_t rows) {
    const uint32_t pitch = plan_.select.top_pitch();
    const RowTile tile{rows, plan_.select.top_k, pitch};
    if (plan_.normalise) {
      fold_repeats<Fold::Sum>(scratch_.values, weight, tile.columns, rows, pitch);
      spread_rows(scratch_.blocks, scratch_.values, rows);
      with_row_values(weight, weight, scratch_.blocks, tile, DivRows());
    }
    if (plan_.scale != 1) Muls(weight, weight, plan_.scale, static_cast<int32_t>(rows * pitch));
  }
  void store_tile(const LocalTensor<int32_t>& index, const LocalTensor<float>& weight, uint64_t first,
                  uint32_t rows) {
    const uint32_t k = plan_.select.top_k;
    const RowBlock block{rows, k, plan_.select.top_pitch(), k};
    index_out_.EnQue(index);
    weight_out_.EnQue(weight);
    const LocalTensor<int32_t> chosen = index_out_.DeQue<int32_t>();
    store_rows(global(arrays_.index)[first * k], chosen, block);
    index_out_.FreeTensor(chosen);
    const LocalTensor<float> weights = weight_out_.DeQue<float>();
    store_rows(global(arrays_.weight)[first * k], weights, block);
    weight_out_.FreeTensor(weights);
  }

  const GatePlan& plan_;
  const GateArrays<T>& arrays_;
  TPipe pipe_;
  TQue<TPosition::VECIN, 2> in_;
  TQue<TPosition::VECOUT, 2> index_out_;
  TQue<TPosition::VECOUT, 2> weight_out_;
  TBuf<> score_;
  TBuf<> biased_;
  TBuf<> bias_;
  RowScratch scratch_;
  TopkSelect select_;
};

// --- reference
// -----------------------------------------------------------------------------------------------------

// Scores of one token as floats; a sigmoid rounds as the vector unit does.
template <class T>
std::vector<float> reference_scores(const T* logits, uint32_t experts, bool sigmoid) {
  std::vector<float> score(experts);
  for (uint32_t e = 0; e < experts; ++e) score[e] = static_cast<float>(logits[e]);
  if (sigmoid) {
    for (float& s : score) s = 1.0F / (static_cast<float>(std::exp(static_cast<double>(-s))) + 1.0F);
    return score;
  }
  const float peak = *std::max_element(score.begin(), score.end());
  double sum = 0;
  for (float& s : score)
    sum += static_cast<double>(s = static_cast<float>(std::exp(static_cast<double>(s - peak))));
  for (float& s : score) s /= static_cast<float>(sum);
  return score;
}

// The groups in the order of their ranks, as far as they are kept.
std::vector<uint32_t> reference_groups(const std::vector<float>& biased, const SelectPlan& plan) {
  std::vector<float> value(plan.groups);
  for (uint32_t g = 0; g < plan.groups; ++g) {
    std::vector<float> members(biased.begin() + g * plan.group_size(),
                               biased.begin() + (g + 1) * plan.group_size());
    std::sort(members.begin(), members.end(), std::greater<>());
    value[g] = plan.sum_of_two ? members[0] + members[1] : members[0];
  }
  std::vector<uint32_t> order(plan.groups);
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return value[a] > value[b]; });
  order.resize(plan.kept_groups);
  return order;
}

std::vector<int32_t> reference_choice(const std::vector<float>& biased, const SelectPlan& plan) {
  std::vector<int32_t> lanes;
  std::vector<uint32_t> groups{0};
  if (plan.groups > 1) groups = reference_groups(biased, plan);
  for (const uint32_t g : groups) {
    for (uint32_t e = 0; e < plan.group_size(); ++e)
      lanes.push_back(static_cast<int32_t>(g * plan.group_size() + e));
  }
  std::stable_sort(lanes.begin(), lanes.end(), [&](int32_t a, int32_t b) {
    return biased[static_cast<std::size_t>(a)] > biased[static_cast<std::size_t>(b)];
  });
  lanes.resize(plan.top_k);
  return lanes;
}

template <class T>
std::string check(const GateArrays<T>& arrays, const GatePlan& plan) {
  const uint32_t experts = plan.select.experts;
  const uint32_t k = plan.select.top_k;
  for (uint64_t t = 0; t < plan.rows.rows; ++t) {
    const std::vector<float> score = reference_scores(arrays.logits + t * experts, experts, plan.sigmoid);
    std::vector<float> biased = score;
    for (uint32_t e = 0; arrays.bias != nullptr && e < experts; ++e) biased[e] += arrays.bias[e];
    const std::vector<int32_t> chosen = reference_choice(biased, plan.select);
    double sum = 0;
    for (const int32_t e : chosen) sum += static_cast<double>(score[static_cast<std::size_t>(e)]);
    std::string wrong =
        first_difference("index", arrays.index + t * k, k, {}, [&](uint64_t i) { return chosen[i]; });
    if (wrong.empty()) {
      wrong = first_difference("weight", arrays.weight + t * k, k, {1e-5, 1e-9}, [&](uint64_t i) {
        const auto weight = static_cast<double>(score[static_cast<std::size_t>(chosen[i])]);
        return (plan.normalise ? weight / sum : weight) * static_cast<double>(plan.scale);
      });
    }
    if (!wrong.empty()) return fmt::format("token {}: {}", t, wrong);
  }
  return "";
}

// --- host
// ----------------------------------------------------------------------------------------------------------

SelectPlan plan_select(const OpContext& context, bool biased) {
  const OpRequest& request = context.request;
  SelectPlan plan;
  plan.experts = static_cast<uint32_t>(shape_value(request, "experts", 0, 1, 1024));
  const auto experts = static_cast<int64_t>(plan.experts);
  plan.groups = static_cast<uint32_t>(option_value(request, "groups", 1, 1, 32));
  if (plan.experts % plan.groups != 0)
    throw ConfigError(
        fmt::format("topk_gate: {} experts are not divided by {} groups", experts, plan.groups));
  plan.kept_groups = static_cast<uint32_t>(
      option_value(request, "kept_groups", plan.groups > 1 ? (plan.groups + 1) / 2 : 1, 1, plan.groups));
  const int64_t able = std::min<int64_t>(32, int64_t{plan.kept_groups} * plan.group_size());
  plan.top_k = static_cast<uint32_t>(shape_value(request, "top_k", std::min<int64_t>(8, able), 1, able));
  plan.sum_of_two = biased;
  if (biased && plan.groups > 1 && plan.group_size() < 2)
    throw ConfigError(
        "topk_gate: a group of 1 expert has no two best, expected at least 2 experts in a group");
  return plan;
}

float parse_scale(const OpRequest& request) {
  const auto found = request.options.find("scale");
  if (found == request.options.end()) return 1;
  std::size_t used = 0;
  float value = 0;
  try {
    value = std::stof(found->second, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != found->second.size() || !std::isfinite(value) || value <= 0)
    throw ConfigError(fmt::format("scale is \"{}\", expected a number above 0", found->second));
  return value;
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const OpRequest& request = context.request;
  const auto tokens = static_cast<uint64_t>(shape_value(request, "tokens", 0, 1, int64_t{1} << 32));
  GatePlan plan;
  plan.sigmoid = option_word(request, "score", "sigmoid", {"sigmoid", "softmax"}) == "sigmoid";
  plan.normalise = option_value(request, "normalise", plan.sigmoid ? 1 : 0, 0, 1) == 1;
  const bool biased = option_value(request, "bias", plan.sigmoid ? 1 : 0, 0, 1) == 1;
  plan.scale = parse_scale(request);
  plan.select = plan_select(context, biased);
  const uint32_t pitch = plan.select.pitch();
  plan.rows =
      plan_rows(context, tokens, plan.select.experts, pitch, GateKernel<T>::bytes(plan.select, pitch));
  const uint64_t n = tokens * plan.select.experts;
  const uint64_t chosen = tokens * plan.select.top_k;
  const GateArrays<T> arrays{device_array<T>(context.memory, n),
                             biased ? device_array<float>(context.memory, plan.select.experts) : nullptr,
                             device_array<int32_t>(context.memory, chosen),
                             device_array<float>(context.memory, chosen)};
  RunParts run;
  run.blocks = plan.rows.blocks;
  run.kernel = [=] { GateKernel<T>(plan, arrays).run(); };
  run.fill = [=, seed = request.seed] {
    fill_uniform(arrays.logits, n, seed, "logits", -4, 4);
    if (biased) fill_uniform(arrays.bias, plan.select.experts, seed, "bias", -0.1, 0.1);
  };
  run.check = [=] { return check(arrays, plan); };
  run.flops = 5.0 * static_cast<double>(n);
  run.bytes = static_cast<double>(n * sizeof(T) + chosen * 8 + (biased ? plan.select.experts * 4 : 0));
  run.tiling = tiling_of(plan.rows);
  run.tiling["score"] = plan.sigmoid ? "sigmoid" : "softmax";
  run.tiling["bias"] = biased ? "1" : "0";
  run.tiling["normalise"] = plan.normalise ? "1" : "0";
  run.tiling["groups"] = std::to_string(plan.select.groups);
  run.tiling["kept_groups"] = std::to_string(plan.select.kept_groups);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return with_type(context.dtype,
                   [&](auto tag) { return prepare_as<typename decltype(tag)::Type>(context); });
}

}  // namespace

Op topk_gate() {
  Op op{"topk_gate",
        "gate of a mixture of experts: scores of the logits, best experts and their weights (DeepSeek-V3)",
        {{"tokens", "tokens", ""},
         {"experts", "experts, at most 1,024", ""},
         {"top_k", "experts chosen per token, at most 32", "8, or all that can be"}},
        {"fp32", "fp16", "bf16"},
        row_options(),
        {}};
  op.options.push_back({"score", "sigmoid or softmax", "sigmoid"});
  op.options.push_back({"bias", "1: a bias per expert steers the choice, not the weights", "1 with sigmoid"});
  op.options.push_back({"groups", "equal groups of experts, at most 32", "1"});
  op.options.push_back({"kept_groups", "groups that experts are chosen from", "half of them"});
  op.options.push_back({"normalise", "1: weights of a token add up to scale", "1 with sigmoid"});
  op.options.push_back({"scale", "factor of the weights", "1"});
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

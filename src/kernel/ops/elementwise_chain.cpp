// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_tiles.h"
#include "podsim/base/error.h"

namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

enum class Step : uint8_t { Add, Mul, Adds, Muls, Relu, Abs, Exp };
constexpr std::array<std::pair<const char*, Step>, 7> kSteps{{{"add", Step::Add},
                                                              {"mul", Step::Mul},
                                                              {"adds", Step::Adds},
                                                              {"muls", Step::Muls},
                                                              {"relu", Step::Relu},
                                                              {"abs", Step::Abs},
                                                              {"exp", Step::Exp}}};
// Of adds and muls; exact in every type, and small enough that chains stay in the range of half.
constexpr float kAddend = 0.5F;
constexpr float kFactor = 0.25F;
constexpr const char* kDefaultChain = "mul,add,muls,adds,relu,exp";

std::vector<Step> parse_chain(const std::string& text) {
  std::vector<Step> steps;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string word = text.substr(from, comma - from);
    const auto* const known =
        std::find_if(kSteps.begin(), kSteps.end(), [&](const auto& row) { return row.first == word; });
    if (known == kSteps.end()) {
      throw ConfigError(
          fmt::format("chain has \"{}\", expected a list of add, mul, adds, muls, relu, abs, exp", word));
    }
    steps.push_back(known->second);
    from = comma + 1;
  }
  return steps;
}

template <class T>
struct Chain {
  const std::vector<Step>* steps;

  void init(TPipe&, uint32_t) {}
  void operator()(const LocalTensor<T>& z, const std::array<LocalTensor<T>, 2>& in, uint32_t count) {
    const VectorFunction function;
    const auto n = static_cast<int32_t>(count);
    LocalTensor<T> x = in[0];
    for (const Step step : *steps) {
      apply(step, z, x, in[1], n);
      x = z;
    }
  }
  static void apply(Step step, const LocalTensor<T>& z, const LocalTensor<T>& x, const LocalTensor<T>& y,
                    int32_t n) {
    switch (step) {
      case Step::Add:
        return Add(z, x, y, n);
      case Step::Mul:
        return Mul(z, x, y, n);
      case Step::Adds:
        return Adds(z, x, kAddend, n);
      case Step::Muls:
        return Muls(z, x, kFactor, n);
      case Step::Relu:
        return Relu(z, x, n);
      case Step::Abs:
        return Abs(z, x, n);
      case Step::Exp:
        return Exp(z, x, n);
    }
  }
};

// Rounded at every step as the vector unit does: exact.
template <class T>
T reference(const std::vector<Step>& steps, T x, T y) {
  for (const Step step : steps) {
    const auto value = static_cast<double>(x);
    switch (step) {
      case Step::Add:
        x = static_cast<T>(static_cast<float>(x) + static_cast<float>(y));
        break;
      case Step::Mul:
        x = static_cast<T>(static_cast<float>(x) * static_cast<float>(y));
        break;
      case Step::Adds:
        x = static_cast<T>(static_cast<float>(x) + kAddend);
        break;
      case Step::Muls:
        x = static_cast<T>(static_cast<float>(x) * kFactor);
        break;
      case Step::Relu:
        x = value > 0 ? x : static_cast<T>(0);
        break;
      case Step::Abs:
        x = static_cast<T>(std::fabs(value));
        break;
      case Step::Exp:
        x = static_cast<T>(std::exp(value));
        break;
    }
  }
  return x;
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const auto n = static_cast<uint64_t>(shape_value(context.request, "n", 0, 1, int64_t{1} << 36));
  const StreamPlan plan = plan_stream(context, n, 3, 3 * sizeof(T), 0, sizeof(T));
  const auto chosen = context.request.options.find("chain");
  const std::string chain = chosen == context.request.options.end() ? kDefaultChain : chosen->second;
  const auto steps = std::make_shared<const std::vector<Step>>(parse_chain(chain));
  T* const x = device_array<T>(context.memory, n);
  T* const y = device_array<T>(context.memory, n);
  T* const z = device_array<T>(context.memory, n);
  RunParts run;
  run.blocks = plan.blocks;
  run.kernel = [=] { run_stream<T, T, 2>(plan, {x, y}, z, Chain<T>{steps.get()}); };
  run.fill = [=, seed = context.request.seed] {
    fill_uniform(x, n, seed, "x", -2, 2);
    fill_uniform(y, n, seed, "y", -2, 2);
  };
  run.check = [=] {
    return first_difference("z", z, n, {}, [&](uint64_t i) { return reference(*steps, x[i], y[i]); });
  };
  run.flops = static_cast<double>(n * steps->size());
  run.bytes = static_cast<double>(3 * n * sizeof(T));
  run.tiling = tiling_of(plan);
  run.tiling["chain"] = chain;
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  return context.dtype == "fp16" ? prepare_as<half>(context) : prepare_as<float>(context);
}

}  // namespace

Op elementwise_chain() {
  Op op{"elementwise_chain",     "z = a chain of element-wise steps on x, some with y",
        {{"n", "elements", ""}}, {"fp32", "fp16"},
        stream_options(),        {}};
  op.options.push_back(
      {"chain", "steps: add, mul (with y), adds, muls (with 0.5, 0.25), relu, abs, exp", kDefaultChain});
  return with_preparation(std::move(op), prepare);
}

}  // namespace podsim::kernel::ops

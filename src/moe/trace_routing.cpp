// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "moe/dealing.h"
#include "moe/routing_kinds.h"
#include "podsim/base/error.h"
#include "podsim/config/paths.h"

namespace podsim::moe {
namespace {

// Which step and layer of a trace a run's step and layer replay: steps in turn, from the beginning again
// after the last; the layer of that number, or, when the trace lacks it, its layers in turn.
class Timeline {
 public:
  Timeline(Span<const std::int64_t> steps, Span<const std::int64_t> layers,
           std::optional<std::int64_t> first_layer)
      : steps_(steps), layers_(layers), first_layer_(first_layer ? *first_layer : layers[0]) {}

  std::int64_t step(std::int64_t step) const {
    return steps_[static_cast<std::size_t>(step) % steps_.size()];
  }
  std::int64_t round(std::int64_t step) const { return step / static_cast<std::int64_t>(steps_.size()); }
  std::int64_t layer(std::int64_t layer) const {
    const std::int64_t wanted = first_layer_ + layer;
    if (std::binary_search(layers_.begin(), layers_.end(), wanted)) return wanted;
    return layers_[static_cast<std::size_t>(layer) % layers_.size()];
  }

 private:
  Span<const std::int64_t> steps_;
  Span<const std::int64_t> layers_;
  std::int64_t first_layer_;
};

// Tokens of a trace. A source takes the rows of the record of its number. Where the trace has none, or an
// empty one, sources share the records that there are, in turn, and those that share one take its rows one
// after the other; rows are read from the beginning again after the last. So the tokens of a trace without
// ranks are dealt to the sources in order.
class Replay : public RoutingSource {
 public:
  Replay(std::unique_ptr<TraceReader> trace, std::optional<std::int64_t> first_layer,
         const RoutingSetup& setup)
      : setup_(setup), trace_(std::move(trace)), timeline_(trace_->steps(), trace_->layers(), first_layer) {}

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    check_request(request, setup_, experts);
    if (experts.empty()) return;
    load_batch(timeline_.step(request.step), timeline_.layer(request.layer));
    const auto holders = static_cast<std::int64_t>(records_.size());
    const auto own = std::lower_bound(records_.begin(), records_.end(), request.source,
                                      [](const Holder& h, std::int64_t source) { return h.source < source; });
    const bool has_own = own != records_.end() && own->source == request.source;
    const Holder& holder = has_own ? *own : records_[static_cast<std::size_t>(request.source % holders)];
    const std::int64_t turn = has_own ? 0 : request.source / holders;
    const std::int64_t turns = (setup_.sources + holders - 1) / holders;
    const std::int64_t skipped = (timeline_.round(request.step) * turns + turn) * setup_.tokens_per_source;
    read_cyclic(holder, skipped % holder.tokens, experts);
  }

 private:
  struct Holder {
    std::int64_t source;
    std::int64_t tokens;
    std::int64_t record;
  };

  void load_batch(std::int64_t step, std::int64_t layer) {
    if (loaded_ && loaded_->step == step && loaded_->layer == layer) return;
    loaded_.reset();
    records_.clear();
    const TraceBatch batch = trace_->batch(step, layer);
    for (std::int64_t i = batch.first; i < batch.first + batch.count; ++i) {
      const TraceRecord record = trace_->record(i);
      if (record.tokens > 0) records_.push_back({record.key.source, record.tokens, i});
    }
    if (records_.empty())
      throw ConfigError(fmt::format("{}: no tokens for step {}, layer {}", trace_->name(), step, layer));
    loaded_ = TraceKey{step, layer, 0};
  }

  void read_cyclic(const Holder& holder, std::int64_t row, Span<ExpertIndex> experts) {
    const auto width = static_cast<std::size_t>(setup_.top_k);
    auto left = static_cast<std::int64_t>(experts.size() / width);
    ExpertIndex* to = experts.data();
    while (left > 0) {
      const std::int64_t rows = std::min(left, holder.tokens - row);
      const Span<ExpertIndex> part(to, static_cast<std::size_t>(rows) * width);
      trace_->read(holder.record, row, part);
      to += part.size();
      left -= rows;
      row = 0;
    }
  }

  RoutingSetup setup_;
  std::unique_ptr<TraceReader> trace_;
  Timeline timeline_;
  std::optional<TraceKey> loaded_;  // the step and layer of records_
  std::vector<Holder> records_;     // those with tokens, by source
};

// Loads of experts, dealt to the tokens of an expert-parallel group so that each expert gets its share of
// them, rounded to whole routes.
class CountRouting : public RoutingSource {
 public:
  CountRouting(std::unique_ptr<CountReader> counts, std::optional<std::int64_t> first_layer,
               const RoutingSetup& setup)
      : setup_(setup),
        counts_(std::move(counts)),
        timeline_(counts_->steps(), counts_->layers(), first_layer) {}

  void route(const RoutingRequest& request, Span<ExpertIndex> experts) override {
    check_request(request, setup_, experts);
    if (experts.empty()) return;
    const std::uint64_t batch = batch_index(request.step, request.layer);
    const std::int64_t group = request.source / setup_.group_ranks;
    if (!dealer_ || group != group_ || batch != batch_) deal_group(request, batch, group);
    dealer_->deal(
        request.source % setup_.group_ranks,
        Random(setup_.seed, "routing.counts.rows", batch, static_cast<std::uint64_t>(request.source)),
        experts);
  }

 private:
  void deal_group(const RoutingRequest& request, std::uint64_t batch, std::int64_t group) {
    dealer_.reset();
    const std::int64_t step = timeline_.step(request.step);
    const std::int64_t layer = timeline_.layer(request.layer);
    const std::string place = fmt::format("{}: step {}, layer {}", counts_->name(), step, layer);
    if (!counts_->read(step, layer, loads_)) throw ConfigError(fmt::format("{}: no loads", place));
    Random random(setup_.seed, "routing.counts", batch, static_cast<std::uint64_t>(group));
    const std::int64_t tokens = setup_.group_ranks * setup_.tokens_per_source;
    const std::vector<ExpertIndex> order = shuffled_experts(loads_.size(), random);
    dealer_.emplace(apportion(Span<const double>(loads_), tokens * setup_.top_k, tokens,
                              Span<const ExpertIndex>(order), place),
                    setup_.group_ranks, setup_.tokens_per_source, setup_.top_k, random);
    group_ = group;
    batch_ = batch;
  }

  RoutingSetup setup_;
  std::unique_ptr<CountReader> counts_;
  Timeline timeline_;
  std::vector<double> loads_;
  std::optional<Dealer> dealer_;  // of this batch and group
  std::uint64_t batch_ = 0;
  std::int64_t group_ = 0;
};

}  // namespace

std::unique_ptr<RoutingSource> replay_routing(std::unique_ptr<TraceReader> trace, const RoutingSetup& setup,
                                              std::optional<std::int64_t> first_layer) {
  return std::make_unique<Replay>(std::move(trace), first_layer, setup);
}

std::unique_ptr<RoutingSource> replay_routing(std::unique_ptr<CountReader> counts, const RoutingSetup& setup,
                                              std::optional<std::int64_t> first_layer) {
  return std::make_unique<CountRouting>(std::move(counts), first_layer, setup);
}

std::unique_ptr<RoutingSource> make_trace_routing(const TraceRouting& config, const RoutingSetup& setup) {
  const config::Resolution found = config::resolve_path(config.file, {});
  std::unique_ptr<ByteSource> bytes = open_bytes(found.file ? found.file->string() : config.file);
  TraceOptions options;
  options.format = config.format ? *config.format : recognise_trace(*bytes);
  options.experts = setup.experts;
  options.top_k = setup.top_k;
  if (has_tokens(*options.format))
    return replay_routing(open_trace(std::move(bytes), options), setup, config.first_layer);
  return replay_routing(open_counts(std::move(bytes), options), setup, config.first_layer);
}

}  // namespace podsim::moe

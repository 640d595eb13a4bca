// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "npu/collective_steps.h"
#include "podsim/base/error.h"

namespace podsim::npu {
namespace {

// Recursive halving for reduce-scatter, recursive doubling for all-gather (Rabenseifner; Thakur, Rabenseifner
// and Gropp, Optimization of collective communication operations in MPICH, 2005). Members beyond the largest
// power of two p are extras: each hands its part to a member of its own before, and gets its result from it
// afterwards. Member 2q + 1 is the extra of member 2q while there are extras, so that units of neighbouring
// participants are neighbours.
class HalvingDoublingSteps : public CollectiveSteps {
 public:
  std::uint32_t steps(const PhaseShape& shape) const override {
    const Fold fold(shape.members);
    return (folds(shape, fold) ? 1U : 0U) + fold.rounds + (unfolds(shape, fold) ? 1U : 0U);
  }

  bool reduces(const PhaseShape& shape, std::uint32_t step) const override {
    return shape.operation == CollectiveOperation::ReduceScatter && stage(shape, step).kind != Kind::Unfold;
  }

  std::vector<std::uint32_t> targets(const PhaseShape& shape, std::uint32_t step,
                                     std::uint32_t member) const override {
    const Fold fold(shape.members);
    const Stage now = stage(shape, step);
    if (now.kind == Kind::Exchange) return partner(fold, now, member);
    if (!fold.is_folded(member) || fold.is_extra(member) != (now.kind == Kind::Fold)) return {};
    return {member ^ 1U};
  }

  std::vector<std::uint32_t> sources(const PhaseShape& shape, std::uint32_t step,
                                     std::uint32_t member) const override {
    const Fold fold(shape.members);
    const Stage now = stage(shape, step);
    if (now.kind == Kind::Exchange) return partner(fold, now, member);
    if (!fold.is_folded(member) || fold.is_extra(member) == (now.kind == Kind::Fold)) return {};
    return {member ^ 1U};
  }

  std::vector<Units> units(const PhaseShape& shape, std::uint32_t step, std::uint32_t from,
                           std::uint32_t to) const override {
    const Fold fold(shape.members);
    const Stage now = stage(shape, step);
    const bool scatter = shape.operation == CollectiveOperation::ReduceScatter;
    if (now.kind == Kind::Fold) {
      if (scatter) return {{from, 0, shape.members}};
      return {{from, from, 1}};
    }
    if (now.kind == Kind::Unfold) {
      if (scatter) return {{from, to, 1}};
      if (shape.joined) return {{from, 0, shape.members}};
      return {{from, 0, to}, {from, to + 1, shape.members - to - 1}};  // all but its own
    }
    // Halving: the half in which the partner lies. Doubling: all that has been gathered.
    const std::uint32_t whose = fold.participant(scatter ? to : from);
    const std::uint32_t low = whose / now.distance * now.distance;
    const std::uint32_t first = fold.first_unit(low);
    return {{from, first, fold.first_unit(low + now.distance) - first}};
  }

 private:
  enum class Kind : std::uint8_t { Fold, Exchange, Unfold };
  struct Stage {
    Kind kind;
    std::uint32_t distance;  // between participants, Exchange only
  };

  struct Fold {
    std::uint32_t participants = 1;
    std::uint32_t rounds = 0;
    std::uint32_t extras;
    explicit Fold(std::uint32_t members) {
      while (participants * 2 <= members) {
        participants *= 2;
        ++rounds;
      }
      extras = members - participants;
    }
    bool is_folded(std::uint32_t member) const { return member < 2 * extras; }
    bool is_extra(std::uint32_t member) const { return is_folded(member) && member % 2 == 1; }
    std::uint32_t participant(std::uint32_t member) const {
      return is_folded(member) ? member / 2 : member - extras;
    }
    std::uint32_t member(std::uint32_t participant) const { return first_unit(participant); }
    // A participant has the unit of its own member number, and that of its extra behind it.
    std::uint32_t first_unit(std::uint32_t participant) const {
      return participant < extras ? 2 * participant : participant + extras;
    }
  };

  static bool folds(const PhaseShape& shape, const Fold& fold) {
    return fold.extras > 0 && (shape.operation == CollectiveOperation::ReduceScatter || !shape.joined);
  }
  static bool unfolds(const PhaseShape& shape, const Fold& fold) {
    return fold.extras > 0 && (shape.operation == CollectiveOperation::AllGather || !shape.joined);
  }

  static Stage stage(const PhaseShape& shape, std::uint32_t step) {
    const Fold fold(shape.members);
    if (folds(shape, fold)) {
      if (step == 0) return {Kind::Fold, 0};
      --step;
    }
    if (step == fold.rounds) return {Kind::Unfold, 0};
    PODSIM_CHECK(step < fold.rounds, "step {} of {} rounds", step, fold.rounds);
    const bool scatter = shape.operation == CollectiveOperation::ReduceScatter;
    return {Kind::Exchange, scatter ? fold.participants >> (step + 1) : 1U << step};
  }

  static std::vector<std::uint32_t> partner(const Fold& fold, const Stage& stage, std::uint32_t member) {
    if (fold.is_extra(member)) return {};
    return {fold.member(fold.participant(member) ^ stage.distance)};
  }
};

}  // namespace

const CollectiveSteps& halving_doubling_steps() {
  static const HalvingDoublingSteps steps;
  return steps;
}

}  // namespace podsim::npu

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "podsim/study/execution.h"

namespace podsim::study {

// The figures that one run left behind.
class Figures {
 public:
  // `text` is results.json of a scenario or the JSON of a kernel; `name` is what messages call it. Throws
  // ConfigError when it is not.
  Figures(Execution::Kind kind, const std::string& text, const std::string& name);

  // A finite number: of a scenario under `metrics`; of a kernel at the top or, "memory.l2_hit_rate", inside.
  std::optional<double> metric(const std::string& name) const;
  // Of a kernel, the pipe with the longest <pipe>_time_us; the first of equals, in the order of PipeName.
  std::optional<PipeName> busiest_pipe() const;
  // Of a scenario, how its fabric was simulated; empty: it does not say.
  const std::string& fidelity() const { return fidelity_; }

 private:
  std::string fidelity_;
  std::shared_ptr<const nlohmann::json> root_;  // the object that has the figures
};

}  // namespace podsim::study

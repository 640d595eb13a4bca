// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>

#include "podsim/config/values.h"
#include "podsim/topology/pod.h"

namespace podsim::topology {

enum class ExportFormat : std::uint8_t { Json, Graphml, Dot };

// Writes a pod's graph; the same pod gives the same bytes. Links appear once per cable, ascending by ends.
//   Json     a pod file with an imported graph: build_pod makes the same graph of it. Rates are written net,
//            with encoding_efficiency 1.
//   Graphml  for networkx, Gephi, yEd: node attribute `kind`, `tier`; edge attributes of the link type
//   Dot      for Graphviz
void export_pod(const Pod& pod, ExportFormat format, std::ostream& out);

}  // namespace podsim::topology

template <>
struct podsim::config::EnumNames<podsim::topology::ExportFormat> {
  static constexpr const char* kWhat = "export format";
  static constexpr std::array kNames{std::pair{topology::ExportFormat::Json, "json"},
                                     std::pair{topology::ExportFormat::Graphml, "graphml"},
                                     std::pair{topology::ExportFormat::Dot, "dot"}};
};

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "podsim/config/fields.h"
#include "podsim/moe/placement.h"

// Expert placements that serving systems write (docs/components/placement.md shows one of each).
namespace podsim::moe {

enum class PlacementFormat : std::uint8_t {
  Auto,        // told by the content
  OmniText,    // omni-infer: a line "ranks layers experts", then ranks * layers * experts values 0 or 1
  OmniNpy,     // omni-infer: NumPy array int32 [ranks, layers, experts] of 0 and 1
  VllmAscend,  // vllm-ascend expert_map.json: the experts of each device, layer by layer
  Eplb  // JSON {"phy2log": [layers, replicas], "num_gpus": n}: the result of EPLB. Also under the names
        // physical_to_logical_map (sglang, vLLM) and num_ranks, world_size
};

// A placement of every layer on the same number of ranks.
struct PlacementFile {
  PlacementFormat format = PlacementFormat::Auto;  // never Auto once read
  std::vector<LayerPlacement> layers;              // at least one
  std::size_t ranks() const { return layers.front().ranks(); }
  std::size_t experts() const { return layers.front().experts(); }
};

// Reads a placement. `ranks` is the number of ranks of an EPLB file that does not say it; 0 when unknown.
// Throws ConfigError with the file and the place (layer, rank, expert or slot) for content that is not of the
// format, ends early or goes on, contradicts its own counts, or leaves an expert without a home.
PlacementFile read_placement_file(const std::string& path, PlacementFormat format = PlacementFormat::Auto,
                                  std::size_t ranks = 0);
// The same from memory; `name` stands for the file in messages.
PlacementFile parse_placement(std::string_view content, const std::string& name,
                              PlacementFormat format = PlacementFormat::Auto, std::size_t ranks = 0);

}  // namespace podsim::moe

template <>
struct podsim::config::EnumNames<podsim::moe::PlacementFormat> {
  static constexpr const char* kWhat = "placement file format";
  static constexpr std::array kNames{std::pair{moe::PlacementFormat::Auto, "auto"},
                                     std::pair{moe::PlacementFormat::OmniText, "omni_text"},
                                     std::pair{moe::PlacementFormat::OmniNpy, "omni_npy"},
                                     std::pair{moe::PlacementFormat::VllmAscend, "vllm_ascend"},
                                     std::pair{moe::PlacementFormat::Eplb, "eplb"}};
};

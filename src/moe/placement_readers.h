// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "podsim/moe/placement_files.h"
#include "podsim/moe/trace_bytes.h"

// One reader per family of placement formats; placement_files.cpp chooses.
namespace podsim::moe {

// slots[layer][rank]: the experts of each slot.
using LayerSlots = std::vector<std::vector<std::vector<ExpertIndex>>>;

// Makes the layers, so that a complaint about one says which. All layers have the same number of ranks.
std::vector<LayerPlacement> make_layers(LayerSlots slots, std::size_t experts, const std::string& name);

PlacementFile parse_omni_text(std::string_view content, const std::string& name);
PlacementFile read_omni_npy(std::unique_ptr<ByteSource> bytes);
// VllmAscend or Eplb; Auto looks at the keys. `ranks` as read_placement_file.
PlacementFile parse_placement_json(std::string_view content, const std::string& name, PlacementFormat format,
                                   std::size_t ranks);

}  // namespace podsim::moe

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// EPLB maps, with and without a number of ranks from outside: a placement of every expert or a ConfigError.
#include <cstdint>
#include <string_view>

#include "podsim/base/error.h"
#include "podsim/moe/placement_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  for (std::size_t ranks : {std::size_t{0}, std::size_t{2}}) {
    try {
      const podsim::moe::PlacementFile file =
          podsim::moe::parse_placement(content, "fuzz", podsim::moe::PlacementFormat::Eplb, ranks);
      for (const podsim::moe::LayerPlacement& layer : file.layers) {
        PODSIM_CHECK(layer.ranks() == file.ranks(), "{} ranks and {}", layer.ranks(), file.ranks());
        PODSIM_CHECK(layer.slots(0).size() * layer.ranks() == layer.total_slots(), "uneven slots");
      }
    } catch (const podsim::ConfigError&) {  // what a wrong file deserves
    }
  }
  return 0;
}

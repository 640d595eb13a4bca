// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// omni-infer cubes, text and .npy: whatever the bytes, a placement of every expert or a ConfigError.
#include <cstdint>
#include <string_view>

#include "podsim/base/error.h"
#include "podsim/moe/placement_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using podsim::moe::PlacementFormat;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  for (PlacementFormat format :
       {PlacementFormat::Auto, PlacementFormat::OmniText, PlacementFormat::OmniNpy}) {
    try {
      const podsim::moe::PlacementFile file = podsim::moe::parse_placement(content, "fuzz", format);
      PODSIM_CHECK(file.layers.back().total_slots() >= file.experts(), "{} slots for {} experts",
                   file.layers.back().total_slots(), file.experts());
    } catch (const podsim::ConfigError&) {  // what a wrong file deserves
    }
  }
  return 0;
}

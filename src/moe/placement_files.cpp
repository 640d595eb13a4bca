// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/moe/placement_files.h"

#include <charconv>

#include "moe/placement_readers.h"
#include "podsim/base/error.h"
#include "podsim/config/paths.h"
#include "podsim/moe/npy.h"

namespace podsim::moe {
namespace {

constexpr std::int64_t kMaxExperts = 65536;  // what ExpertIndex can name
constexpr std::string_view kNpyMagic = "\x93NUMPY";
constexpr std::string_view kSpace = " \t\r\n";

[[noreturn]] void fail(const std::string& name, const std::string& message) {
  throw ConfigError(name + ": " + message);
}

// The next number of a text: at most `shown` characters of what is none.
class NumberReader {
 public:
  explicit NumberReader(std::string_view text) : text_(text) {}
  // False at the end of the text.
  bool skip_space() {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    return at_ < text_.size();
  }
  // The word that begins here, whatever it is.
  std::string_view word() const {
    constexpr std::size_t kShown = 20;
    return text_.substr(at_, std::min(text_.find_first_of(kSpace, at_) - at_, kShown));
  }
  // Reads the number that begins here; false if it is none.
  bool read(std::int64_t& value) {
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || (stop != end && kSpace.find(*stop) == std::string_view::npos)) return false;
    at_ = static_cast<std::size_t>(stop - text_.data());
    return true;
  }
  std::size_t remaining() const { return text_.size() - at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// The three numbers that a cube begins with, or has as its shape.
struct CubeShape {
  std::int64_t ranks = 0;
  std::int64_t layers = 0;
  std::int64_t experts = 0;
};

void check_cube(const CubeShape& cube, const std::string& name) {
  if (cube.ranks >= 1 && cube.layers >= 1 && cube.experts >= 1 && cube.experts <= kMaxExperts) return;
  fail(name,
       fmt::format("{} ranks, {} layers and {} experts, expected at least one of each and at most {} experts",
                   cube.ranks, cube.layers, cube.experts, kMaxExperts));
}

std::string place_in(const CubeShape& cube, std::int64_t index) {
  return fmt::format("rank {}, layer {}, expert {}", index / cube.experts / cube.layers,
                     index / cube.experts % cube.layers, index % cube.experts);
}

LayerSlots empty_slots(const CubeShape& cube) {
  return LayerSlots(static_cast<std::size_t>(cube.layers),
                    std::vector<std::vector<ExpertIndex>>(static_cast<std::size_t>(cube.ranks)));
}

// Puts the expert of value number `index` into the cube if `value` is 1.
void take_value(const CubeShape& cube, std::int64_t index, std::int64_t value, const std::string& name,
                LayerSlots& slots) {
  if (value != 0 && value != 1) {
    fail(name, fmt::format("{}: the value {}, expected 0 or 1", place_in(cube, index), value));
  }
  if (value == 0) return;
  const auto layer = static_cast<std::size_t>(index / cube.experts % cube.layers);
  const auto rank = static_cast<std::size_t>(index / cube.experts / cube.layers);
  slots[layer][rank].push_back(static_cast<ExpertIndex>(index % cube.experts));
}

CubeShape read_header(NumberReader& reader, const std::string& name) {
  CubeShape cube;
  for (std::int64_t* number : {&cube.ranks, &cube.layers, &cube.experts}) {
    if (!reader.skip_space() || !reader.read(*number)) {
      fail(name,
           fmt::format("first line: '{}', expected the numbers of ranks, layers and experts", reader.word()));
    }
  }
  check_cube(cube, name);
  // A value takes two characters, the last one may take one. Checked before anything is allocated.
  const auto most = static_cast<std::int64_t>((reader.remaining() + 1) / 2);
  if (cube.ranks > most || cube.layers > most / cube.ranks ||
      cube.experts > most / cube.ranks / cube.layers) {
    fail(name, fmt::format("the first line promises {} x {} x {} values, but at most {} follow", cube.ranks,
                           cube.layers, cube.experts, most));
  }
  return cube;
}

PlacementFile read_bytes(std::unique_ptr<ByteSource> bytes, PlacementFormat format, std::size_t ranks) {
  std::string start(std::min<std::uint64_t>(bytes->size(), kNpyMagic.size()), '\0');
  bytes->read(0, start.data(), start.size());
  const std::string name = bytes->name();
  if (format == PlacementFormat::OmniNpy || (format == PlacementFormat::Auto && start == kNpyMagic)) {
    return read_omni_npy(std::move(bytes));
  }
  std::string content(bytes->size(), '\0');
  bytes->read(0, content.data(), content.size());
  if (format == PlacementFormat::OmniText) return parse_omni_text(content, name);
  if (format != PlacementFormat::Auto) return parse_placement_json(content, name, format, ranks);

  const std::size_t first = content.find_first_not_of(kSpace);
  if (first != std::string::npos && content[first] == '{')
    return parse_placement_json(content, name, format, ranks);
  if (first != std::string::npos && content[first] >= '0' && content[first] <= '9') {
    return parse_omni_text(content, name);
  }
  fail(name, content.empty()
                 ? "an empty file, expected an expert placement"
                 : "not an expert placement: expected omni-infer text (numbers) or .npy, or a JSON object");
}

}  // namespace

std::vector<LayerPlacement> make_layers(LayerSlots slots, std::size_t experts, const std::string& name) {
  std::vector<LayerPlacement> layers;
  for (std::size_t layer = 0; layer < slots.size(); ++layer) {
    try {
      layers.emplace_back(std::move(slots[layer]), experts);
    } catch (const ConfigError& error) {
      fail(name, fmt::format("layer {}: {}", layer, error.what()));
    }
  }
  return layers;
}

PlacementFile parse_omni_text(std::string_view content, const std::string& name) {
  NumberReader reader(content);
  const CubeShape cube = read_header(reader, name);
  LayerSlots slots = empty_slots(cube);
  const std::int64_t values = cube.ranks * cube.layers * cube.experts;
  for (std::int64_t index = 0; index < values; ++index) {
    std::int64_t value = 0;
    if (!reader.skip_space()) {
      fail(name, fmt::format("ends after {} of {} values ({})", index, values, place_in(cube, index)));
    }
    if (!reader.read(value)) {
      fail(name, fmt::format("{}: '{}', expected 0 or 1", place_in(cube, index), reader.word()));
    }
    take_value(cube, index, value, name, slots);
  }
  if (reader.skip_space())
    fail(name, fmt::format("'{}' after all {} values, expected the end", reader.word(), values));
  return {PlacementFormat::OmniText,
          make_layers(std::move(slots), static_cast<std::size_t>(cube.experts), name)};
}

PlacementFile read_omni_npy(std::unique_ptr<ByteSource> bytes) {
  NpyFile array(std::move(bytes));
  const std::string& name = array.name();
  if (array.shape().size() != 3) {
    fail(name,
         fmt::format("an array of shape {}, expected [ranks, layers, experts]", shape_text(array.shape())));
  }
  const CubeShape cube{array.shape()[0], array.shape()[1], array.shape()[2]};
  check_cube(cube, name);
  LayerSlots slots = empty_slots(cube);
  std::vector<std::int64_t> values(static_cast<std::size_t>(cube.experts));
  for (std::int64_t first = 0; first < array.elements(); first += cube.experts) {
    array.read(first, Span<std::int64_t>(values));
    for (std::int64_t e = 0; e < cube.experts; ++e) {
      take_value(cube, first + e, values[static_cast<std::size_t>(e)], name, slots);
    }
  }
  return {PlacementFormat::OmniNpy,
          make_layers(std::move(slots), static_cast<std::size_t>(cube.experts), name)};
}

PlacementFile read_placement_file(const std::string& path, PlacementFormat format, std::size_t ranks) {
  const config::Resolution found = config::resolve_path(path, {});
  return read_bytes(open_bytes(found.file ? found.file->string() : path), format, ranks);
}

PlacementFile parse_placement(std::string_view content, const std::string& name, PlacementFormat format,
                              std::size_t ranks) {
  return read_bytes(bytes_of(std::string(content), name), format, ranks);
}

}  // namespace podsim::moe

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/load_issue.h"

// LoadData3D: image to column; and filling with a constant.
namespace podsim::kernel {
namespace {

// Where element (m, k) of the column matrix goes: as L0A holds it (Zz on 2201, Nz on 3510), or as L0B does
// (Zn, where the column matrix is B when transposed and its transpose when not).
struct ColumnPlace {
  ImageLoad load;
  std::uint32_t c0;
  bool as_b;
  bool nz;

  bool turned() const { return load.transpose && !as_b; }
  std::uint64_t rows() const { return turned() ? load.k_extent : load.m_extent; }
  std::uint64_t columns() const { return turned() ? load.m_extent : load.k_extent; }
  std::uint64_t elements() const {
    if (as_b && load.transpose) return round_up(rows(), c0) * round_up(columns(), kRows);
    return round_up(rows(), kRows) * round_up(columns(), c0);
  }
  std::uint64_t operator()(std::uint64_t m, std::uint64_t k) const {
    if (as_b) {
      const std::uint64_t b_k = load.transpose ? m : k;
      const std::uint64_t b_n = load.transpose ? k : m;
      const std::uint64_t n_fractals = ceil_div(load.transpose ? load.k_extent : load.m_extent, kRows);
      return (b_k / c0 * n_fractals + b_n / kRows) * kRows * c0 + b_n % kRows * c0 + b_k % c0;
    }
    const std::uint64_t r = turned() ? k : m;
    const std::uint64_t c = turned() ? m : k;
    const std::uint64_t fractal =
        nz ? c / c0 * ceil_div(rows(), kRows) + r / kRows : r / kRows * ceil_div(columns(), c0) + c / c0;
    return fractal * kRows * c0 + r % kRows * c0 + c % c0;
  }
};

// Which element of the NC1HWC0 image column (m, k) shows; none in the padding.
struct ImageTap {
  bool inside = false;
  std::uint64_t index = 0;
};
ImageTap tap_of(const ImageLoad& load, std::uint32_t c0, std::uint64_t pixel, std::uint64_t column) {
  const std::uint32_t reach_w = load.dilation_w * (load.filter_w - 1) + 1;
  const std::uint32_t out_w = (load.width + load.padding[0] + load.padding[1] - reach_w) / load.stride_w + 1;
  const std::uint64_t taps = std::uint64_t{load.filter_w} * load.filter_h;
  const std::uint64_t tap = column / c0 % taps;
  const std::uint64_t c1 = column / c0 / taps;
  const std::uint64_t y = pixel / out_w * load.stride_h + tap / load.filter_w * load.dilation_h;
  const std::uint64_t x = pixel % out_w * load.stride_w + tap % load.filter_w * load.dilation_w;
  const std::uint64_t top = load.padding[2];
  const std::uint64_t left = load.padding[0];
  if (y < top || x < left || y - top >= load.height || x - left >= load.width) return {};
  return {true, (c1 * load.height * load.width + (y - top) * load.width + (x - left)) * c0 + column % c0};
}

void require_geometry(const ImageLoad& load) {
  const bool zero = load.stride_w == 0 || load.stride_h == 0 || load.dilation_w == 0 ||
                    load.dilation_h == 0 || load.filter_w == 0 || load.filter_h == 0;
  if (zero)
    refuse("LoadData", "strides, dilations and filter sizes of LoadData3DParamsV2 must be at least 1");
  const std::uint32_t reach_w = load.dilation_w * (load.filter_w - 1) + 1;
  const std::uint32_t padded = load.width + load.padding[0] + load.padding[1];
  if (reach_w > padded) {
    refuse("LoadData", fmt::format("the filter is {} wide, the padded image {}", reach_w, padded));
  }
}

}  // namespace

void load_image(const LocalPlace& dst, const LocalPlace& src, const ImageLoad& load, DataType type) {
  if (!runs_on("LoadData", CoreKind::Aic) || load.m_extent == 0 || load.k_extent == 0) return;
  require_operand_buffer("LoadData", dst);
  require_l1("LoadData", src);
  require_geometry(load);
  const std::uint32_t bits = bits_of(type);
  const ColumnPlace place{load, c0_of(type), dst.memory == Memory::L0b, is_3510()};
  const std::uint64_t bytes = place.elements() * bits / 8;
  const std::uint64_t image_bytes =
      std::uint64_t{load.height} * load.width * ceil_div(load.channels, place.c0) * kBlockBytes;
  const Footprint from = footprint(Memory::L1, false, src.address, image_bytes);
  const Footprint to = footprint(dst.memory, true, dst.address, bytes);
  require_touched_inside("LoadData", from, to);
  const LocalPath path = place.as_b ? LocalPath::L1ToL0bImage : LocalPath::L1ToL0aImage;
  issue_load(load_instruction("LoadData", {path, bytes, load.stride_w, 1}, from, to), dst, src,
             [load, place, bits](std::byte* out, const std::byte* in) {
               const auto* const pad = reinterpret_cast<const std::byte*>(&load.pad_value);
               for (std::uint64_t m = 0; m < load.m_extent; ++m) {
                 for (std::uint64_t k = 0; k < load.k_extent; ++k) {
                   const ImageTap tap = tap_of(load, place.c0, load.m_start + m, load.k_start + k);
                   move_element(out, place(m, k), tap.inside ? in : pad, tap.index, bits);
                 }
               }
             });
}

void fill_constant(const LocalPlace& dst, std::uint32_t repeats, std::uint32_t blocks, std::uint32_t gap,
                   std::uint64_t value, DataType type) {
  if (!runs_on("Fill", CoreKind::Aic) || repeats == 0 || blocks == 0) return;
  const bool l1 = dst.memory == Memory::L1;
  if (!l1) require_arch("Fill of L0", 2201);
  if (!l1) require_operand_buffer("Fill", dst);
  const std::uint64_t unit_bytes = l1 ? kBlockBytes : kFractalBytes;
  const std::uint64_t bytes = blocks * unit_bytes;
  const std::uint64_t stride = (std::uint64_t{blocks} + gap) * unit_bytes;
  const Footprint to{dst.memory, true, repeats, dst.address, bytes, stride};
  require_aligned("Fill", "the destination", dst.address, kBlockBytes);
  require_inside("Fill", "the destination", dst.memory, dst.address, end_of(to));
  Instruction instruction;
  instruction.call = "Fill";
  instruction.pipe = l1 ? Pipe::Mte2 : Pipe::Mte1;
  instruction.work = LocalMove{l1 ? LocalPath::FillL1 : LocalPath::FillL0, repeats * bytes, 1, repeats};
  instruction.touch(to);
  ScalarUnit& unit = scalar_unit();
  if (!unit.functional()) return unit.issue(instruction, {});
  std::byte* const base = unit.local(dst.memory) + dst.address;
  unit.issue(instruction, [base, repeats, bytes, stride, value, size = bits_of(type) / 8] {
    for (std::uint32_t r = 0; r < repeats; ++r) {
      for (std::uint64_t at = 0; at < bytes; at += size) std::memcpy(base + r * stride + at, &value, size);
    }
  });
}

}  // namespace podsim::kernel

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "podsim/kernel/float_format.h"
#include "podsim/kernel/instruction.h"

namespace AscendC {
class TPipe;
}

namespace podsim::kernel {

enum class AtomicOp : std::uint8_t { None, Add, Max, Min };

// Mode of copies to GM: what reaches memory is combined with what is there.
struct AtomicMode {
  AtomicOp op = AtomicOp::None;
  DataType type = DataType::Fp32;
};

// Geometry of the image that LoadData3D reads when its own parameters do not set it.
struct ImageRegisters {
  std::uint16_t height = 0;
  std::uint16_t width = 0;
  std::array<std::uint8_t, 4> padding{};  // left, right, top, bottom
};

// What the copies out of L0C with DataCopyCO12DstParams take besides their parameters.
struct FixpipeRegisters {
  std::uint16_t nd_count = 1;  // matrices, when the layout becomes ND
  std::uint16_t source_nd_stride = 0;
  std::uint16_t destination_nd_stride = 0;
  std::uint64_t scale = 0;
  bool has_scales = false;
  Memory scales_memory = Memory::FixpipeBuffer;
  std::uint64_t scales = 0;  // address of the tensor of scales
  bool unit_flag = false;
};

// What a core keeps between calls. The scalar unit writes modes as it runs, so instructions carry a copy;
// results (compare mask, reduce results) are written when instructions execute.
struct CoreRegisters {
  AscendC::TPipe* pipe = nullptr;

  bool counter_mask = false;
  std::uint64_t mask_low = ~std::uint64_t{0};
  std::uint64_t mask_high = ~std::uint64_t{0};
  Overflow overflow = Overflow::Keep;
  float deq_scale = 1.0F;
  std::uint64_t pad_value = 0;
  AtomicMode atomic;

  std::uint32_t vector_function = 0;   // the open one, or 0: vector_function.h
  std::uint32_t vector_functions = 0;  // opened so far

  std::array<std::uint64_t, 2> compare_mask{};
  std::uint64_t reduce_sum = 0;    // bits of the last sum
  std::uint64_t reduce_value = 0;  // of the last maximum or minimum
  std::uint64_t reduce_index = 0;
  std::array<std::uint16_t, 4> merged{};

  bool hf32 = false;
  ImageRegisters image_a;
  ImageRegisters image_b;
  std::uint64_t image_pad = 0;
  FixpipeRegisters fixpipe;
  std::array<std::vector<std::uint8_t>, 2> scales;  // of L0A and L0B, MX formats
};

}  // namespace podsim::kernel

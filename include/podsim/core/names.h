// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <utility>

#include "podsim/config/values.h"
#include "podsim/kernel/instruction.h"

// How the words of the kernel interface are spelled in configuration files and messages.
namespace podsim::config {

template <>
struct EnumNames<kernel::Pipe> {
  static constexpr const char* kWhat = "pipe";
  static constexpr std::array kNames{
      std::pair{kernel::Pipe::S, "scalar"},   std::pair{kernel::Pipe::V, "vector"},
      std::pair{kernel::Pipe::M, "cube"},     std::pair{kernel::Pipe::Mte1, "mte1"},
      std::pair{kernel::Pipe::Mte2, "mte2"},  std::pair{kernel::Pipe::Mte3, "mte3"},
      std::pair{kernel::Pipe::Fix, "fixpipe"}};
};

template <>
struct EnumNames<kernel::CoreKind> {
  static constexpr const char* kWhat = "kind of core";
  static constexpr std::array kNames{std::pair{kernel::CoreKind::Aic, "AIC"},
                                     std::pair{kernel::CoreKind::Aiv, "AIV"}};
};

template <>
struct EnumNames<kernel::Memory> {
  static constexpr const char* kWhat = "memory";
  static constexpr std::array kNames{std::pair{kernel::Memory::Gm, "gm"},
                                     std::pair{kernel::Memory::L1, "l1"},
                                     std::pair{kernel::Memory::L0a, "l0a"},
                                     std::pair{kernel::Memory::L0b, "l0b"},
                                     std::pair{kernel::Memory::L0c, "l0c"},
                                     std::pair{kernel::Memory::UnifiedBuffer, "unified_buffer"},
                                     std::pair{kernel::Memory::BiasTable, "bias_table"},
                                     std::pair{kernel::Memory::FixpipeBuffer, "fixpipe_buffer"}};
};

template <>
struct EnumNames<kernel::DataType> {
  using T = kernel::DataType;
  static constexpr const char* kWhat = "data type";
  static constexpr std::array kNames{
      std::pair{T::Int4, "int4"},        std::pair{T::Uint4, "uint4"},      std::pair{T::Int8, "int8"},
      std::pair{T::Uint8, "uint8"},      std::pair{T::Int16, "int16"},      std::pair{T::Uint16, "uint16"},
      std::pair{T::Int32, "int32"},      std::pair{T::Uint32, "uint32"},    std::pair{T::Int64, "int64"},
      std::pair{T::Uint64, "uint64"},    std::pair{T::Fp4E2m1, "fp4_e2m1"}, std::pair{T::Fp4E1m2, "fp4_e1m2"},
      std::pair{T::Fp8E4m3, "fp8_e4m3"}, std::pair{T::Fp8E5m2, "fp8_e5m2"}, std::pair{T::Fp8E8m0, "fp8_e8m0"},
      std::pair{T::Hif8, "hif8"},        std::pair{T::Fp16, "fp16"},        std::pair{T::Bf16, "bf16"},
      std::pair{T::Fp32, "fp32"},        std::pair{T::Hf32, "hf32"},        std::pair{T::Fp64, "fp64"},
      std::pair{T::Bool, "bool"}};
};

template <>
struct EnumNames<kernel::LocalPath> {
  using P = kernel::LocalPath;
  static constexpr const char* kWhat = "path";
  static constexpr std::array kNames{std::pair{P::L1ToL0a, "l1_to_l0a"},
                                     std::pair{P::L1ToL0aTranspose, "l1_to_l0a_transpose"},
                                     std::pair{P::L1ToL0aImage, "l1_to_l0a_image"},
                                     std::pair{P::L1ToL0b, "l1_to_l0b"},
                                     std::pair{P::L1ToL0bTranspose, "l1_to_l0b_transpose"},
                                     std::pair{P::L1ToL0bImage, "l1_to_l0b_image"},
                                     std::pair{P::L1ToL0aScales, "l1_to_l0a_scales"},
                                     std::pair{P::L1ToL0bScales, "l1_to_l0b_scales"},
                                     std::pair{P::L1ToBiasTable, "l1_to_bias_table"},
                                     std::pair{P::L1ToFixpipeBuffer, "l1_to_fixpipe_buffer"},
                                     std::pair{P::L1ToUnifiedBuffer, "l1_to_unified_buffer"},
                                     std::pair{P::UnifiedBufferToL1, "unified_buffer_to_l1"},
                                     std::pair{P::FillL0, "fill_l0"},
                                     std::pair{P::FillL1, "fill_l1"}};
};

template <>
struct EnumNames<kernel::FixpipeMove::Layout> {
  using L = kernel::FixpipeMove::Layout;
  static constexpr const char* kWhat = "layout";
  static constexpr std::array kNames{std::pair{L::RowMajor, "row_major"}, std::pair{L::Nz, "nz"},
                                     std::pair{L::ColumnMajor, "column_major"}};
};

template <>
struct EnumNames<kernel::VectorOp> {
  using V = kernel::VectorOp;
  static constexpr const char* kWhat = "vector operation";
  static constexpr std::array kNames{std::pair{V::Add, "add"},
                                     std::pair{V::Mul, "mul"},
                                     std::pair{V::MaxMin, "max_min"},
                                     std::pair{V::Logic, "logic"},
                                     std::pair{V::Shift, "shift"},
                                     std::pair{V::MulAdd, "mul_add"},
                                     std::pair{V::Transcendental, "transcendental"},
                                     std::pair{V::Divide, "divide"},
                                     std::pair{V::Convert, "convert"},
                                     std::pair{V::Compare, "compare"},
                                     std::pair{V::Select, "select"},
                                     std::pair{V::Fill, "fill"},
                                     std::pair{V::Move, "move"},
                                     std::pair{V::ReduceBlock, "reduce_block"},
                                     std::pair{V::ReduceRepeat, "reduce_repeat"},
                                     std::pair{V::ReducePair, "reduce_pair"},
                                     std::pair{V::Gather, "gather"},
                                     std::pair{V::GatherBlock, "gather_block"},
                                     std::pair{V::GatherMask, "gather_mask"},
                                     std::pair{V::Scatter, "scatter"},
                                     std::pair{V::Sort, "sort"},
                                     std::pair{V::MergeSort, "merge_sort"},
                                     std::pair{V::Broadcast, "broadcast"},
                                     std::pair{V::Transpose, "transpose"},
                                     std::pair{V::Mask, "mask"}};
};

}  // namespace podsim::config

namespace podsim::core {

// Width of an element. Bool counts as a byte.
constexpr std::int64_t bits_of(kernel::DataType type) {
  using T = kernel::DataType;
  switch (type) {
    case T::Int4:
    case T::Uint4:
    case T::Fp4E2m1:
    case T::Fp4E1m2:
      return 4;
    case T::Int8:
    case T::Uint8:
    case T::Fp8E4m3:
    case T::Fp8E5m2:
    case T::Fp8E8m0:
    case T::Hif8:
    case T::Bool:
      return 8;
    case T::Int16:
    case T::Uint16:
    case T::Fp16:
    case T::Bf16:
      return 16;
    case T::Int32:
    case T::Uint32:
    case T::Fp32:
    case T::Hf32:
      return 32;
    case T::Int64:
    case T::Uint64:
    case T::Fp64:
      return 64;
  }
  return 8;
}

}  // namespace podsim::core

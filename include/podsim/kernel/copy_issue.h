// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "podsim/kernel/call.h"

// The copies as the hardware sees them, without element types.
namespace podsim::kernel {

// A place in one of the core's own memories, and one in device memory.
struct LocalPlace {
  Memory memory = Memory::UnifiedBuffer;
  std::uint64_t address = 0;
};
struct GlobalPlace {
  std::byte* pointer = nullptr;
  CacheHint hint = CacheHint::Normal;
};

// `rows` pieces of `bytes`; strides are from start to start.
struct Pieces {
  std::uint32_t rows = 1;
  std::uint64_t bytes = 0;
  std::uint64_t source_stride = 0;
  std::uint64_t destination_stride = 0;
};

// What the unified buffer gets around each piece: lengths in bytes, the value as the bits of an element.
struct Padding {
  bool padded = false;
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint64_t value = 0;
  std::uint32_t element_bytes = 1;
  bool compact = false;  // no padding between pieces, only at the end
};

void copy_in(const char* call, const LocalPlace& destination, const GlobalPlace& source,
             const Pieces& pieces);
void copy_in_padded(const char* call, const LocalPlace& destination, const GlobalPlace& source,
                    const Pieces& pieces, const Padding& padding);
void copy_out(const char* call, const GlobalPlace& destination, const LocalPlace& source,
              const Pieces& pieces, bool padded);
// Between two of the core's own memories. `element_bits` as given to the vector unit; `widen`: half to float.
void copy_local(const char* call, const LocalPlace& destination, const LocalPlace& source,
                const Pieces& pieces, DataType type, bool widen);

// Matrices in rows to fractals in L1 (transposed: the source is read column by column).
struct NzCopy {
  std::uint32_t matrices = 1;
  std::uint32_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t matrix_stride = 0;              // source, elements
  std::uint64_t row_stride = 0;                 // source, elements
  std::uint64_t c0_stride = 0;                  // destination, blocks
  std::uint64_t n_stride = 0;                   // destination, blocks
  std::uint64_t destination_matrix_stride = 0;  // elements
  bool transposed = false;
};
void copy_to_nz(const char* call, const LocalPlace& destination, const GlobalPlace& source,
                const NzCopy& copy, DataType type);

}  // namespace podsim::kernel

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <variant>
#include <vector>

// What one call of a kernel asks the hardware to do: the contract between the kernel interface, which makes
// instructions, and the core model, which times them. Sizes are bytes unless said.
namespace podsim::kernel {

// The in-order queues of a core. The scalar unit S runs the kernel itself and feeds the others.
enum class Pipe : std::uint8_t { S, V, M, Mte1, Mte2, Mte3, Fix };
constexpr std::size_t kPipeCount = 7;

// A cube core or a vector core.
enum class CoreKind : std::uint8_t { Aic, Aiv };

enum class Memory : std::uint8_t { Gm, L1, L0a, L0b, L0c, UnifiedBuffer, BiasTable, FixpipeBuffer };
constexpr std::size_t kMemoryCount = 8;

enum class DataType : std::uint8_t {
  Int4,
  Uint4,
  Int8,
  Uint8,
  Int16,
  Uint16,
  Int32,
  Uint32,
  Int64,
  Uint64,
  Fp4E2m1,
  Fp4E1m2,
  Fp8E4m3,
  Fp8E5m2,
  Fp8E8m0,
  Hif8,
  Fp16,
  Bf16,
  Fp32,
  Hf32,
  Fp64,
  Bool,
};

// Bytes that an instruction reads or writes: `blocks` pieces of `bytes`, their starts `stride` apart. GM
// addresses count from the start of device memory, others from the start of the core's own buffer.
struct Footprint {
  Memory memory = Memory::UnifiedBuffer;
  bool write = false;
  std::uint32_t blocks = 1;
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  std::uint64_t stride = 0;
};

// Matrix product m x k times k x n on the cube.
struct CubeWork {
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  DataType a = DataType::Fp16;
  DataType b = DataType::Fp16;
  bool microscaled = false;  // MX formats: scales beside the data
  bool vector = false;       // matrix-vector mode
  bool sparse = false;
  std::uint8_t unit_flag = 0;  // 0, 2 or 3 as in MmadParams
};

// Which of the published rows gives the rate of a move inside a core.
enum class LocalPath : std::uint8_t {
  L1ToL0a,
  L1ToL0aTranspose,
  L1ToL0aImage,
  L1ToL0b,
  L1ToL0bTranspose,
  L1ToL0bImage,
  L1ToL0aScales,
  L1ToL0bScales,
  L1ToBiasTable,
  L1ToFixpipeBuffer,
  L1ToUnifiedBuffer,
  UnifiedBufferToL1,
  FillL0,
  FillL1,
};
struct LocalMove {
  LocalPath path = LocalPath::L1ToL0a;
  std::uint64_t bytes = 0;
  std::uint32_t stride_w = 1;  // of LoadData3D
  std::uint32_t repeats = 1;   // of LoadData3D
};

// A copy between GM and a core: `rows` pieces of `row_bytes`, `row_stride` apart in GM.
enum class CacheHint : std::uint8_t { Normal, Disable, Last, Persistent };
struct GlobalMove {
  bool write = false;
  Memory local = Memory::UnifiedBuffer;
  std::uint64_t address = 0;
  std::uint32_t rows = 1;
  std::uint64_t row_bytes = 0;
  std::uint64_t row_stride = 0;
  std::uint32_t matrices = 1;  // as many such blocks, `matrix_stride` apart
  std::uint64_t matrix_stride = 0;
  bool nd_to_nz = false;  // the layout is changed on the fly
  bool atomic = false;    // read, modified and written where the data lies
  CacheHint hint = CacheHint::Normal;
};

// The way out of L0C: `rows` x `columns` elements with conversion.
struct FixpipeMove {
  Memory destination = Memory::Gm;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t matrices = 1;
  DataType from = DataType::Fp32;
  DataType to = DataType::Fp16;
  enum class Layout : std::uint8_t { RowMajor, Nz, ColumnMajor } layout = Layout::RowMajor;
  bool dual_destination = false;  // half each to the unified buffers of both vector cores
  std::uint8_t unit_flag = 0;
  GlobalMove global;  // what it does to GM, when that is the destination
};

// Vector instructions of one rate share a row of the published table.
enum class VectorOp : std::uint8_t {
  Add,
  Mul,
  MaxMin,
  Logic,
  Shift,
  MulAdd,
  Transcendental,
  Divide,
  Convert,
  Compare,
  Select,
  Fill,
  Move,
  ReduceBlock,
  ReduceRepeat,
  ReducePair,
  Gather,
  GatherBlock,
  GatherMask,
  Scatter,
  Sort,
  MergeSort,
  Broadcast,
  Transpose,
  Mask,
};
// One operand of a vector instruction in the unified buffer: element block b of repeat r starts at
// address + (r * repeat_stride + b * block_stride) * 32.
struct VectorOperand {
  std::uint64_t address = 0;
  std::uint16_t block_stride = 1;
  std::uint16_t repeat_stride = 8;
  std::uint8_t blocks = 8;  // of a repeat that are touched
};
struct VectorWork {
  VectorOp op = VectorOp::Add;
  DataType type = DataType::Fp16;  // the wider one
  DataType narrow = DataType::Fp16;
  std::uint32_t repeats = 1;
  std::uint64_t elements = 0;  // of all repeats
  std::uint32_t function = 0;  // calls of one number are one function of register instructions; 0: on its own
  std::uint8_t sources = 1;
  VectorOperand destination;
  std::array<VectorOperand, 2> source;
};

// `set`: queued on `source`; otherwise the wait, queued on `destination`.
struct FlagWork {
  Pipe source = Pipe::S;
  Pipe destination = Pipe::S;
  std::uint8_t event = 0;
  bool set = false;
};
// CrossCoreSetFlag / CrossCoreWaitFlag; modes as published (0 all of a kind, 1 the vector cores of a block, 2
// cube with its vector cores, 4 cube with one of them).
struct CrossCoreWork {
  std::uint8_t mode = 0;
  std::uint8_t flag = 0;
  bool set = false;
};
// Later instructions of the pipe wait for all earlier ones.
struct BarrierWork {
  bool all_pipes = false;
};

using Work = std::variant<CubeWork, LocalMove, GlobalMove, FixpipeMove, VectorWork, FlagWork, CrossCoreWork,
                          BarrierWork>;

struct Instruction {
  const char* call = "";  // as it is spelled in the kernel: "DataCopy"
  Pipe pipe = Pipe::S;
  Work work;
  std::array<Footprint, 5> touches;  // what it reads and writes, for synchronisation and the hazard check
  std::uint8_t touch_count = 0;

  void touch(const Footprint& footprint) { touches[touch_count++] = footprint; }
};

}  // namespace podsim::kernel

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/ops/cube_moves.h"
#include "kernel/ops/matmul_order.h"
#include "kernel/ops/matmul_products.h"
#include "podsim/kernel/ascendc.h"

// The matrix product on one cube core, written as a kernel against the kernel interface: packets of A and B
// from GM to L1, base blocks from L1 to L0, Mmad, Fixpipe, with explicit flags between the pipes.
namespace podsim::kernel::ops {

template <MatmulType kType>
struct MatmulElement;
template <>
struct MatmulElement<MatmulType::Fp16> {
  using T = half;
  using Sum = float;
};
template <>
struct MatmulElement<MatmulType::Bf16> {
  using T = bfloat16_t;
  using Sum = float;
};
template <>
struct MatmulElement<MatmulType::Fp32> {
  using T = float;
  using Sum = float;
};
template <>
struct MatmulElement<MatmulType::Int8> {
  using T = int8_t;
  using Sum = int32_t;
};
template <>
struct MatmulElement<MatmulType::Fp8> {
  using T = fp8_e4m3fn_t;
  using Sum = float;
};
template <>
struct MatmulElement<MatmulType::MxFp8> {
  using T = fp8_e4m3fn_t;
  using Sum = float;
};
template <>
struct MatmulElement<MatmulType::MxFp4> {
  using T = fp4x2_e2m1_t;
  using Sum = float;
};

template <MatmulType kType>
class CubeMatmul {
 public:
  using T = typename MatmulElement<kType>::T;
  using Sum = typename MatmulElement<kType>::Sum;
  static constexpr std::uint32_t kC0 = 256 / kBitsOf<T>;
  static constexpr bool kMx = kType == MatmulType::MxFp8 || kType == MatmulType::MxFp4;

  CubeMatmul(const MatmulOperands& operands, const MatmulTiling& tiling, const TileOrder& order,
             std::uint64_t core, DataType out, TileSink& sink)
      : operands_(operands),
        tiling_(tiling),
        l1_(plan_l1(operands, tiling)),
        out_(out),
        sink_(sink),
        blocks_(order, tiling, core, 1),
        a_{KWalk(order, tiling, core, tiling.step_ka), 0, {}, 0, 0, true},
        b_{KWalk(order, tiling, core, tiling.step_kb), 2, {}, 0, 0, true},
        scales_{KWalk(order, tiling, core, tiling.step_scales), 4, {}, 0, 0, true},
        arch_3510_(is_3510()),
        l0a_(part_of(Memory::L0a)),
        l0b_(part_of(Memory::L0b)) {}

  void run() {
    using namespace AscendC;
    const std::int64_t start = tiling_.library.start_ns * (scalar_unit().chip().core_hz / 1'000'000) / 1000;
    if (start > 0) scalar_unit().compute(static_cast<std::uint32_t>(start));
    for (uint32_t i = 0; i < tiling_.l1_buffers; ++i) {
      SetFlag<HardEvent::MTE1_MTE2>(event(a_, i));
      SetFlag<HardEvent::MTE1_MTE2>(event(b_, i));
      if (kMx) SetFlag<HardEvent::MTE1_MTE2>(event(scales_, i));
    }
    for (uint32_t i = 0; i < tiling_.l0_buffers; ++i) SetFlag<HardEvent::M_MTE1>(static_cast<int32_t>(i));
    if (!tiling_.unit_flag) {
      for (uint32_t i = 0; i < tiling_.l0c_buffers; ++i) SetFlag<HardEvent::FIX_M>(static_cast<int32_t>(i));
    }
    load_b();  // the larger packet first
    load_a();
    if (kMx) load_scales();
    while (blocks_.next()) block();
    for (uint32_t i = 0; i < tiling_.l1_buffers; ++i) {
      WaitFlag<HardEvent::MTE1_MTE2>(event(a_, i));
      WaitFlag<HardEvent::MTE1_MTE2>(event(b_, i));
      if (kMx) WaitFlag<HardEvent::MTE1_MTE2>(event(scales_, i));
    }
    for (uint32_t i = 0; i < tiling_.l0_buffers; ++i) WaitFlag<HardEvent::M_MTE1>(static_cast<int32_t>(i));
    if (!tiling_.unit_flag) {
      for (uint32_t i = 0; i < tiling_.l0c_buffers; ++i) WaitFlag<HardEvent::FIX_M>(static_cast<int32_t>(i));
    }
  }

 private:
  struct Packet {
    std::uint32_t pitch = 0;  // rows of a stripe in L1; of scales, 32 B units along k
  };
  // Packets of A, of B or of both's scales, loaded in the order in which the blocks use them.
  struct Stream {
    KWalk walk;
    std::int32_t first_event;
    std::array<Packet, 2> packets;
    std::uint64_t loaded;
    std::uint64_t opened;
    bool more;
  };

  // Scales of a base block in L1.
  struct ScalePlace {
    std::uint32_t address = 0;
    std::uint32_t unit = 0;
    std::uint32_t pitch = 0;
  };

  std::uint32_t part_of(Memory memory) const {
    return static_cast<std::uint32_t>(scalar_unit().chip().capacity[static_cast<std::size_t>(memory)] /
                                      tiling_.l0_buffers);
  }
  static std::int32_t event(const Stream& stream, std::uint64_t buffer) {
    return stream.first_event + static_cast<std::int32_t>(buffer);
  }

  // --- GM to L1
  // -----------------------------------------------------------------------------------------------

  void load_a() {
    using namespace AscendC;
    if (!a_.more || !(a_.more = a_.walk.next())) return;
    const auto buffer = static_cast<uint32_t>(a_.loaded++ % tiling_.l1_buffers);
    const MatmulTile& tile = a_.walk.tile();
    Packet& packet = a_.packets[buffer];
    packet.pitch = static_cast<uint32_t>(round_to(tile.m, 16));
    WaitFlag<HardEvent::MTE1_MTE2>(event(a_, buffer));
    copy_fractals(LocalTensor<T>(TPosition::A1, l1_.a(buffer), 0), operands_.a, 0, tile.m0, tile.m,
                  a_.walk.k(), a_.walk.length(), packet.pitch);
    SetFlag<HardEvent::MTE2_MTE1>(event(a_, buffer));
  }

  void load_b() {
    using namespace AscendC;
    if (!b_.more || !(b_.more = b_.walk.next())) return;
    const auto buffer = static_cast<uint32_t>(b_.loaded++ % tiling_.l1_buffers);
    const MatmulTile& tile = b_.walk.tile();
    Packet& packet = b_.packets[buffer];
    const LocalTensor<T> place(TPosition::B1, l1_.b(buffer), 0);
    const uint64_t group = tile.group * operands_.b.bytes(operands_.bits());
    WaitFlag<HardEvent::MTE1_MTE2>(event(b_, buffer));
    if (operands_.b_transposed) {
      packet.pitch = static_cast<uint32_t>(round_to(tile.n, 16));
      copy_fractals(place, operands_.b, group, tile.n0, tile.n, b_.walk.k(), b_.walk.length(), packet.pitch);
    } else {
      packet.pitch = static_cast<uint32_t>(round_to(b_.walk.length(), operands_.b_unit()));
      copy_fractals(place, operands_.b, group, b_.walk.k(), b_.walk.length(), tile.n0, tile.n, packet.pitch);
    }
    SetFlag<HardEvent::MTE2_MTE1>(event(b_, buffer));
  }

  void load_scales() {
    using namespace AscendC;
    if (!scales_.more || !(scales_.more = scales_.walk.next())) return;
    const auto buffer = static_cast<uint32_t>(scales_.loaded++ % tiling_.l1_buffers);
    const MatmulTile& tile = scales_.walk.tile();
    const uint32_t units = scales_.walk.length() / 64;
    scales_.packets[buffer].pitch = units;
    WaitFlag<HardEvent::MTE1_MTE2>(event(scales_, buffer));
    copy_scales(l1_.scales_of_b(buffer), operands_.b_scales + tile.group * operands_.n * (operands_.k / 32),
                tile.n0, tile.n, scales_.walk.k(), units);
    copy_scales(l1_.scales_of_a(buffer), operands_.a_scales, tile.m0, tile.m, scales_.walk.k(), units);
    SetFlag<HardEvent::MTE2_MTE1>(event(scales_, buffer));
  }

  // Pairs of scales (of 64 values of k) as 16-bit elements: 16 rows beside one another in 32 B.
  void copy_scales(std::uint32_t to, std::byte* from, std::uint64_t row, std::uint32_t rows, std::uint64_t k,
                   std::uint32_t units) {
    using namespace AscendC;
    GlobalTensor<half> source;
    source.SetGlobalBuffer(reinterpret_cast<half*>(from));
    const uint64_t pitch = operands_.k / 64;
    DataCopy(LocalTensor<half>(TPosition::A1, to, 0), source[row * pitch + k / 64],
             Dn2NzParams(1, units, rows, 0, pitch, units, 1, 0));
  }

  // --- L1 to L0
  // -----------------------------------------------------------------------------------------------

  // Waits for a packet on its first block only, and asks for the next one as soon as it is there.
  template <class Load>
  void open(Stream& stream, Load load) {
    using namespace AscendC;
    if (stream.loaded == stream.opened) load();
    WaitFlag<HardEvent::MTE2_MTE1>(event(stream, stream.opened % tiling_.l1_buffers));
    ++stream.opened;
    if (tiling_.l1_buffers > 1) load();
  }

  // A, or B that lies transposed, with the scales of MX types.
  void load_rows(const AscendC::LocalTensor<T>& to, std::uint32_t from, const Packet& packet,
                 std::uint32_t at, std::uint32_t k, AscendC::TPosition l1, const ScalePlace& scales) {
    using namespace AscendC;
    const LocalTensor<T> source(l1, from + at / kC0 * packet.pitch * 32, 0);
    if constexpr (kMx) {
      const uint32_t fractals = packet.pitch / 16;
      const uint32_t stripes = (k + kC0 - 1) / kC0;
      const LoadData2DParamsV2 p(0, 0, fractals, stripes, static_cast<int32_t>(fractals), fractals, false, 0);
      const LoadData2DMxParams mx(0, scales.unit, fractals, k / 64, scales.pitch, k / 64);
      LoadData(to, source, LocalTensor<fp8_e8m0_t>(l1, scales.address, 0), p, mx);
    } else {
      static_cast<void>(scales);
      load_stripes(to, source, packet.pitch, k);
    }
  }

  // B as it is multiplied, k x n.
  static void load_turned(const AscendC::LocalTensor<T>& to, std::uint32_t from, const Packet& packet,
                          std::uint32_t at, std::uint32_t k, std::uint32_t columns) {
    load_squares(to, AscendC::LocalTensor<T>(AscendC::TPosition::B1, from + at * 32, 0), packet.pitch, k,
                 columns);
  }

  // --- one Mmad
  // -----------------------------------------------------------------------------------------------

  void block() {
    using namespace AscendC;
    const MatmulTile& tile = blocks_.tile();
    if (tiling_.library.step_cycles > 0) scalar_unit().compute(tiling_.library.step_cycles);
    const auto half_of = static_cast<int32_t>(count_++ % tiling_.l0_buffers);
    const LocalTensor<T> a(TPosition::A2, l0a_ * static_cast<uint32_t>(half_of), 0);
    const LocalTensor<T> b(TPosition::B2, l0b_ * static_cast<uint32_t>(half_of), 0);
    // Whole fractals, so that a single row is no vector product.
    const auto rows = static_cast<uint32_t>(round_to(tile.m, 16));
    const auto columns = static_cast<uint32_t>(
        round_to(tile.n, operands_.b_transposed ? 16 : std::max<uint64_t>(16, operands_.c0())));
    open_packets();
    WaitFlag<HardEvent::M_MTE1>(half_of);
    load_block(a, b, columns);
    SetFlag<HardEvent::MTE1_M>(half_of);

    const bool last = blocks_.last();
    const auto result = static_cast<uint32_t>(tiles_ % tiling_.l0c_buffers);
    const uint32_t result_bytes = (tiling_.base_m * tiling_.base_n * 4 + 1023) / 1024 * 1024;
    const LocalTensor<Sum> c(TPosition::CO1, result * result_bytes, 0);
    if (blocks_.first() && !tiling_.unit_flag) WaitFlag<HardEvent::FIX_M>(static_cast<int32_t>(result));
    WaitFlag<HardEvent::MTE1_M>(half_of);
    multiply(c, a, b, MmadParams(rows, columns, blocks_.length(), unit(last), false, blocks_.first()));
    SetFlag<HardEvent::M_MTE1>(half_of);
    // Results of few fractals would be read again before they are written.
    if (!last && rows / 16 * (columns / 16) < 10) PipeBarrier<PIPE_M>();
    if (last) store(c, tile, result, rows);
  }

  // Number of the base block in its span.
  std::uint32_t place() const { return static_cast<std::uint32_t>(blocks_.from_span() / tiling_.base_k); }
  std::uint32_t current(const Stream& stream) const {
    return static_cast<std::uint32_t>((stream.opened - 1) % tiling_.l1_buffers);
  }

  void open_packets() {
    const uint32_t at = place();
    if (at % tiling_.step_kb == 0) open(b_, [this] { load_b(); });
    if (at % tiling_.step_ka == 0) open(a_, [this] { load_a(); });
    if constexpr (kMx) {
      if (at % tiling_.step_scales == 0) open(scales_, [this] { load_scales(); });
    }
  }

  // One base block, and the packets given back whose last block it is.
  void load_block(const AscendC::LocalTensor<T>& a, const AscendC::LocalTensor<T>& b, std::uint32_t columns) {
    using AscendC::TPosition;
    const uint32_t at = place();
    const uint32_t a_at = at % tiling_.step_ka * tiling_.base_k;
    const uint32_t b_at = at % tiling_.step_kb * tiling_.base_k;
    const uint32_t k = blocks_.length();
    const uint32_t a_buffer = current(a_);
    const uint32_t b_buffer = current(b_);
    ScalePlace a_scales;
    ScalePlace b_scales;
    if constexpr (kMx) {
      const uint32_t buffer = current(scales_);
      a_scales = {l1_.scales_of_a(buffer), at % tiling_.step_scales * tiling_.base_k / 64,
                  scales_.packets[buffer].pitch};
      b_scales = a_scales;
      b_scales.address = l1_.scales_of_b(buffer);
    }
    load_rows(a, l1_.a(a_buffer), a_.packets[a_buffer], a_at, k, TPosition::A1, a_scales);
    if (operands_.b_transposed) {
      load_rows(b, l1_.b(b_buffer), b_.packets[b_buffer], b_at, k, TPosition::B1, b_scales);
    } else {
      load_turned(b, l1_.b(b_buffer), b_.packets[b_buffer], b_at, k, columns);
    }
    give_back(a_, tiling_.step_ka, at);
    give_back(b_, tiling_.step_kb, at);
    if constexpr (kMx) give_back(scales_, tiling_.step_scales, at);
  }

  void give_back(const Stream& stream, std::uint32_t step, std::uint32_t at) {
    if ((at + 1) % step != 0 && !blocks_.ends_span()) return;
    AscendC::SetFlag<AscendC::HardEvent::MTE1_MTE2>(event(stream, current(stream)));
  }

  static void multiply(const AscendC::LocalTensor<Sum>& c, const AscendC::LocalTensor<T>& a,
                       const AscendC::LocalTensor<T>& b, const AscendC::MmadParams& params) {
    if constexpr (kMx)
      AscendC::MmadMx(c, a, b, params);
    else
      AscendC::Mmad(c, a, b, params);
  }

  std::uint32_t unit(bool last) const { return tiling_.unit_flag ? (last ? 3 : 2) : 0; }

  // --- L0C to GM
  // ----------------------------------------------------------------------------------------------

  void store(const AscendC::LocalTensor<Sum>& c, const MatmulTile& tile, std::uint32_t result,
             std::uint32_t rows) {
    using namespace AscendC;
    const auto id = static_cast<int32_t>(result);
    if (!tiling_.unit_flag) {
      SetFlag<HardEvent::M_FIX>(id);
      WaitFlag<HardEvent::M_FIX>(id);
    }
    const TileTarget target = sink_.target(tile);
    if constexpr (std::is_same_v<Sum, float>) {
      if (out_ == DataType::Fp32) fixpipe<float>(c, tile, rows, target, NoQuant);
      if (out_ == DataType::Fp16) fixpipe<half>(c, tile, rows, target, F322F16);
      if (out_ == DataType::Bf16) fixpipe<bfloat16_t>(c, tile, rows, target, F322BF16);
    } else {
      if (out_ == DataType::Int32) fixpipe<int32_t>(c, tile, rows, target, NoQuant);
      if (out_ == DataType::Fp16) fixpipe<half>(c, tile, rows, target, DEQF16);
    }
    sink_.written(tile);
    if (!tiling_.unit_flag) SetFlag<HardEvent::FIX_M>(id);
    ++tiles_;
  }

  template <class Out>
  void fixpipe(const AscendC::LocalTensor<Sum>& c, const MatmulTile& tile, std::uint32_t rows,
               const TileTarget& target, QuantMode_t mode) {
    using namespace AscendC;
    GlobalTensor<Out> to;
    to.SetGlobalBuffer(reinterpret_cast<Out*>(target.data));
    if (!arch_3510_)
      return Fixpipe<Out, Sum, CFG_ROW_MAJOR>(to, c,
                                              fixpipe_params<FixpipeParamsV220>(tile, rows, target, mode));
    auto params = fixpipe_params<FixpipeParamsArch3510<CO2Layout::ROW_MAJOR>>(tile, rows, target, mode);
    if (target.data != nullptr) return Fixpipe<Out, Sum, CFG_ROW_MAJOR>(to, c, params);
    if (target.vectors > 1) {  // an odd row would have no place in the second one
      params.mSize = static_cast<std::uint16_t>(round_to(tile.m, 2));
      params.dualDstCtl = 1;
    }
    Fixpipe<Out, Sum, CFG_ROW_MAJOR>(LocalTensor<Out>(TPosition::VECIN, target.unified_buffer, 0), c, params);
  }
  template <class Params>
  Params fixpipe_params(const MatmulTile& tile, std::uint32_t rows, const TileTarget& target,
                        QuantMode_t mode) const {
    auto params = rows_from_l0c<Params>(tile.m, tile.n, rows, target.pitch, mode, unit(true));
    params.deqScalar = __builtin_bit_cast(std::uint32_t, operands_.scale);
    return params;
  }

  const MatmulOperands& operands_;
  const MatmulTiling& tiling_;
  const L1Plan l1_;
  const DataType out_;
  TileSink& sink_;
  KWalk blocks_;
  Stream a_;
  Stream b_;
  Stream scales_;
  const bool arch_3510_;
  const std::uint32_t l0a_;  // bytes of one of its buffers
  const std::uint32_t l0b_;
  std::uint64_t count_ = 0;  // base blocks so far
  std::uint64_t tiles_ = 0;
};

}  // namespace podsim::kernel::ops

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/cube_params.h"
#include "podsim/kernel/data_copy.h"

// The matrix product: L0C = L0A * L0B, or added to what is there.
namespace podsim::kernel {

struct MmadCall {
  const char* call = "Mmad";
  std::uint64_t c = 0;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  DataType c_type = DataType::Fp32;
  DataType a_type = DataType::Fp16;
  DataType b_type = DataType::Fp16;
  bool has_bias = false;
  LocalPlace bias;
  bool microscaled = false;
};
void issue_mmad(const MmadCall& call, const AscendC::MmadParams& params);

template <class C, class A, class B>
MmadCall mmad_call(const char* name, const AscendC::LocalTensor<C>& c, const AscendC::LocalTensor<A>& a,
                   const AscendC::LocalTensor<B>& b) {
  static_assert(std::is_same_v<C, float> || std::is_same_v<C, std::int32_t>,
                "Mmad accumulates in float or int32_t");
  if (c.memory() != Memory::L0c)
    refuse(name, std::string("the result is in the ") + memory_name(c.memory()) + ", expected L0C");
  if (a.memory() != Memory::L0a)
    refuse(name, std::string("the left matrix is in the ") + memory_name(a.memory()) + ", expected L0A");
  if (b.memory() != Memory::L0b)
    refuse(name, std::string("the right matrix is in the ") + memory_name(b.memory()) + ", expected L0B");
  return {name, c.GetPhyAddr(), a.GetPhyAddr(), b.GetPhyAddr(), kTypeOf<C>, kTypeOf<A>, kTypeOf<B>, false,
          {},   false};
}

}  // namespace podsim::kernel

namespace AscendC {

template <class T, class U, class S>
void Mmad(const LocalTensor<T>& dst, const LocalTensor<U>& fm, const LocalTensor<S>& filter,
          const MmadParams& mmadParams) {
  if (!podsim::kernel::runs_on("Mmad", podsim::kernel::CoreKind::Aic)) return;
  podsim::kernel::MmadCall call = podsim::kernel::mmad_call("Mmad", dst, fm, filter);
  if (mmadParams.cmatrixSource && !mmadParams.cmatrixInitVal) {  // from the start of the bias table
    call.has_bias = true;
    call.bias = {podsim::kernel::Memory::BiasTable, 0};
  }
  podsim::kernel::issue_mmad(call, mmadParams);
}
// The result starts from a bias per column.
template <class T, class U, class S, class V>
void Mmad(const LocalTensor<T>& dst, const LocalTensor<U>& fm, const LocalTensor<S>& filter,
          const LocalTensor<V>& bias, const MmadParams& mmadParams) {
  static_assert(std::is_same_v<T, V>, "Mmad: the bias has the type of the result");
  if (!podsim::kernel::runs_on("Mmad", podsim::kernel::CoreKind::Aic)) return;
  podsim::kernel::MmadCall call = podsim::kernel::mmad_call("Mmad", dst, fm, filter);
  call.has_bias = true;
  call.bias = podsim::kernel::place_of(bias);
  podsim::kernel::issue_mmad(call, mmadParams);
}
// 8- and 4-bit floats with a scale for every 32 values of k.
template <class T, class U, class S>
void MmadMx(const LocalTensor<T>& dst, const LocalTensor<U>& fm, const LocalTensor<S>& filter,
            const MmadParams& mmadParams) {
  if (!podsim::kernel::runs_on("MmadMx", podsim::kernel::CoreKind::Aic)) return;
  podsim::kernel::require_arch("MmadMx", 3510);
  podsim::kernel::MmadCall call = podsim::kernel::mmad_call("MmadMx", dst, fm, filter);
  call.microscaled = true;
  podsim::kernel::issue_mmad(call, mmadParams);
}

inline void SetHF32Mode(bool hf32Mode) {
  podsim::kernel::scalar_unit().registers().hf32 = hf32Mode;
}
inline void SetHF32Mode(HF32Mode hf32Mode) {
  SetHF32Mode(hf32Mode == HF32Mode::ENABLE);
}
// How operands are rounded to HF32; podsim rounds to nearest either way.
inline void SetHF32TransMode(bool /*hf32TransMode*/) {}
inline void SetHF32TransMode(HF32TransMode /*hf32TransMode*/) {}
// The order in which fractals of the result are computed; no effect on values.
inline void SetMMRowMajor() {}
inline void SetMMColumnMajor() {}
inline void SetMMLayoutTransform(bool /*mmLayoutMode*/) {}

}  // namespace AscendC

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "podsim/kernel/numbers.h"
#include "podsim/kernel/scalar_unit.h"

// The keywords of device code as a host compiler needs them.

// The architecture a kernel is compiled for; the launcher gives that of the chip.
#ifndef __NPU_ARCH__
#define __NPU_ARCH__ 2201
#endif
#ifndef __CCE_AICORE__
#if __NPU_ARCH__ == 3510
#define __CCE_AICORE__ 310
#else
#define __CCE_AICORE__ 220
#endif
#endif

#define __aicore__
#ifndef PODSIM_READ_QUALIFIERS  // the launcher reads them from preprocessed text
#define __global__
#define __vector__
#define __cube__
#define __mix__(cube_cores, vector_cores)
#endif
#define __schedmode__(mode)
#ifndef __host__
#define __host__
#endif
#ifndef __force_inline__
#define __force_inline__ inline
#endif

#define __gm__
#define __ubuf__
#define __cbuf__
#define __ca__
#define __cb__
#define __cc__
#define __fbuf__
#define __local_mem__
#define __ssbuf__
#define GM_ADDR __gm__ std::uint8_t*

#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#ifndef unlikely
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

// Used as `if ASCEND_IS_AIV { ... }`. Where the build says which kind of core it is for, as the device's
// does, they are constants and `if constexpr` may test g_coreType; otherwise one compilation serves both
// kinds.
#if defined(__DAV_CUBE__) || defined(__DAV_C220_CUBE__)
#define PODSIM_CORE_KIND ::podsim::kernel::CoreKind::Aic
#elif defined(__DAV_VEC__) || defined(__DAV_C220_VEC__)
#define PODSIM_CORE_KIND ::podsim::kernel::CoreKind::Aiv
#else
#define PODSIM_CORE_KIND ::podsim::kernel::scalar_unit().placement().kind
#endif
#define ASCEND_IS_AIV (PODSIM_CORE_KIND == ::podsim::kernel::CoreKind::Aiv)
#define ASCEND_IS_AIC (PODSIM_CORE_KIND == ::podsim::kernel::CoreKind::Aic)
#define ASCEND_IS_NOT_AIV (!ASCEND_IS_AIV)
#define ASCEND_IS_NOT_AIC (!ASCEND_IS_AIC)

enum pipe_t {
  PIPE_S = 0,
  PIPE_V,
  PIPE_M,
  PIPE_MTE1,
  PIPE_MTE2,
  PIPE_MTE3,
  PIPE_ALL,
  PIPE_FIX = 10,
};

enum event_t { EVENT_ID0 = 0, EVENT_ID1, EVENT_ID2, EVENT_ID3, EVENT_ID4, EVENT_ID5, EVENT_ID6, EVENT_ID7 };

namespace AscendC {

using TEventID = std::int8_t;

// `g_coreType == AscendC::AIC`.
enum KernelCoreKind { AIC = 1, AIV = 2 };
#if defined(__DAV_CUBE__) || defined(__DAV_C220_CUBE__)
inline constexpr KernelCoreKind g_coreType = AIC;
#elif defined(__DAV_VEC__) || defined(__DAV_C220_VEC__)
inline constexpr KernelCoreKind g_coreType = AIV;
#else
struct RunningCore {
  operator KernelCoreKind() const {
    return ASCEND_IS_AIC ? AIC : AIV;
  }  // NOLINT: compared like the enumerator
};
inline constexpr RunningCore g_coreType{};
#endif

}  // namespace AscendC
using AscendC::g_coreType;  // both spellings are in use

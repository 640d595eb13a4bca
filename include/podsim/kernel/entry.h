// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "podsim/kernel/enums.h"
#include "podsim/kernel/global_tensor.h"

// Kernel entry, tiling data, where a core stands.
namespace podsim::kernel {

// A kernel function found in a source file.
struct KernelEntry {
  std::string name;
  std::vector<std::string> parameters;  // as written: "GM_ADDR x"
  AscendC::KernelMetaType type = AscendC::KERNEL_TYPE_AIV_ONLY;
  bool type_given = false;  // by KERNEL_TASK_TYPE_DEFAULT or a qualifier
};
// The __global__ functions of a source text, without those that macros make. Their core type is that of
// __vector__, __cube__, __mix__(c, v) or KERNEL_TASK_TYPE_DEFAULT(...) inside the body; vector cores only
// otherwise. Throws ConfigError for an unknown type.
std::vector<KernelEntry> find_kernels(std::string_view source);

// The text with every launch `name<<<blocks, .., stream>>>(args)`, which is not C++, turned into a call of
// the function; lines stay where they are. Absent: there is none.
std::optional<std::string> without_launches(std::string_view source);

// Copies tiling data with the scalar unit.
void copy_tiling(void* to, const void* from, std::uint64_t bytes);

}  // namespace podsim::kernel

namespace AscendC {

inline int64_t GetBlockNum() {
  return podsim::kernel::scalar_unit().placement().blocks;
}
inline int64_t GetBlockIdx() {
  const podsim::kernel::Placement& here = podsim::kernel::scalar_unit().placement();
  if (!here.mixed || here.kind == podsim::kernel::CoreKind::Aic) return here.block;
  return here.block * here.task_ratio + here.sub_block;
}
inline int64_t GetSubBlockIdx() {
  return podsim::kernel::scalar_unit().placement().sub_block;
}
inline int64_t GetSubBlockNum() {
  return podsim::kernel::scalar_unit().placement().sub_blocks;
}
inline int64_t GetTaskRatio() {
  return podsim::kernel::scalar_unit().placement().task_ratio;
}
inline int64_t GetTaskRation() {
  return GetTaskRatio();
}

// --- workspaces
// -----------------------------------------------------------------------------------------------

inline __gm__ uint8_t* GetSysWorkSpacePtr() {
  podsim::kernel::ScalarUnit& unit = podsim::kernel::scalar_unit();
  return reinterpret_cast<uint8_t*>(unit.device_memory() + unit.placement().system_workspace);
}
// The launch places the system workspace; what the kernel passes is the user's.
inline void SetSysWorkspace(GM_ADDR /*workspace*/) {}
inline void SetSysWorkspaceForce(GM_ADDR /*workspace*/) {}
inline __gm__ uint8_t* GetUserWorkspace(GM_ADDR workspace) {
  return workspace;
}

}  // namespace AscendC

// The type of cores is read from the source text by the launcher; here the name is only checked.
#ifndef PODSIM_READ_QUALIFIERS
#define KERNEL_TASK_TYPE_DEFAULT(value) static_cast<void>(::AscendC::value)
#define KERNEL_TASK_TYPE(key, value) static_cast<void>(::AscendC::value)
#endif

#define TILING_KEY_IS(key) \
  (::podsim::kernel::scalar_unit().placement().tiling_key == static_cast<std::uint64_t>(key))
#define REGISTER_TILING_DEFAULT(tilingStruct) using PodsimDefaultTiling [[maybe_unused]] = tilingStruct
#define REGISTER_TILING_FOR_TILINGKEY(expression, tilingStruct) static_assert(sizeof(tilingStruct) > 0, "")
#define GET_TILING_DATA(name, tilingArg) GET_TILING_DATA_WITH_STRUCT(PodsimDefaultTiling, name, tilingArg)
#define GET_TILING_DATA_WITH_STRUCT(tilingStruct, name, tilingArg) \
  tilingStruct name;                                               \
  ::podsim::kernel::copy_tiling(&name, (tilingArg), sizeof(tilingStruct))
#define GET_TILING_DATA_MEMBER(tilingStruct, member, name, tilingArg) \
  decltype(tilingStruct::member) name;                                \
  ::podsim::kernel::copy_tiling(&name, (tilingArg) + offsetof(tilingStruct, member), sizeof(name))
#define GET_TILING_DATA_PTR_WITH_STRUCT(tilingStruct, name, tilingArg) \
  __gm__ tilingStruct* name = reinterpret_cast<__gm__ tilingStruct*>(tilingArg)
#define COPY_TILING_WITH_STRUCT(tilingStruct, source, destination) \
  ::podsim::kernel::copy_tiling((destination), (source), sizeof(tilingStruct))
#define COPY_TILING_WITH_ARRAY(type, count, source, destination) \
  ::podsim::kernel::copy_tiling((destination), (source), sizeof(type) * (count))

#define BEGIN_TILING_DATA_DEF(name) struct name {
#define TILING_DATA_FIELD_DEF(type, field) type field = {};
#define TILING_DATA_FIELD_DEF_ARR(type, size, field) type field[size] = {};
#define TILING_DATA_FIELD_DEF_STRUCT(type, field) type field = {};
#define END_TILING_DATA_DEF }

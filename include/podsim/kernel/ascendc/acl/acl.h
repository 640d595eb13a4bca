// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "podsim/kernel/call.h"

// The host's calls, so that a file with host code beside its kernels compiles. podsim runs the kernels only:
// `podsim kernel run --arg ..` or a launch on npu::Die takes the host's place, and these say so when called.
using aclError = int;
using aclrtStream = void*;
using aclrtContext = void*;
constexpr aclError ACL_SUCCESS = 0;
constexpr aclError ACL_ERROR_NONE = 0;
enum aclrtMemMallocPolicy {
  ACL_MEM_MALLOC_HUGE_FIRST,
  ACL_MEM_MALLOC_HUGE_ONLY,
  ACL_MEM_MALLOC_NORMAL_ONLY,
};
enum aclrtMemcpyKind {
  ACL_MEMCPY_HOST_TO_HOST,
  ACL_MEMCPY_HOST_TO_DEVICE,
  ACL_MEMCPY_DEVICE_TO_HOST,
  ACL_MEMCPY_DEVICE_TO_DEVICE,
};

#define PODSIM_HOST_CALL(name, ...)                                                                     \
  inline aclError name(__VA_ARGS__) {                                                                   \
    podsim::kernel::refuse(#name,                                                                       \
                           "podsim runs kernels, not host code; --arg of podsim kernel run gives what " \
                           "the host would");                                                           \
  }
PODSIM_HOST_CALL(aclInit, const char* /*config*/)
PODSIM_HOST_CALL(aclFinalize, )
PODSIM_HOST_CALL(aclrtSetDevice, std::int32_t /*device*/)
PODSIM_HOST_CALL(aclrtResetDevice, std::int32_t /*device*/)
PODSIM_HOST_CALL(aclrtCreateContext, aclrtContext* /*context*/, std::int32_t /*device*/)
PODSIM_HOST_CALL(aclrtDestroyContext, aclrtContext /*context*/)
PODSIM_HOST_CALL(aclrtCreateStream, aclrtStream* /*stream*/)
PODSIM_HOST_CALL(aclrtDestroyStream, aclrtStream /*stream*/)
PODSIM_HOST_CALL(aclrtSynchronizeStream, aclrtStream /*stream*/)
PODSIM_HOST_CALL(aclrtMalloc, void** /*pointer*/, std::size_t /*bytes*/, aclrtMemMallocPolicy /*policy*/)
PODSIM_HOST_CALL(aclrtFree, void* /*pointer*/)
PODSIM_HOST_CALL(aclrtMallocHost, void** /*pointer*/, std::size_t /*bytes*/)
PODSIM_HOST_CALL(aclrtFreeHost, void* /*pointer*/)
PODSIM_HOST_CALL(aclrtMemcpy, void* /*to*/, std::size_t /*room*/, const void* /*from*/, std::size_t /*bytes*/,
                 aclrtMemcpyKind /*kind*/)
PODSIM_HOST_CALL(aclrtMemset, void* /*to*/, std::size_t /*room*/, std::int32_t /*value*/,
                 std::size_t /*bytes*/)
#undef PODSIM_HOST_CALL

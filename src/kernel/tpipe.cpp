// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/kernel/tpipe.h"

#include <fmt/format.h>

#include <exception>

namespace AscendC {
namespace {

using podsim::kernel::kBlockBytes;
using podsim::kernel::Memory;
using podsim::kernel::QueueBuffer;

constexpr std::size_t kMostBuffers = 64;
// On 2201 a cube core's pipe keeps these flags of M_MTE1 for itself.
constexpr int kHeldFlags = 3;

}  // namespace

std::uint32_t BufferPool::take(const char* call, std::uint64_t bytes) {
  const std::uint64_t room = end_ - next_;
  if (bytes > room) {
    podsim::kernel::refuse(call, fmt::format("{} bytes wanted, {} of {} left in the {}", bytes, room,
                                             end_ - start_, podsim::kernel::memory_name(memory_)));
  }
  const std::uint32_t at = next_;
  next_ += static_cast<std::uint32_t>(bytes);
  return at;
}

TPipe::TPipe() {
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  registers = podsim::kernel::CoreRegisters{};
  registers.pipe = this;
  Init();
}

TPipe::~TPipe() noexcept(false) {
  // A kernel that ends by an error issues nothing more.
  if (std::uncaught_exceptions() == 0) Destroy();
}

void TPipe::Init() {
  const podsim::kernel::ScalarUnit& unit = podsim::kernel::scalar_unit();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    pools_[i] = BufferPool(static_cast<Memory>(i), 0,
                           static_cast<std::uint32_t>(i == 0 ? 0 : unit.chip().capacity[i]));
  }
  ids_.reset();
  live_ = 0;
  destroyed_ = false;
  held_m_mte1_ = unit.placement().kind == podsim::kernel::CoreKind::Aic && unit.chip().architecture == 2201;
  for (int id = 0; held_m_mte1_ && id < kHeldFlags; ++id)
    SetFlag<HardEvent::M_MTE1>(ids_.take(HardEvent::M_MTE1));
}

void TPipe::wait_pending() {
  for (QueueBuffer& buffer : buffers_) podsim::kernel::wait_free_flag(buffer, ids_);
  for (int id = 0; held_m_mte1_ && id < kHeldFlags; ++id) WaitFlag<HardEvent::M_MTE1>(id);
  held_m_mte1_ = false;
}

void TPipe::Reset() {
  wait_pending();
  Init();
}

void TPipe::Destroy() {
  if (destroyed_) return;
  destroyed_ = true;
  wait_pending();
  podsim::kernel::issue_full_barrier("~TPipe");
  podsim::kernel::CoreRegisters& registers = podsim::kernel::scalar_unit().registers();
  if (registers.pipe == this) registers.pipe = nullptr;
}

QueueBuffer& TPipe::add_buffer(TPosition position, BufferPool& pool, std::uint32_t len) {
  if (++live_ > kMostBuffers) {
    podsim::kernel::refuse("InitBuffer",
                           fmt::format("buffer {} of the kernel, expected at most {}", live_, kMostBuffers));
  }
  const std::uint64_t bytes = podsim::kernel::round_up(len, kBlockBytes);
  QueueBuffer& buffer = buffers_.emplace_back();
  buffer.address = pool.take("InitBuffer", bytes);
  buffer.bytes = static_cast<std::uint32_t>(bytes);
  buffer.position = position;
  return buffer;
}

}  // namespace AscendC

AscendC::TPipe* GetTPipePtr() {
  AscendC::TPipe* const pipe = podsim::kernel::scalar_unit().registers().pipe;
  if (pipe == nullptr) podsim::kernel::refuse("GetTPipePtr", "the kernel has no TPipe");
  return pipe;
}

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "podsim/kernel/buffer_queue.h"
#include "podsim/kernel/local_tensor.h"
#include "podsim/kernel/sync.h"

namespace AscendC {

template <TPosition src, TPosition dst, std::int32_t depth, auto mask>
class TQueBind;
template <TPosition pos>
class TBuf;
class TPipe;

// A part of one memory that buffers are carved from, upwards.
class BufferPool {
 public:
  BufferPool() = default;
  BufferPool(podsim::kernel::Memory memory, std::uint32_t start, std::uint32_t end)
      : memory_(memory), start_(start), end_(end), next_(start) {}

  std::uint32_t take(const char* call, std::uint64_t bytes);
  void reset() { next_ = start_; }
  podsim::kernel::Memory memory() const { return memory_; }
  std::uint32_t start() const { return start_; }
  std::uint32_t end() const { return end_; }

 private:
  podsim::kernel::Memory memory_ = podsim::kernel::Memory::UnifiedBuffer;
  std::uint32_t start_ = 0;
  std::uint32_t end_ = 0;
  std::uint32_t next_ = 0;
};

// Sub-pool of a pipe's memory.
template <TPosition pos, std::uint32_t bufIDSize = 4>
class TBufPool {
 public:
  template <TPosition src, TPosition dst, std::int32_t depth, auto mask>
  bool InitBuffer(TQueBind<src, dst, depth, mask>& que, std::uint8_t num, std::uint32_t len);
  template <TPosition bufPos>
  bool InitBuffer(TBuf<bufPos>& buf, std::uint32_t len);
  template <class Pool>
  bool InitBufPool(Pool& pool, std::uint32_t len) {
    const std::uint32_t at = pool_.take("InitBufPool", len);
    pool.attach(*pipe_, BufferPool(pool_.memory(), at, at + len));
    return true;
  }
  template <class Pool, class Other>
  bool InitBufPool(Pool& pool, std::uint32_t len, Other& shared) {
    const std::uint32_t at = shared.pool().start();
    pool.attach(*pipe_, BufferPool(pool_.memory(), at, at + len));
    return true;
  }
  void Reset() { pool_.reset(); }

  void attach(TPipe& pipe, const BufferPool& pool) {
    pipe_ = &pipe;
    pool_ = pool;
  }
  const BufferPool& pool() const { return pool_; }

 private:
  TPipe* pipe_ = nullptr;
  BufferPool pool_;
};

// Memory and event ids of one kernel on one core.
class TPipe {
 public:
  TPipe();
  ~TPipe() noexcept(false);
  TPipe(const TPipe&) = delete;
  TPipe& operator=(const TPipe&) = delete;

  // `num` buffers of `len` bytes each, len rounded up to 32 B.
  template <TPosition src, TPosition dst, std::int32_t depth, auto mask>
  bool InitBuffer(TQueBind<src, dst, depth, mask>& que, std::uint8_t num, std::uint32_t len) {
    return init_queue(que, pool_of(podsim::kernel::memory_of(que.kBufferPosition)), num, len);
  }
  template <TPosition pos>
  bool InitBuffer(TBuf<pos>& buf, std::uint32_t len) {
    buf.attach(add_buffer(pos, pool_of(podsim::kernel::memory_of(pos)), len));
    return true;
  }
  template <class Pool>
  bool InitBufPool(Pool& pool, std::uint32_t len);
  template <class Pool, class Other>
  bool InitBufPool(Pool& pool, std::uint32_t len, Other& shared);

  template <HardEvent event>
  TEventID AllocEventID() {
    return ids_.take(event);
  }
  template <HardEvent event>
  void ReleaseEventID(TEventID id) {
    ids_.give_back(event, id);
  }
  TEventID FetchEventID(HardEvent event) { return ids_.look(event); }
  template <HardEvent event>
  TEventID FetchEventID() {
    return ids_.look(event);
  }

  void Init();
  void Reset();
  void Destroy();

  // For queues and sub-pools.
  template <class Queue>
  bool init_queue(Queue& que, BufferPool& pool, std::uint8_t num, std::uint32_t len) {
    std::vector<podsim::kernel::QueueBuffer*> buffers;
    for (std::uint8_t i = 0; i < num; ++i) buffers.push_back(&add_buffer(que.kBufferPosition, pool, len));
    que.attach(ids_, std::move(buffers));
    return true;
  }
  podsim::kernel::QueueBuffer& add_buffer(TPosition position, BufferPool& pool, std::uint32_t len);
  BufferPool& pool_of(podsim::kernel::Memory memory) { return pools_[static_cast<std::size_t>(memory)]; }

 private:
  void wait_pending();

  std::array<BufferPool, podsim::kernel::kMemoryCount> pools_;
  std::deque<podsim::kernel::QueueBuffer> buffers_;  // addresses stay, tensors point at them
  std::size_t live_ = 0;                             // buffers since the last Reset
  podsim::kernel::EventIds ids_;
  bool held_m_mte1_ = false;
  bool destroyed_ = false;
};

template <TPosition pos, std::uint32_t bufIDSize>
template <TPosition src, TPosition dst, std::int32_t depth, auto mask>
bool TBufPool<pos, bufIDSize>::InitBuffer(TQueBind<src, dst, depth, mask>& que, std::uint8_t num,
                                          std::uint32_t len) {
  return pipe_->init_queue(que, pool_, num, len);
}
template <TPosition pos, std::uint32_t bufIDSize>
template <TPosition bufPos>
bool TBufPool<pos, bufIDSize>::InitBuffer(TBuf<bufPos>& buf, std::uint32_t len) {
  buf.attach(pipe_->add_buffer(bufPos, pool_, len));
  return true;
}

namespace pool_position {
template <TPosition pos, std::uint32_t n>
constexpr TPosition of(const TBufPool<pos, n>* /*pool*/) {
  return pos;
}
}  // namespace pool_position

template <class Pool>
bool TPipe::InitBufPool(Pool& pool, std::uint32_t len) {
  BufferPool& all = pool_of(podsim::kernel::memory_of(pool_position::of(static_cast<const Pool*>(nullptr))));
  const std::uint32_t at = all.take("InitBufPool", len);
  pool.attach(*this, BufferPool(all.memory(), at, at + len));
  return true;
}
template <class Pool, class Other>
bool TPipe::InitBufPool(Pool& pool, std::uint32_t len, Other& shared) {
  const std::uint32_t at = shared.pool().start();
  pool.attach(*this, BufferPool(shared.pool().memory(), at, at + len));
  return true;
}

}  // namespace AscendC

// The pipe object of the running core: the last one constructed.
AscendC::TPipe* GetTPipePtr();
namespace AscendC {
using ::GetTPipePtr;
}

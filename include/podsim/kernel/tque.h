// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "podsim/kernel/buffer_queue.h"
#include "podsim/kernel/tpipe.h"

namespace podsim::kernel {

// Between which memories a queue named by one position stands.
constexpr AscendC::TPosition queue_source(AscendC::TPosition position) {
  using AscendC::TPosition;
  switch (position) {
    case TPosition::A2:
      return TPosition::A1;
    case TPosition::B2:
      return TPosition::B1;
    case TPosition::C2:
    case TPosition::C2PIPE2GM:
      return TPosition::C1;
    case TPosition::VECIN:
    case TPosition::A1:
    case TPosition::B1:
    case TPosition::C1:
    case TPosition::TSCM:
      return TPosition::GM;
    default:
      return position;
  }
}
constexpr AscendC::TPosition queue_destination(AscendC::TPosition position) {
  using AscendC::TPosition;
  if (position == TPosition::VECOUT || position == TPosition::CO2) return TPosition::GM;
  return position == TPosition::CO1 ? TPosition::CO2 : position;
}
// Whose memory holds the buffers.
constexpr AscendC::TPosition buffer_position(AscendC::TPosition source, AscendC::TPosition destination) {
  if (memory_of(source) == Memory::Gm) return destination;
  if (memory_of(destination) == Memory::Gm || source == AscendC::TPosition::CO1) return source;
  return memory_of(source) == memory_of(destination) ? source : destination;
}

template <class T>
AscendC::LocalTensor<T> tensor_on(QueueBuffer& buffer) {
  return AscendC::LocalTensor<T>(
      AscendC::TBuffAddr{buffer.bytes, buffer.address, &buffer, static_cast<std::uint8_t>(buffer.position)});
}

}  // namespace podsim::kernel

namespace AscendC {

// Buffers handed from the pipe that fills them to the pipe that uses them, and back. EnQue and FreeTensor set
// flags, DeQue and AllocTensor wait for them.
template <TPosition src, TPosition dst, std::int32_t depth, auto mask = 0>
class TQueBind {
  static constexpr auto kEvents =
      podsim::kernel::queue_events(podsim::kernel::memory_of(src), podsim::kernel::memory_of(dst));

 public:
  static constexpr TPosition kBufferPosition = podsim::kernel::buffer_position(src, dst);
  static constexpr TPosition srcPosition = src;
  static constexpr TPosition dstPosition = dst;

  template <class T>
  LocalTensor<T> AllocTensor() {
    return podsim::kernel::tensor_on<T>(queue_.allocate());
  }
  template <class T>
  void AllocTensor(LocalTensor<T>& tensor) {
    tensor = AllocTensor<T>();
  }

  template <class T>
  bool EnQue(const LocalTensor<T>& tensor) {
    queue_.enqueue(tensor.address_.bufferHandle, kEvents.filled);
    return true;
  }
  template <TPosition srcUserPos, TPosition dstUserPos, class T>
  bool EnQue(const LocalTensor<T>& tensor) {
    queue_.enqueue(tensor.address_.bufferHandle, role<srcUserPos, dstUserPos>().filled);
    return true;
  }
  bool EnQue(TBufHandle buffer) {
    queue_.enqueue(buffer, kEvents.filled);
    return true;
  }

  template <class T>
  LocalTensor<T> DeQue() {
    return podsim::kernel::tensor_on<T>(queue_.dequeue());
  }
  template <class T>
  void DeQue(LocalTensor<T>& tensor) {
    tensor = DeQue<T>();
  }
  template <TPosition srcUserPos, TPosition dstUserPos, class T>
  LocalTensor<T> DeQue() {
    return DeQue<T>();
  }

  template <class T>
  void FreeTensor(const LocalTensor<T>& tensor) {
    queue_.release(tensor.address_.bufferHandle, kEvents.freed);
  }
  void FreeBuffer(TBufHandle buffer) { queue_.release(buffer, kEvents.freed); }
  void FreeAllEvent() { queue_.wait_all(); }

  bool HasTensorInQue() const { return queue_.queued() > 0; }
  bool VacantInQue() const { return queue_.queued() < (depth == 0 ? 1U : static_cast<std::uint32_t>(depth)); }
  std::int32_t GetTensorCountInQue() const { return static_cast<std::int32_t>(queue_.queued()); }
  bool HasIdleBuffer() const { return queue_.has_idle_buffer(); }

  void attach(podsim::kernel::EventIds& ids, std::vector<podsim::kernel::QueueBuffer*> buffers) {
    queue_.init("InitBuffer", static_cast<std::uint32_t>(depth), ids, std::move(buffers), kEvents);
  }

 private:
  template <TPosition from, TPosition to>
  static constexpr podsim::kernel::QueueEvents role() {
    return podsim::kernel::queue_events(podsim::kernel::memory_of(from), podsim::kernel::memory_of(to));
  }

  podsim::kernel::BufferQueue queue_;
};

template <TPosition pos, std::int32_t depth, auto mask = 0>
class TQue : public TQueBind<podsim::kernel::queue_source(pos), podsim::kernel::queue_destination(pos), depth,
                             mask> {};

template <TPosition pos, std::int32_t depth = 1, auto mask = 0>
using TSCM = TQueBind<pos, TPosition::TSCM, depth, mask>;

// One buffer without synchronisation. Its memory belongs to the pipe, tensors outlive the object.
template <TPosition pos = TPosition::LCM>
class TBuf {
 public:
  template <class T>
  LocalTensor<T> Get() {
    return whole<T>("TBuf::Get");
  }
  template <class T>
  LocalTensor<T> Get(std::uint32_t len) {
    return GetWithOffset<T>(len, 0);
  }
  template <class T>
  LocalTensor<T> GetWithOffset(std::uint32_t size, std::uint32_t bufOffset) {
    LocalTensor<T> tensor = whole<T>("TBuf::GetWithOffset");
    const std::uint64_t bytes = podsim::kernel::bytes_of<T>(size);
    if (bytes + bufOffset > tensor.GetLength()) {
      podsim::kernel::refuse("TBuf::Get", "bytes " + std::to_string(bufOffset) + " to " +
                                              std::to_string(bytes + bufOffset) + " wanted of a buffer of " +
                                              std::to_string(tensor.GetLength()));
    }
    tensor.address_.bufferAddr += bufOffset;
    tensor.address_.dataLen = static_cast<std::uint32_t>(bytes);
    return tensor;
  }
  std::uint32_t GetBufLen() const { return buffer_ == nullptr ? 0 : buffer_->bytes; }

  template <class T>
  LocalTensor<T> AllocTensor() {
    return Get<T>();
  }
  template <class T>
  void FreeTensor(const LocalTensor<T>& /*tensor*/) {}
  template <class T>
  bool EnQue(const LocalTensor<T>& /*tensor*/) {
    return true;
  }
  template <class T>
  LocalTensor<T> DeQue() {
    return Get<T>();
  }

  void attach(podsim::kernel::QueueBuffer& buffer) { buffer_ = &buffer; }

 private:
  template <class T>
  LocalTensor<T> whole(const char* call) const {
    if (buffer_ == nullptr) podsim::kernel::refuse(call, "the buffer has no memory, InitBuffer comes first");
    return podsim::kernel::tensor_on<T>(*buffer_);
  }

  podsim::kernel::QueueBuffer* buffer_ = nullptr;
};

// The rest of the unified buffer that no queue has taken.
template <class T, TPosition pos>
bool PopStackBuffer(LocalTensor<T>& tensor) {
  BufferPool rest = GetTPipePtr()->pool_of(podsim::kernel::memory_of(pos));
  const std::uint32_t at = rest.take("PopStackBuffer", 0);
  tensor = LocalTensor<T>(TBuffAddr{rest.end() - at, at, nullptr, static_cast<std::uint8_t>(pos)});
  return true;
}

}  // namespace AscendC

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string>

#include "podsim/base/error.h"
#include "podsim/kernel/ascendc.h"
#include "podsim/kernel/op.h"

// A small operator for the tests of the command: y = x + 1 over floats, a tile at a time, each block its
// part.
namespace podsim::app::test {

class AddOne : public kernel::OpRun {
 public:
  AddOne(const kernel::DieTraits& die, const kernel::OpRequest& request, kernel::DeviceMemory& memory)
      : count_(request.shape.at("n")),
        tile_(2048),
        blocks_(request.cores == 0 ? die.vector_cores : request.cores) {
    if (request.options.count("tile") != 0) tile_ = std::stoll(request.options.at("tile"));
    spoil_ = request.options.count("spoil") != 0;
    if (count_ % (tile_ * blocks_) != 0)
      throw ConfigError(fmt::format("add_one: n = {} is no multiple of {} tiles", count_, blocks_));
    x_ = memory.allocate(static_cast<std::uint64_t>(count_) * sizeof(float));
    y_ = memory.allocate(static_cast<std::uint64_t>(count_) * sizeof(float));
  }

  kernel::OpMix mix() const override { return kernel::OpMix::Vector; }
  std::int64_t blocks() const override { return blocks_; }
  void kernel() override {
    using namespace AscendC;
    TPipe pipe;
    TQue<TPosition::VECIN, 2> in;
    TQue<TPosition::VECOUT, 2> out;
    const auto length = static_cast<std::uint32_t>(tile_);
    pipe.InitBuffer(in, 2, length * static_cast<std::uint32_t>(sizeof(float)));
    pipe.InitBuffer(out, 2, length * static_cast<std::uint32_t>(sizeof(float)));
    GlobalTensor<float> x;
    GlobalTensor<float> y;
    x.SetGlobalBuffer(reinterpret_cast<float*>(x_), static_cast<std::uint64_t>(count_));
    y.SetGlobalBuffer(reinterpret_cast<float*>(y_), static_cast<std::uint64_t>(count_));
    const std::int64_t part = count_ / blocks_;
    for (std::int64_t at = GetBlockIdx() * part; at < (GetBlockIdx() + 1) * part; at += tile_) {
      LocalTensor<float> a = in.AllocTensor<float>();
      DataCopy(a, x[static_cast<std::uint64_t>(at)], length);
      in.EnQue(a);
      a = in.DeQue<float>();
      LocalTensor<float> b = out.AllocTensor<float>();
      Adds(b, a, spoil_ ? 2.0F : 1.0F, static_cast<std::int32_t>(length));
      out.EnQue(b);
      in.FreeTensor(a);
      b = out.DeQue<float>();
      DataCopy(y[static_cast<std::uint64_t>(at)], b, length);
      out.FreeTensor(b);
    }
  }
  void fill() override {
    for (std::int64_t i = 0; i < count_; ++i) {
      const auto value = static_cast<float>(i % 1024);
      std::memcpy(x_ + i * 4, &value, sizeof value);
    }
  }
  std::string check() const override {
    for (std::int64_t i = 0; i < count_; ++i) {
      float is = 0;
      std::memcpy(&is, y_ + i * 4, sizeof is);
      if (is != static_cast<float>(i % 1024 + 1)) return fmt::format("element {} is {}", i, is);
    }
    return "";
  }
  double flops() const override { return static_cast<double>(count_); }
  double compulsory_bytes() const override { return 8.0 * static_cast<double>(count_); }
  std::map<std::string, std::string> tiling() const override { return {{"tile", std::to_string(tile_)}}; }

 private:
  std::int64_t count_;
  std::int64_t tile_;
  std::int64_t blocks_;
  bool spoil_ = false;
  std::byte* x_ = nullptr;
  std::byte* y_ = nullptr;
};

inline kernel::Op add_one() {
  kernel::Op op;
  op.name = "add_one";
  op.summary = "y = x + 1";
  op.shape = {{"n", "elements", ""}};
  op.dtypes = {"fp32"};
  op.options = {{"tile", "elements of a copy", "2048"}, {"spoil", "add the wrong number", "no"}};
  op.prepare = [](const kernel::DieTraits& die, const kernel::OpRequest& request,
                  kernel::DeviceMemory& memory) { return std::make_unique<AddOne>(die, request, memory); };
  return op;
}

}  // namespace podsim::app::test

// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
// A double-buffered vector addition through the kernel interface, on the cores and memory of a 910B1.
#include <gtest/gtest.h>

#include "podsim/config/verbs.h"
#include "podsim/kernel/data_copy.h"
#include "podsim/kernel/device_memory.h"
#include "podsim/kernel/tpipe.h"
#include "podsim/kernel/tque.h"
#include "podsim/kernel/vector_binary.h"
#include "podsim/npu/die.h"

namespace {

constexpr std::uint32_t kTile = 2048;
constexpr std::uint32_t kTiles = 6;  // per core
constexpr std::int64_t kCores = 8;

void vector_add(GM_ADDR x, GM_ADDR y, GM_ADDR z) {
  using namespace AscendC;
  const std::uint64_t first =
      static_cast<std::uint64_t>(podsim::kernel::scalar_unit().placement().block) * kTile * kTiles;
  GlobalTensor<float> xs;
  GlobalTensor<float> ys;
  GlobalTensor<float> zs;
  xs.SetGlobalBuffer(reinterpret_cast<float*>(x) + first, kTile * kTiles);
  ys.SetGlobalBuffer(reinterpret_cast<float*>(y) + first, kTile * kTiles);
  zs.SetGlobalBuffer(reinterpret_cast<float*>(z) + first, kTile * kTiles);
  TPipe pipe;
  TQue<TPosition::VECIN, 2> in_x;
  TQue<TPosition::VECIN, 2> in_y;
  TQue<TPosition::VECOUT, 2> out;
  pipe.InitBuffer(in_x, 2, kTile * sizeof(float));
  pipe.InitBuffer(in_y, 2, kTile * sizeof(float));
  pipe.InitBuffer(out, 2, kTile * sizeof(float));
  for (std::uint32_t i = 0; i < kTiles; ++i) {
    LocalTensor<float> a = in_x.AllocTensor<float>();
    LocalTensor<float> b = in_y.AllocTensor<float>();
    DataCopy(a, xs[i * kTile], kTile);
    DataCopy(b, ys[i * kTile], kTile);
    in_x.EnQue(a);
    in_y.EnQue(b);
    a = in_x.DeQue<float>();
    b = in_y.DeQue<float>();
    LocalTensor<float> c = out.AllocTensor<float>();
    Add(c, a, b, static_cast<std::int32_t>(kTile));
    out.EnQue(c);
    in_x.FreeTensor(a);
    in_y.FreeTensor(b);
    c = out.DeQue<float>();
    DataCopy(zs[i * kTile], c, kTile);
    out.FreeTensor(c);
  }
}

}  // namespace

namespace podsim::npu {
namespace {

TEST(VectorAdd, IsRightAndHasNoHazard) {
  constexpr std::size_t kElements = kTile * kTiles * static_cast<std::size_t>(kCores);
  Die die("die", config::load<DieConfig>(std::string(PODSIM_SOURCE_DIR) + "/configs/dies/ascend910b1.json"));
  kernel::DeviceMemory gm(1ULL << 30U);
  std::byte* x = gm.allocate(kElements * sizeof(float));
  std::byte* y = gm.allocate(kElements * sizeof(float));
  std::byte* z = gm.allocate(kElements * sizeof(float));
  for (std::size_t i = 0; i < kElements; ++i) {
    reinterpret_cast<float*>(x)[i] = static_cast<float>(i);
    reinterpret_cast<float*>(y)[i] = 0.5F;
  }
  KernelLaunch launch;
  const auto address = [](std::byte* pointer) { return reinterpret_cast<GM_ADDR>(pointer); };
  launch.function = [&] { vector_add(address(x), address(y), address(z)); };
  launch.blocks = kCores;
  launch.device_memory = gm.base();
  launch.device_bytes = gm.size();
  const LaunchResult result = die.launch(launch);
  EXPECT_TRUE(result.hazards.empty()) << result.hazards[0].text();
  for (std::size_t i = 0; i < kElements; ++i)
    ASSERT_EQ(reinterpret_cast<float*>(z)[i], static_cast<float>(i) + 0.5F) << i;
  const std::int64_t copies = result.total(kernel::CoreKind::Aiv, kernel::Pipe::Mte2).instructions;
  EXPECT_EQ(copies, 2 * kTiles * kCores);
}

}  // namespace
}  // namespace podsim::npu

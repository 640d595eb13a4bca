// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernel/ops/copy_walk.h"
#include "kernel/ops/vector_ops.h"
#include "kernel/ops/vector_tiles.h"
#include "podsim/base/error.h"

// Copies and nothing else, as the data-copy examples of the vendor do them (asc-devkit, 04_memory_access):
// tiles of a matrix into the unified buffer or L1, out of it, or through it.
namespace podsim::kernel::ops {
namespace {

using namespace AscendC;  // NOLINT: kernels are written so

enum class Direction : uint8_t { In, Out, Through };

struct CopyPlan {
  CopyMatrix matrix;
  Direction direction = Direction::In;
  bool to_l1 = false;
  bool nz = false;  // ND to NZ on the way into L1
  CacheMode cache = CacheMode::CACHE_MODE_NORMAL;
  uint32_t buffers = 1;
  uint32_t buffer_bytes = 0;
  int64_t blocks = 1;
};

template <class T>
struct CopyArrays {
  T* in = nullptr;   // the matrix; of Out, one tile, contiguous
  T* out = nullptr;  // the matrix; not of In
};

// What functional runs have found in the local memories.
struct Findings {
  uint64_t tiles = 0;
  std::string wrong;
};

template <class T>
class CopyStream {
 public:
  CopyStream(const CopyPlan& plan, const CopyArrays<T>& arrays, Findings& findings)
      : plan_(plan), arrays_(arrays), findings_(findings) {}

  void run() {
    CopyWalk walk(plan_.matrix, static_cast<uint64_t>(GetBlockNum()), static_cast<uint64_t>(GetBlockIdx()));
    if (plan_.direction == Direction::In) return read(walk);
    if (plan_.direction == Direction::Out) return write(walk);
    copy_through(walk);
  }

 private:
  static constexpr uint32_t kC0 = kBlockBytes / sizeof(T);

  LocalTensor<T> buffer(uint64_t n) const {
    const auto at = static_cast<uint32_t>(n % plan_.buffers) * plan_.buffer_bytes;
    return LocalTensor<T>(plan_.to_l1 ? TPosition::A1 : TPosition::VECIN, at,
                          static_cast<uint32_t>(plan_.buffer_bytes / sizeof(T)));
  }
  GlobalTensor<T> global_at(T* data, uint64_t offset) const {
    GlobalTensor<T> tensor;
    tensor.SetGlobalBuffer(data + offset);
    tensor.SetL2CacheHint(plan_.cache);
    return tensor;
  }

  // Rows of a tile, `stride` elements apart in GM.
  void load(const LocalTensor<T>& to, const GlobalTensor<T>& from, const CopyTile& tile, uint64_t stride) {
    if (!plan_.to_l1) {
      const auto pitch = static_cast<uint32_t>(round_up(tile.columns, kC0));
      return DataCopyPad(to, from,
                         DataCopyExtParams(tile.rows, static_cast<uint32_t>(tile.columns * sizeof(T)),
                                           (stride - tile.columns) * sizeof(T),
                                           blocks_between<T>({tile.rows, tile.columns, pitch, stride}), 0),
                         DataCopyPadExtParams<T>());
    }
    if (plan_.nz) {
      return DataCopy(to, from,
                      Nd2NzParams(1, tile.rows, tile.columns, 0, stride,
                                  static_cast<uint16_t>(round_up(tile.rows, 16)), 1, 0));
    }
    DataCopy(to, from, DataCopyParams(tile.rows, tile.columns / kC0, (stride - tile.columns) / kC0, 0));
  }
  // `columns`: of the tile in the local memory, which may be wider.
  void store(const GlobalTensor<T>& to, const LocalTensor<T>& from, const CopyTile& tile, uint32_t columns) {
    const uint64_t gap = plan_.matrix.stride - tile.columns;
    const uint64_t blocks = ceil_div(columns, kC0) - ceil_div(tile.columns, kC0);
    if (plan_.to_l1)
      return DataCopy(to, from, DataCopyParams(tile.rows, tile.columns / kC0, blocks, gap / kC0));
    DataCopyPad(to, from,
                DataCopyExtParams(tile.rows, static_cast<uint32_t>(tile.columns * sizeof(T)), blocks,
                                  gap * sizeof(T), 0));
  }

  // Nobody reads what arrives: copies follow one another on their pipe without flags.
  void read(CopyWalk walk) {
    std::array<CopyTile, 2> last;
    uint64_t copies = 0;
    for (CopyTile tile; walk.next(tile); ++copies) {
      load(buffer(copies), global_at(arrays_.in, tile.offset), tile, plan_.matrix.stride);
      last[copies % plan_.buffers] = tile;
    }
    // Ends the run as the end of the kernel does; costs nothing more.
    scalar_unit().drain("copy_stream");
    if (!scalar_unit().functional()) return;
    for (uint64_t i = 0; i < std::min<uint64_t>(copies, plan_.buffers); ++i) compare(i, last[i]);
  }

  void write(CopyWalk walk) {
    const CopyTile whole{0, plan_.matrix.tile_rows, plan_.matrix.tile_columns};
    load(buffer(0), global_at(arrays_.in, 0), whole, whole.columns);
    SetFlag<HardEvent::MTE2_MTE3>(0);
    WaitFlag<HardEvent::MTE2_MTE3>(0);
    for (CopyTile tile; walk.next(tile);)
      store(global_at(arrays_.out, tile.offset), buffer(0), tile, whole.columns);
  }

  void copy_through(CopyWalk walk) {
    uint64_t copies = 0;
    for (CopyTile tile; walk.next(tile); ++copies) {
      const auto event = static_cast<int32_t>(copies % plan_.buffers);
      if (copies >= plan_.buffers) WaitFlag<HardEvent::MTE3_MTE2>(event);
      load(buffer(copies), global_at(arrays_.in, tile.offset), tile, plan_.matrix.stride);
      SetFlag<HardEvent::MTE2_MTE3>(event);
      WaitFlag<HardEvent::MTE2_MTE3>(event);
      store(global_at(arrays_.out, tile.offset), buffer(copies), tile, tile.columns);
      SetFlag<HardEvent::MTE3_MTE2>(event);
    }
    for (uint64_t i = 0; i < std::min<uint64_t>(copies, plan_.buffers); ++i)
      WaitFlag<HardEvent::MTE3_MTE2>(static_cast<int32_t>(i));
  }

  uint64_t place(const CopyTile& tile, uint64_t row, uint64_t column) const {
    if (plan_.nz) return (column / kC0 * round_up(tile.rows, 16) + row) * kC0 + column % kC0;
    return row * round_up(tile.columns, kC0) + column;
  }
  // What a buffer holds at the end is the last tile that was copied into it, read by the host.
  void compare(uint64_t n, const CopyTile& tile) {
    const Memory memory = plan_.to_l1 ? Memory::L1 : Memory::UnifiedBuffer;
    const auto* const held = reinterpret_cast<const T*>(scalar_unit().local(memory) + n * plan_.buffer_bytes);
    ++findings_.tiles;
    for (uint64_t r = 0; r < tile.rows && findings_.wrong.empty(); ++r) {
      for (uint64_t c = 0; c < tile.columns; ++c) {
        const T is = held[place(tile, r, c)];
        const T want = arrays_.in[tile.offset + r * plan_.matrix.stride + c];
        if (std::memcmp(&is, &want, sizeof(T)) == 0) continue;
        findings_.wrong = difference_text("element of the matrix", tile.offset + r * plan_.matrix.stride + c,
                                          static_cast<double>(is), static_cast<double>(want), 0);
        return;
      }
    }
  }

  const CopyPlan& plan_;
  const CopyArrays<T>& arrays_;
  Findings& findings_;
};

// --- host
// ----------------------------------------------------------------------------------------------------------

uint64_t tile_bytes(const CopyPlan& plan, uint64_t rows, uint64_t columns, uint64_t size) {
  return (plan.nz ? round_up(rows, 16) : rows) * round_up(columns * size, kBlockBytes);
}

void check_blocks(const CopyPlan& plan, uint64_t size, uint64_t offset) {
  const CopyMatrix& m = plan.matrix;
  for (const auto& [name, bytes] : {std::pair{"a row of a tile", uint64_t{m.tile_columns} * size},
                                    std::pair{"a row of a part", m.columns / m.parts * size},
                                    std::pair{"stride", m.stride * size}, std::pair{"offset", offset}}) {
    if (bytes % kBlockBytes == 0) continue;
    throw ConfigError(fmt::format(
        "copy_stream: {} is {} bytes, expected a multiple of {}: L1 in ND layout is copied in whole blocks",
        name, bytes, kBlockBytes));
  }
}

CopyMatrix matrix_of(const OpContext& context) {
  const OpRequest& request = context.request;
  CopyMatrix matrix;
  matrix.rows = static_cast<uint64_t>(shape_value(request, "rows", 0, 1, int64_t{1} << 32));
  matrix.columns = static_cast<uint64_t>(shape_value(request, "columns", 0, 1, int64_t{1} << 32));
  const auto columns = static_cast<int64_t>(matrix.columns);
  matrix.stride =
      static_cast<uint64_t>(option_value(request, "stride", columns, columns, columns + (int64_t{1} << 24)));
  matrix.parts = static_cast<uint64_t>(option_value(request, "parts", 1, 1, columns));
  matrix.passes = static_cast<uint64_t>(option_value(request, "passes", 1, 1, 1 << 20));
  if (matrix.columns % matrix.parts != 0) {
    throw ConfigError(
        fmt::format("copy_stream: {} columns are not divided by {} parts", matrix.columns, matrix.parts));
  }
  const std::string order = option_word(request, "order", "split", {"split", "same", "rotated"});
  matrix.order = order == "split" ? CopyOrder::Split : order == "same" ? CopyOrder::Same : CopyOrder::Rotated;
  return matrix;
}

// Fills in the tile: rows of 16 KiB at most, as many as fit and no more than a core's share.
void choose_tile(CopyPlan& plan, const OpContext& context, uint64_t size) {
  const OpRequest& request = context.request;
  const DieTraits& die = context.die;
  CopyMatrix& m = plan.matrix;
  const uint64_t capacity =
      die.capacity[static_cast<std::size_t>(plan.to_l1 ? Memory::L1 : Memory::UnifiedBuffer)];
  const int64_t cores = plan.to_l1 ? die.cube_cores : die.vector_cores;
  const uint64_t part = m.columns / m.parts;
  const uint64_t row = plan.nz ? 512 : 16 * 1024;  // bytes
  m.tile_columns = static_cast<uint32_t>(
      option_value(request, "tile_columns", static_cast<int64_t>(std::min(part, row / size)), 1,
                   static_cast<int64_t>(std::min<uint64_t>(part, 1U << 24U))));
  const uint64_t step = plan.nz ? 16 : 1;
  const uint64_t half = capacity / 2 / tile_bytes(plan, step, m.tile_columns, size) * step;
  const uint64_t share =
      ceil_div(m.rows * ceil_div(part, m.tile_columns), static_cast<uint64_t>(std::max<int64_t>(cores, 1)));
  const uint64_t most = std::min<uint64_t>(m.rows, kMostRows);
  m.tile_rows = static_cast<uint32_t>(option_value(
      request, "tile_rows", static_cast<int64_t>(std::clamp<uint64_t>(std::min(half, share), 1, most)), 1,
      static_cast<int64_t>(most)));
  const uint64_t bytes = tile_bytes(plan, m.tile_rows, m.tile_columns, size);
  const bool twice = 2 * bytes <= capacity && plan.direction != Direction::Out;
  plan.buffers = static_cast<uint32_t>(option_value(request, "buffers", twice ? 2 : 1, 1, 2));
  if (plan.buffers * bytes > capacity) {
    throw ConfigError(
        fmt::format("copy_stream: {} tile{} of {} x {} elements need {} bytes of the {}, which has {}",
                    plan.buffers, plan.buffers == 1 ? "" : "s", m.tile_rows, m.tile_columns,
                    plan.buffers * bytes, plan.to_l1 ? "L1" : "unified buffer", capacity));
  }
  plan.buffer_bytes = static_cast<uint32_t>(bytes);
  plan.blocks = cores_for(context, m.order == CopyOrder::Split ? m.tiles() : UINT32_MAX, cores);
}

CacheMode cache_mode(const OpRequest& request) {
  const std::string word = option_word(request, "l2", "normal", {"normal", "bypass", "last", "persistent"});
  if (word == "bypass") return CacheMode::CACHE_MODE_DISABLE;
  if (word == "last") return CacheMode::CACHE_MODE_LAST;
  return word == "persistent" ? CacheMode::CACHE_MODE_PERSISTENT : CacheMode::CACHE_MODE_NORMAL;
}

CopyPlan plan_copies(const OpContext& context, uint64_t size, uint64_t offset) {
  const OpRequest& request = context.request;
  CopyPlan plan;
  plan.matrix = matrix_of(context);
  plan.to_l1 = option_word(request, "memory", "unified_buffer", {"unified_buffer", "l1"}) == "l1";
  const std::string direction = option_word(request, "direction", "in", {"in", "out", "through"});
  plan.direction = direction == "in"    ? Direction::In
                   : direction == "out" ? Direction::Out
                                        : Direction::Through;
  const bool nz_possible = plan.to_l1 && plan.direction == Direction::In;
  const std::string layout = option_word(request, "layout", nz_possible ? "nz" : "nd", {"nd", "nz"});
  plan.nz = layout == "nz";
  if (plan.nz && !nz_possible)
    throw ConfigError("copy_stream: layout nz exists on the way into L1 only (memory=l1, direction=in)");
  if (plan.to_l1 && plan.direction != Direction::In && context.die.architecture != 2201)
    throw ConfigError(
        fmt::format("copy_stream: architecture {} has no copy from L1 to GM, expected direction=in",
                    context.die.architecture));
  plan.cache = cache_mode(request);
  choose_tile(plan, context, size);
  if (plan.to_l1 && !plan.nz) check_blocks(plan, size, offset);
  return plan;
}

template <class T>
std::string check_written(const CopyPlan& plan, const CopyArrays<T>& arrays) {
  const CopyMatrix& m = plan.matrix;
  std::string wrong;
  for (uint64_t r = 0; r < m.rows && wrong.empty(); ++r) {
    wrong = first_difference("row", arrays.out + r * m.stride, m.columns, {}, [&](uint64_t c) {
      if (plan.direction == Direction::Through) return arrays.in[r * m.stride + c];
      return arrays.in[r % m.tile_rows * m.tile_columns + c % (m.columns / m.parts) % m.tile_columns];
    });
    if (!wrong.empty()) wrong = fmt::format("row {}: {}", r, wrong);
  }
  return wrong;
}

std::map<std::string, std::string> tiling_of(const CopyPlan& plan, const OpRequest& request) {
  const CopyMatrix& m = plan.matrix;
  return {{"tile_rows", std::to_string(m.tile_rows)},
          {"tile_columns", std::to_string(m.tile_columns)},
          {"buffers", std::to_string(plan.buffers)},
          {"parts", std::to_string(m.parts)},
          {"passes", std::to_string(m.passes)},
          {"stride", std::to_string(m.stride)},
          {"layout", plan.nz ? "nz" : "nd"},
          {"memory", plan.to_l1 ? "l1" : "unified_buffer"},
          {"direction", option_word(request, "direction", "in", {"in", "out", "through"})},
          {"order", option_word(request, "order", "split", {"split", "same", "rotated"})},
          {"l2", option_word(request, "l2", "normal", {"normal", "bypass", "last", "persistent"})}};
}

template <class T>
std::unique_ptr<OpRun> prepare_as(const OpContext& context) {
  const OpRequest& request = context.request;
  const auto offset = static_cast<uint64_t>(option_value(request, "offset", 0, 0, 1 << 20));
  if (offset % sizeof(T) != 0) {
    throw ConfigError(fmt::format("copy_stream: offset is {}, expected a multiple of the element's {} bytes",
                                  offset, sizeof(T)));
  }
  const CopyPlan plan = plan_copies(context, sizeof(T), offset);
  const CopyMatrix& m = plan.matrix;
  const uint64_t shift = offset / sizeof(T);
  const uint64_t n = m.rows * m.stride;
  const uint64_t held = plan.direction == Direction::Out ? uint64_t{m.tile_rows} * m.tile_columns : n;
  CopyArrays<T> arrays;
  arrays.in = device_array<T>(context.memory, held + shift) + shift;
  if (plan.direction != Direction::In) arrays.out = device_array<T>(context.memory, n + shift) + shift;
  const auto findings = std::make_shared<Findings>();
  RunParts run;
  run.mix = plan.to_l1 ? OpMix::Cube : OpMix::Vector;
  run.blocks = plan.blocks;
  run.kernel = [=] { CopyStream<T>(plan, arrays, *findings).run(); };
  run.fill = [=, seed = request.seed] { fill_uniform(arrays.in, held, seed, "x", -100, 100); };
  run.check = [=] {
    if (plan.direction != Direction::In) return check_written(plan, arrays);
    return findings->tiles == 0 ? std::string("no tile has arrived") : findings->wrong;
  };
  const double useful = static_cast<double>(m.rows * m.columns * sizeof(T));
  run.bytes = plan.direction == Direction::Through ? 2 * useful : useful;
  run.tiling = tiling_of(plan, request);
  run.tiling["offset"] = std::to_string(offset);
  return make_run(std::move(run));
}

std::unique_ptr<OpRun> prepare(const OpContext& context) {
  if (context.dtype == "int8") return prepare_as<int8_t>(context);
  return context.dtype == "fp32" ? prepare_as<float>(context) : prepare_as<half>(context);
}

}  // namespace

Op copy_stream() {
  return with_preparation(
      {"copy_stream",
       "tiles of a matrix copied between GM and the cores, without computation",
       {{"rows", "rows of the matrix", ""}, {"columns", "elements of a row", ""}},
       {"fp16", "fp32", "int8"},
       {{"memory", "unified_buffer (vector cores) or l1 (cube cores)", "unified_buffer"},
        {"direction", "in: from GM; out: one tile, to every place of the matrix; through: in and out again",
         "in"},
        {"layout", "in L1: nz (ND to NZ on the way) or nd", "nz into L1, else nd"},
        {"tile_rows", "rows of one copy", "what fits twice, at most a core's share"},
        {"tile_columns", "elements of a row of one copy", "16 KiB, 512 B in layout nz"},
        {"stride", "elements between rows in GM", "columns"},
        {"offset", "bytes from an address that is aligned to 512 B to the matrix", "0"},
        {"parts", "groups of columns that are done one after another", "1"},
        {"passes", "times that each part is copied", "1"},
        {"order",
         "split: each core its own tiles; same: each core all; rotated: all, each from another one on",
         "split"},
        {"buffers", "tiles in the local memory in turn: 1 or 2", "2 if they fit"},
        {"l2", "normal, bypass, last or persistent", "normal"}},
       {}},
      prepare);
}

}  // namespace podsim::kernel::ops

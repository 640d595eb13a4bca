// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "podsim/units/units.h"
#include "property/draw.h"

namespace podsim::property {
namespace {

// Round numbers and odd ones, of every magnitude.
std::int64_t any_count() {
  const std::int64_t unit = one_of<std::int64_t>({1, 1000, 1024, 1'000'000, 1 << 20, 1'000'000'000});
  const std::int64_t most = one_of<std::int64_t>({10, 4096, 1'000'000'000});
  return uniform(0, most) * unit;
}

template <class Q>
void check_reads_back() {
  const Q quantity(any_count());
  const std::optional<Q> read = parse_quantity<Q>(to_string(quantity));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == quantity);
}

RC_GTEST_PROP(Quantity, IsReadBackAsItIsWritten, ()) {
  check_reads_back<Bytes>();
  check_reads_back<Picoseconds>();
  check_reads_back<Cycles>();
  check_reads_back<Hertz>();
  check_reads_back<BytesPerSecond>();
  check_reads_back<Flops>();
  check_reads_back<FlopsPerSecond>();
}

// The least whole number of picoseconds in which the rate moves that much.
RC_GTEST_PROP(Quantity, TransferTimeIsTheLeastThatIsEnough, ()) {
  __extension__ using Wide = unsigned __int128;
  const Bytes bytes(uniform(0, 1LL << uniform(0, 40)));
  const BytesPerSecond rate(uniform(1'000'000, 100'000'000'000'000));
  const auto moved = [&](std::int64_t picoseconds) {
    return static_cast<Wide>(picoseconds) * static_cast<Wide>(rate.count());
  };
  const Wide needed = static_cast<Wide>(bytes.count()) * 1'000'000'000'000U;
  const std::int64_t time = time_rounded_up(bytes, rate).count();
  RC_ASSERT(moved(time) >= needed);
  if (time > 0) RC_ASSERT(moved(time - 1) < needed);
}

}  // namespace
}  // namespace podsim::property

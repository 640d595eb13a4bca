// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "podsim/kernel/enums.h"
#include "podsim/kernel/instruction.h"

namespace podsim::kernel {

// The memory behind a logical position.
constexpr Memory memory_of(AscendC::TPosition position) {
  using AscendC::TPosition;
  switch (position) {
    case TPosition::A1:
    case TPosition::B1:
    case TPosition::C1:
    case TPosition::TSCM:
      return Memory::L1;
    case TPosition::A2:
      return Memory::L0a;
    case TPosition::B2:
      return Memory::L0b;
    case TPosition::C2:
      return Memory::BiasTable;
    case TPosition::CO1:
      return Memory::L0c;
    case TPosition::C2PIPE2GM:
      return Memory::FixpipeBuffer;
    case TPosition::GM:
    case TPosition::CO2:
      return Memory::Gm;
    default:
      return Memory::UnifiedBuffer;
  }
}

// Cube cores own all but the unified buffer.
constexpr CoreKind owner_of(Memory memory) {
  return memory == Memory::UnifiedBuffer ? CoreKind::Aiv : CoreKind::Aic;
}

}  // namespace podsim::kernel

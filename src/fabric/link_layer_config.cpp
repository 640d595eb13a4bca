// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#include "podsim/fabric/link_layer_config.h"

namespace podsim::fabric {

using namespace literals;

namespace {

constexpr std::int64_t kMostLanes = 16;       // UB Base Specification 2.0.1
constexpr std::int64_t kMostCells = 65535;    // the same
constexpr std::int64_t kMostCellFlits = 128;  // the same
constexpr std::int64_t kMillimetresPerMetre = 1000;

}  // namespace

Picoseconds MediumConfig::propagation() const {
  return Picoseconds(scale_rounded_up(per_metre.value.count(), length_mm.value, kMillimetresPerMetre));
}

void MediumConfig::describe(config::Fields& f) {
  f.required("length_mm", length_mm, "length of a cable or trace, in millimetres").between(0, 10'000'000);
  f.required("per_metre", per_metre, "propagation delay of one metre").between(0_ps, 1_us);
}

const MediumConfig& LinkLayerConfig::medium(topology::Medium kind) const {
  if (kind == topology::Medium::Board) return board;
  return kind == topology::Medium::CopperCable ? copper : fibre;
}

void LinkLayerConfig::describe(config::Fields& f) {
  f.required("lph", lph, "link packet header").at_least(0_B);
  f.required("nth", nth, "network header").at_least(0_B);
  f.required("rtph", rtph, "reliable transport header; loads and stores do without").at_least(0_B);
  f.required("btah", btah, "base transaction header").at_least(0_B);
  f.required("maetah", maetah, "memory access extension header").at_least(0_B);
  f.required("lbh", lbh, "link block header").at_least(0_B);
  f.required("bcrc", bcrc, "block CRC").at_least(0_B);
  f.required("virtual_lanes", virtual_lanes,
             "virtual lanes of a port: the first half for data, the others for control")
      .between(2, kMostLanes);
  f.value_or("arbitration", arbitration, LaneArbitration::Strict,
             "control lanes before data lanes, or all by weight");
  f.required("control_weight", control_weight, "blocks of a control lane per round").between(1, 1024);
  f.required("data_weight", data_weight, "blocks of a data lane per round").between(1, 1024);
  f.required("cell_flits", cell_flits, "flits of a credit cell").between(1, kMostCellFlits);
  f.required("buffer_cells", buffer_cells, "receive buffer of a port").between(1, kMostCells);
  f.required("exclusive_cells", exclusive_cells, "cells kept for each virtual lane").between(0, kMostCells);
  f.required("credit_return_cells", credit_return_cells, "cells that a credit in a block header stands for")
      .between(1, kMostCells);
  f.required("ack_return_flits", ack_return_flits,
             "flits that an acknowledgement in a block header stands for")
      .between(1, 1 << 20);
  f.required("retry_buffer_flits", retry_buffer_flits, "flits that a sender keeps until acknowledged")
      .between(1, 1 << 24);
  f.required("retry_limit", retry_limit, "retries without progress before a link goes down")
      .between(1, 1 << 20);
  f.required("retry_timeout", retry_timeout, "until an unanswered retry request is repeated").at_least(1_ns);
  f.value_or("fec", fec, FecMode::CorrectFour, "forward error correction");
  f.required("fec_latency", fec_latency, "of the decoder").at_least(0_ps);
  f.required("amctl_symbols", amctl_symbols, "alignment symbols per amctl_period").between(0, 1 << 20);
  f.required("amctl_period", amctl_period, "symbols of a lane from one alignment marker to the next")
      .between(1, 1 << 24);
  f.required("bit_error_rate", bit_error_rate, "of a lane, before error correction").between(0.0, 0.5);
  f.required("board", board, "traces on a board");
  f.required("copper", copper, "copper cables");
  f.required("fibre", fibre, "optical fibre");
  f.required("load_store_outstanding", load_store_outstanding, "loads and stores of a card at once")
      .between(1, 1 << 20);
  f.required("bulk_outstanding", bulk_outstanding, "bulk transactions of a card at once").between(1, 1 << 20);
  f.required("load_store_largest", load_store_largest, "longest load or store").at_least(1_B);
  f.check(amctl_symbols.value < amctl_period.value, "amctl_symbols leaves no symbols for data");
  f.check(exclusive_cells.value * virtual_lanes.value <= buffer_cells.value,
          "exclusive_cells of all virtual_lanes exceed buffer_cells");
}

}  // namespace podsim::fabric

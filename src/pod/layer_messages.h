// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pod/layer_builder.h"

// The messages of a layer as its cards will send them: what the bound and the users of a link are counted on.
namespace podsim::pod {

// on(source, destination, payload, flow) for every dispatch message that `card` sends.
template <class On>
void for_each_row(const LayerData& data, std::size_t card, const On& on) {
  for (const npu::SendRow& send : data.works[card].sends)
    on(NpuId(card), NpuId(send.destination), data.shape.dispatch_row, send.tag);
}

// The same for every result that comes back to `card`.
template <class On>
void for_each_result(const LayerData& data, std::size_t card, const On& on) {
  const npu::LayerWork& work = data.works[card];
  if (work.tiling.reduced) {
    for (const npu::SendRow& send : work.sends)
      on(NpuId(send.destination), NpuId(card), data.shape.combine_row,
         npu::make_tag(npu::TagKind::Result, npu::tag_content(send.tag)));
    return;
  }
  const std::uint32_t end = work.traffic->first_row(work.rank + 1);
  for (std::uint32_t number = work.traffic->first_row(work.rank); number < end; ++number) {
    const moe::RowTarget target = work.traffic->row(number);
    on(NpuId(work.first_card.value() + target.rank), NpuId(card), data.shape.combine_row,
       npu::make_tag(npu::TagKind::Result,
                     npu::row_tag(*work.traffic, work.rank, number, target.slot, work.tiling.batches)));
  }
}

}  // namespace podsim::pod

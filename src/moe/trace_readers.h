// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "podsim/moe/trace.h"

// One function per token-level format; trace.cpp holds the table.
namespace podsim::moe {

std::unique_ptr<TraceReader> open_packed(std::unique_ptr<ByteSource> bytes, const TraceOptions& options);
std::unique_ptr<TraceReader> open_canonical(std::unique_ptr<ByteSource> bytes, const TraceOptions& options);
std::unique_ptr<TraceReader> open_megatron(std::unique_ptr<ByteSource> bytes, const TraceOptions& options);
std::unique_ptr<TraceReader> open_vllm(std::unique_ptr<ByteSource> bytes, const TraceOptions& options);

void write_packed(TraceReader& trace, const TraceOutput& output);
void write_canonical(TraceReader& trace, const TraceOutput& output);
void write_megatron(TraceReader& trace, const TraceOutput& output);
void write_vllm(TraceReader& trace, const TraceOutput& output);
void write_counts_npy(TraceReader& trace, const TraceOutput& output);
void write_counts_jsonl(TraceReader& trace, const TraceOutput& output);

}  // namespace podsim::moe

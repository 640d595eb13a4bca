// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole kernel interface.
#include "podsim/kernel/cross_core.h"
#include "podsim/kernel/data_copy.h"
#include "podsim/kernel/entry.h"
#include "podsim/kernel/fixpipe.h"
#include "podsim/kernel/load_data.h"
#include "podsim/kernel/mmad.h"
#include "podsim/kernel/sync.h"
#include "podsim/kernel/system.h"
#include "podsim/kernel/tpipe.h"
#include "podsim/kernel/tque.h"
#include "podsim/kernel/unsupported.h"
#include "podsim/kernel/vector_binary.h"
#include "podsim/kernel/vector_cast.h"
#include "podsim/kernel/vector_compare.h"
#include "podsim/kernel/vector_fill.h"
#include "podsim/kernel/vector_fused.h"
#include "podsim/kernel/vector_gather.h"
#include "podsim/kernel/vector_reduce.h"
#include "podsim/kernel/vector_sort.h"
#include "podsim/kernel/vector_unary.h"

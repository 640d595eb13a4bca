// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "podsim/study/claim_judge.h"

// The region in which a claim is true, as a picture and as a table.
namespace podsim::study {

// Whether a result has a map: two axes or more, with figures.
bool has_map(const ClaimResult& result);

// A row per point: a column per axis, the figure, whether the claim covers it.
std::string map_csv(const ClaimResult& result);

// A heat map of the figure over the first two axes, a panel for every point of the others, the claimed range
// outlined. Its colours (cividis) are told apart by the colour-blind; it follows the reader's light or dark
// scheme; every cell has its figure in it. Source, conditions and fidelity are in the caption.
std::string map_svg(const ClaimResult& result);

}  // namespace podsim::study

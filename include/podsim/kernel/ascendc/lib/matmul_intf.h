// SPDX-FileCopyrightText: podsim authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#error \
    "podsim does not have the high-level Matmul class; write the product with DataCopy, LoadData, Mmad and Fixpipe"

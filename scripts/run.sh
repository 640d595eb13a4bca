#!/usr/bin/env bash
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# From a fresh clone to a result: installs what is missing, builds podsim in Release and runs it.
#   scripts/run.sh                     one DeepSeek-V4-Pro MoE layer on an Atlas 950 SuperPoD of 8,192 cards
#   scripts/run.sh ARGUMENT...         podsim ARGUMENT..., paths relative to the current folder
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install_dependencies.sh" --run-only
[[ -x $root/build/run/podsim ]] || say "building; the first time takes a few minutes"
build run podsim

(($# > 0)) || set -- run "$root/configs/scenarios/atlas950_v4_pro_decode.json"
export PODSIM_DATA=${PODSIM_DATA:-$root}
exec "$root/build/run/podsim" "$@"

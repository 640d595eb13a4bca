#!/usr/bin/env bash
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything in Release and runs the tests.
#   scripts/test.sh [ctest argument]...        for example -L smoke, -R Fabric, -LE slow
# PODSIM_TRACES names a folder with the placements of other projects that the acceptance tests replay.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install_dependencies.sh"
[[ -x $root/build/release/podsim ]] || say "building; the first time takes a few minutes"
build release

if [[ -n ${PODSIM_TRACES:-} ]]; then
  [[ -d $PODSIM_TRACES ]] || { say "PODSIM_TRACES is no folder: $PODSIM_TRACES" && exit 2; }
  PODSIM_TRACES=$(cd "$PODSIM_TRACES" && pwd)
  export PODSIM_TRACES
else
  say "PODSIM_TRACES is not set; these tests on real placements are skipped:"
  ctest --test-dir "$root/build/release" -N -R '[Rr]eal_?[Pp]lacement' | sed -n 's/^ *Test *#[0-9]*: /  /p' >&2
fi
ctest --test-dir "$root/build/release" --output-on-failure --parallel "$(nproc)" "$@"

#!/usr/bin/env bash
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Builds in Release and measures: the timed scenarios and the Google Benchmarks, against bench/baseline.json.
#   scripts/bench.sh [--update] [--repeat N] [--only NAME]...       (scripts/bench.py --help says more)
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

"$root/scripts/install_dependencies.sh"
build release
exec python3 "$root/scripts/bench.py" --build "$root/build/release" "$@"

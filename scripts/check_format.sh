#!/usr/bin/env bash
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Every C++ file, tracked or new, stands as clang-format 14 (Debian 12's) would write it.
#   scripts/check_format.sh          lists what differs; exit 1 if anything does, 77 without that version
#   scripts/check_format.sh --fix    rewrites the files instead
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

# Another version formats differently, so its verdict would mean nothing.
formatter=$(command -v clang-format-14 || command -v clang-format || true)
if [[ -z $formatter ]] || ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "check_format: needs clang-format 14, found ${formatter:-none}; skipped"
  exit 77
fi

mapfile -d '' -t files < <(find include src tests bench \( -name '*.h' -o -name '*.cpp' \) -print0 | sort -z)
((${#files[@]} > 0)) || { echo "check_format: found no C++ file" && exit 1; }
if [[ ${1:-} == --fix ]]; then
  exec "$formatter" -i "${files[@]}"
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 20 -P "$(nproc)" "$formatter" --dry-run -Werror || {
  echo "check_format: scripts/check_format.sh --fix rewrites them"
  exit 1
}
echo "check_format: ${#files[@]} files"

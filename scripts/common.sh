# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced by the other scripts: where the tree is, and how a preset is configured and built.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { echo "podsim: $*" >&2; }

# quietly WHAT LOG COMMAND...: silent unless COMMAND fails; then its output, and a line that says what failed.
quietly() {
  local what=$1 log=$2
  shift 2
  "$@" >"$log" 2>&1 </dev/null && return
  cat "$log" >&2
  say "$what failed"
  return 1
}

# build PRESET [TARGET...]: configures build/PRESET where that has not happened yet, and builds.
build() {
  local preset=$1 directory=$root/build/$1
  shift
  mkdir -p "$directory"
  if [[ ! -w $directory ]]; then
    say "cannot write to $directory; was it built by another user?"
    return 1
  fi
  # A tree that was copied or moved still holds the old place in its cache, and CMake refuses it.
  if [[ ! -f $directory/build.ninja ]] || ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$directory/CMakeCache.txt"; then
    (cd "$root" && quietly "configuring" "$directory/configure.log" cmake --preset "$preset" --fresh) || return
  fi
  local -a targets=()
  (($# == 0)) || targets=(--target "$@")
  # Ninja keeps to one line on a terminal; elsewhere only a failure is worth reading.
  if [[ -t 2 ]]; then
    cmake --build "$directory" "${targets[@]}" >&2
  else
    quietly "building" "$directory/build.log" cmake --build "$directory" "${targets[@]}"
  fi
}

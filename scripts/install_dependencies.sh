#!/usr/bin/env bash
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that podsim is built from. Asks dpkg first, so that it takes no time and no
# network when nothing is missing.
#   scripts/install_dependencies.sh [--run-only] [--fuzz] [--check]
#     --run-only  what building and running needs, not the tests
#     --fuzz      also what the libFuzzer targets need (clang)
#     --check     installs nothing; lists what is missing and exits 1 if anything is
# PODSIM_SKIP_INSTALL=1 skips everything, for systems that bring these libraries another way.
set -euo pipefail
# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_packages=(g++ cmake ninja-build ccache pkg-config git python3
  libsystemc-dev libfmt-dev nlohmann-json3-dev libcli11-dev libssl-dev zlib1g-dev)
test_packages=(libgtest-dev libgmock-dev librapidcheck-dev libvalijson-dev libbenchmark-dev python3-jsonschema clang-format)
fuzz_packages=(clang libclang-rt-14-dev)

fail() {
  say "install_dependencies: $*"
  exit 1
}

packages=("${build_packages[@]}" "${test_packages[@]}")
check=false
for argument in "$@"; do
  case $argument in
    --fuzz) packages+=("${fuzz_packages[@]}") ;;
    --run-only) packages=("${build_packages[@]}") ;;
    --check) check=true ;;
    *) fail "unknown option '$argument', expected --run-only, --fuzz or --check" ;;
  esac
done
[[ -z ${PODSIM_SKIP_INSTALL:-} ]] || exit 0

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is no Debian system (no dpkg-query, no apt-get); install what is named like these Debian 12" \
    "packages and set PODSIM_SKIP_INSTALL=1: ${packages[*]}"
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null || true)
  grep -qx installed <<<"$status" || missing+=("$package")
done
((${#missing[@]} > 0)) || exit 0
if $check; then
  fail "missing: ${missing[*]}"
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null ||
    fail "neither root nor sudo; as root: apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { quietly "apt-get $1" "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"; }
install() { apt install --yes --no-install-recommends "${missing[@]}"; }
known() { apt-get --simulate install "${missing[@]}" >/dev/null 2>&1; }

say "installing ${missing[*]}"
# The package lists are fetched when there are none, or when they are so old that a package is gone.
known || apt update
install || { apt update && install; } ||
  fail "could not install: ${missing[*]} (podsim is built on Debian 12)"

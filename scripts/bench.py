#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Measures podsim and compares with a stored baseline.

Scenarios are run as a user runs them; wall time, hop events and peak memory come from run.json. The fastest of N
runs counts: on a shared machine everything but podsim only adds time. Hop events are a property of the scenario and
must not change by one; wall time and memory may grow by the tolerances below. Times of another processor than the
baseline's are shown and not judged. Exits 1 when a figure is worse than the baseline or over its limit.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASELINE = ROOT / "bench" / "baseline.json"
WALL_TOLERANCE = 1.25  # a quarter: what a busy neighbour adds to the fastest of three runs
MEMORY_TOLERANCE = 1.10
GIB = 2**30

# name: (seconds, bytes) that a run may take at most, on a 2-core 2.6 GHz machine (docs/performance.md).
SCENARIOS = {
    "all_to_all_1024": (0.25, None),
    "all_to_all_8192": (40, 4 * GIB),
    "layer_8192_ep64": (8, 3 * GIB),
    "layer_8192_ep128": (8, 3 * GIB),
    "layer_8192_pod_wide": (8, 3 * GIB),
}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown"


def run_scenario(binary, name, repeat):
    runs = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            command = [binary, "run", ROOT / "configs" / "scenarios" / f"{name}.json", "--out", folder]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"bench: {name} exits {done.returncode}\n{done.stdout}{done.stderr}")
            runs.append(json.loads(pathlib.Path(folder, "run.json").read_text()))
    best = min(runs, key=lambda run: run["wall_s"])
    return {key: best[key] for key in ("wall_s", "hop_events", "peak_rss_bytes")}


def run_benchmarks(program):
    command = [program, "--benchmark_format=json", "--benchmark_repetitions=3",
               "--benchmark_report_aggregates_only=true"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    to_ns = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    return {f"{program.name}/{entry['run_name']}": {"ns": entry["real_time"] * to_ns[entry["time_unit"]]}
            for entry in report["benchmarks"] if entry["aggregate_name"] == "median"}


def verdict(figures, old, limits, same_machine):
    """What is wrong with these figures, as a list of words; empty when nothing is."""
    faults = []
    if old:
        if figures.get("hop_events") != old.get("hop_events"):
            faults.append(f"hop events were {old['hop_events']:,}")
        if figures.get("peak_rss_bytes", 0) > old.get("peak_rss_bytes", 0) * MEMORY_TOLERANCE:
            faults.append(f"memory was {old['peak_rss_bytes'] / GIB:.2f} GiB")
        for key in ("wall_s", "ns"):
            if same_machine and key in old and figures[key] > old[key] * WALL_TOLERANCE:
                faults.append(f"time was {old[key]:.4g} {key.removeprefix('wall_')}")
    seconds, memory = limits
    if seconds and figures["wall_s"] > seconds:
        faults.append(f"over the limit of {seconds} s")
    if memory and figures["peak_rss_bytes"] > memory:
        faults.append(f"over the limit of {memory / GIB:.0f} GiB")
    return faults


def scenario_row(name, figures):
    rate = figures["hop_events"] / max(figures["wall_s"], 1e-9) / 1e6
    return (f"{name:24} {figures['wall_s']:9.3f} s {figures['hop_events']:>14,} hops {rate:7.2f} M/s "
            f"{figures['peak_rss_bytes'] / GIB:6.2f} GiB")


def wanted(name, only):
    return not only or any(word in name for word in only)


def measure(options):
    """Runs what was asked for, a row as soon as it is there. Yields (kind, name, figures, row)."""
    for name in SCENARIOS:
        if wanted(name, options.only):
            figures = run_scenario(options.build / "podsim", name, options.repeat)
            yield "scenarios", name, figures, scenario_row(name, figures)
    programs = sorted(p for p in (options.build / "bench").glob("*") if p.is_file() and os.access(p, os.X_OK))
    for program in programs:
        if wanted(program.name, options.only):
            for name, figures in run_benchmarks(program).items():
                yield "benchmarks", name, figures, f"{name:58} {figures['ns']:14,.0f} ns"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="Release build folder")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each scenario, the fastest counts (3)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="scenarios and benchmark programs with NAME in their name")
    parser.add_argument("--update", action="store_true", help="store what was measured as the new baseline")
    options = parser.parse_args()

    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    same_machine = baseline.get("processor") == processor()
    if baseline and not same_machine:
        print(f"bench: the baseline is of {baseline['processor']}; times are not judged against it")
    measured, failed = {"scenarios": {}, "benchmarks": {}}, False
    for kind, name, figures, row in measure(options):
        measured[kind][name] = figures
        old = None if options.update else baseline.get(kind, {}).get(name)
        faults = verdict(figures, old, SCENARIOS.get(name, (None, None)), same_machine)
        failed = failed or bool(faults)
        print(row, "  <-- " + ", ".join(faults) if faults else "", flush=True)

    if options.update:
        kept = {kind: {**baseline.get(kind, {}), **measured[kind]} if same_machine else measured[kind]
                for kind in measured}
        BASELINE.write_text(json.dumps({"processor": processor(), **kept}, indent=2) + "\n")
        print(f"bench: wrote {BASELINE.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

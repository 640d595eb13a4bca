#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Measures podsim and compares with a stored baseline.

Scenarios and kernels are run as a user runs them. Wall time, hop events and peak memory of a scenario come from
run.json; those of a kernel are its process's, start-up included, and its time is judged as processor time. The
fastest of N runs counts: on a shared machine everything but podsim only adds time. Hop events are a property of the
scenario, pipe instructions one of the operator's tiling, and must not change by one; time and memory may grow by the
tolerances below. Figures of benchmark programs are judged where they have a target. Times of another processor than
the baseline's are shown and not judged. Exits 1 when a figure is worse than the baseline or over its limit.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASELINE = ROOT / "bench" / "baseline.json"
WALL_TOLERANCE = 1.25  # a quarter: what a busy neighbour adds to the fastest of three runs
MEMORY_TOLERANCE = 1.10
MIB = 2**20
GIB = 2**30

# name: (seconds, bytes) that a run may take at most, on a 2-core 2.6 GHz machine (docs/performance.md).
SCENARIOS = {
    "all_to_all_1024": (0.25, None),
    "all_to_all_8192": (40, 4 * GIB),
    "layer_8192_ep64": (8, 3 * GIB),
    "layer_8192_ep128": (8, 3 * GIB),
    "layer_8192_pod_wide": (8, 3 * GIB),
}

# The same for kernels, timing only, and the command: `podsim kernel ...`.
KERNELS = {
    "matmul_8192_fp16": (4, GIB, ["matmul", "--shape", "m=8192,n=8192,k=8192", "--dtype", "fp16", "--cores", "24"]),
    "matmul_128x4096x7168_fp16": (0.4, 100 * MIB, ["matmul", "--shape", "m=128,n=4096,k=7168", "--dtype", "fp16"]),
    "grouped_matmul_decode": (0.2, None, ["grouped_matmul", "--shape", "groups=8,m=16,n=4096,k=7168", "--dtype", "int8"]),
}
KERNEL_CHIP = "ascend910b1"

# (least, most) of figures of benchmark programs. Shares of an HBM2 channel's peak are those of cycle-level models, 92 to
# 94 % in a stream and 24 to 32 % at random, and three points about them; requests are of 64 B.
BENCHMARK_TARGETS = {
    "bench_memory/BM_Channel/stream_64B": {"of_peak": (0.89, 0.97), "items_per_second": (10e6, None)},
    "bench_memory/BM_Channel/random_64B": {"of_peak": (0.21, 0.35), "items_per_second": (10e6, None)},
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


def environment():
    """Of a measured program: the configurations of this tree, and nothing of SystemC's on the terminal."""
    return {**os.environ, "PODSIM_DATA": str(ROOT), "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}


def run_kernel(binary, name, repeat):
    runs = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            file, log = pathlib.Path(folder, "kernel.json"), pathlib.Path(folder, "log")
            command = [binary, "kernel", *KERNELS[name][2], "--chip", KERNEL_CHIP, "--json", file, "-q"]
            with log.open("w") as output:
                start = time.monotonic()
                process = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
                _, status, usage = os.wait4(process.pid, 0)  # of this process alone, unlike RUSAGE_CHILDREN
                wall = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                sys.exit(f"bench: {name} exits {process.returncode}\n{log.read_text()}")
            pipes = json.loads(file.read_text())["pipes"]
        instructions = sum(pipe["instructions"] for pipe in pipes if pipe["pipe"] != "scalar")
        runs.append({"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "pipe_instructions": instructions,
                     "peak_rss_bytes": usage.ru_maxrss * 1024})
    return min(runs, key=lambda run: run["wall_s"])


def run_benchmarks(program):
    command = [program, "--benchmark_format=json", "--benchmark_repetitions=3",
               "--benchmark_report_aggregates_only=true"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment())
    if done.returncode != 0:
        sys.exit(f"bench: {program.name} exits {done.returncode}\n{done.stdout}{done.stderr}")
    to_ns = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    measured = {}
    for entry in json.loads(done.stdout)["benchmarks"]:
        if entry["aggregate_name"] == "median":
            figures = {"ns": entry["cpu_time"] * to_ns[entry["time_unit"]]}
            figures.update({key: entry[key] for key in ("items_per_second", "of_peak") if key in entry})
            measured[f"{program.name}/{entry['run_name']}"] = figures
    return measured


def verdict(name, figures, old, limits, same_machine):
    """What is wrong with these figures, as a list of words; empty when nothing is."""
    faults = []
    if old:
        for count in ("hop_events", "pipe_instructions"):
            if figures.get(count) != old.get(count):
                faults.append(f"{count.replace('_', ' ')} were {old.get(count, 0):,}")
        if figures.get("peak_rss_bytes", 0) > old.get("peak_rss_bytes", 0) * MEMORY_TOLERANCE:
            faults.append(f"memory was {old['peak_rss_bytes'] / MIB:.0f} MiB")
        for key, unit in (("wall_s", "s"), ("cpu_s", "s of the processor"), ("ns", "ns")):
            if key == "wall_s" and "cpu_s" in old:
                continue  # says the same, without what others did meanwhile
            if same_machine and key in old and figures[key] > old[key] * WALL_TOLERANCE:
                faults.append(f"time was {old[key]:.4g} {unit}")
    seconds, memory = limits
    if seconds and figures.get("cpu_s", figures["wall_s"]) > seconds:  # one thread: the wall time of a free machine
        faults.append(f"over the limit of {seconds} s")
    if memory and figures["peak_rss_bytes"] > memory:
        faults.append(f"over the limit of {memory / MIB:.0f} MiB")
    for key, (least, most) in BENCHMARK_TARGETS.get(name, {}).items():
        if figures[key] < least or (most is not None and figures[key] > most):
            faults.append(f"{key} is {figures[key]:.4g}, expected " +
                          (f"at least {least:.4g}" if most is None else f"{least} to {most}"))
    return faults


def scenario_row(name, figures):
    rate = figures["hop_events"] / max(figures["wall_s"], 1e-9) / 1e6
    return (f"{name:26} {figures['wall_s']:9.3f} s {figures['hop_events']:>14,} hops {rate:7.2f} M/s "
            f"{figures['peak_rss_bytes'] / MIB:7.0f} MiB")


def kernel_row(name, figures):
    rate = figures["pipe_instructions"] / max(figures["wall_s"], 1e-9) / 1e6
    return (f"{name:26} {figures['wall_s']:9.3f} s {figures['pipe_instructions']:>14,} inst {rate:7.2f} M/s "
            f"{figures['peak_rss_bytes'] / MIB:7.0f} MiB {figures['cpu_s']:8.3f} s of the processor")


def benchmark_row(name, figures):
    row = f"{name:58} {figures['ns']:14,.0f} ns"
    if "items_per_second" in figures:
        row += f" {figures['items_per_second'] / 1e6:9.2f} M/s"
    return row + (f" {figures['of_peak']:6.1%} of peak" if "of_peak" in figures else "")


def wanted(name, only):
    return not only or any(word in name for word in only)


def measure(options):
    """Runs what was asked for, a row as soon as it is there. Yields (kind, name, figures, row)."""
    for name in SCENARIOS:
        if wanted(name, options.only):
            figures = run_scenario(options.build / "podsim", name, options.repeat)
            yield "scenarios", name, figures, scenario_row(name, figures)
    for name in KERNELS:
        if wanted(name, options.only):
            figures = run_kernel(options.build / "podsim", name, options.repeat)
            yield "kernels", name, figures, kernel_row(name, figures)
    programs = sorted(p for p in (options.build / "bench").glob("*") if p.is_file() and os.access(p, os.X_OK))
    for program in programs:
        if wanted(program.name, options.only):
            for name, figures in run_benchmarks(program).items():
                yield "benchmarks", name, figures, benchmark_row(name, figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="Release build folder")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each scenario and kernel, the fastest counts (3)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME",
                        help="scenarios, kernels and benchmark programs with NAME in their name")
    parser.add_argument("--update", action="store_true", help="store what was measured as the new baseline")
    options = parser.parse_args()

    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    same_machine = baseline.get("processor") == processor()
    if baseline and not same_machine:
        print(f"bench: the baseline is of {baseline['processor']}; times are not judged against it")
    limits = {**SCENARIOS, **{name: row[:2] for name, row in KERNELS.items()}}
    measured, failed = {"scenarios": {}, "kernels": {}, "benchmarks": {}}, False
    for kind, name, figures, row in measure(options):
        measured[kind][name] = figures
        old = None if options.update else baseline.get(kind, {}).get(name)
        faults = verdict(name, figures, old, limits.get(name, (None, None)), same_machine)
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

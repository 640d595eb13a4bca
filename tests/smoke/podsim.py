# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""The built podsim, as the smoke tests call it: PODSIM names the binary, PODSIM_BUILD its build folder."""
import csv
import hashlib
import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ["PODSIM"])
BUILD = pathlib.Path(os.environ["PODSIM_BUILD"])

TABLES = ("links.csv", "cards.csv", "layers.csv", "transfers.csv", "waves.csv")
RESULT_FILES = ("results.json", "effective_config.json", "timeline.json", *TABLES)  # the same for the same input
RUN_FIGURES = ("wall_s", "hop_events", "hop_events_per_s", "peak_rss_bytes", "version", "git_revision")


def podsim(*arguments, binary=BINARY, **options):
    """podsim with these arguments, to its end; stdout and stderr kept as text."""
    command = [str(binary), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def said(done):
    """What a finished podsim said, for a failing assertion."""
    return f"exit {done.returncode} of {' '.join(done.args)}\n{done.stdout}{done.stderr}"


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def check_results(test, folder, partial=False):
    """Every file of a run is there, whole, and says what the others say. Returns results.json."""
    test.assertEqual(sorted(p.name for p in folder.iterdir()), sorted([*RESULT_FILES, "run.json"]))
    results, run = (json.loads((folder / name).read_text()) for name in ("results.json", "run.json"))
    for name in ("effective_config.json", "timeline.json"):
        json.loads((folder / name).read_text())
    for name in TABLES:
        rows = read_csv(folder / name)
        test.assertEqual({len(row) for row in rows}, {len(rows[0])}, f"{name} is ragged")
    test.assertEqual([figure for figure in RUN_FIGURES if figure not in run], [])
    test.assertEqual(run["results_sha256"], hashlib.sha256((folder / "results.json").read_bytes()).hexdigest())
    test.assertIn("schema_version", results)
    test.assertEqual((results["partial"], run["partial"]), (partial, partial))
    return results


def result_bytes(folder):
    """What must not change from run to run."""
    return {name: (folder / name).read_bytes() for name in RESULT_FILES}

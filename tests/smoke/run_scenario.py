#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Runs one scenario as a user does and holds its files against each other.

  run_scenario.py [--once] SCENARIO [podsim run argument]...
Then, unless --once, runs what it wrote as effective_config.json: the results must be the same, byte for byte.
"""
import json
import pathlib
import sys
import tempfile
import unittest

from podsim import check_results, podsim, result_bytes, said


class Scenario(unittest.TestCase):
    arguments = []
    once = False

    def test_runs_and_its_effective_configuration_repeats_it(self):
        with tempfile.TemporaryDirectory() as folder:
            first, again = pathlib.Path(folder, "first"), pathlib.Path(folder, "again")
            done = podsim("run", *self.arguments, "--out", first)
            self.assertEqual(done.returncode, 0, said(done))
            results = check_results(self, first)
            sha256 = json.loads((first / "run.json").read_text())["results_sha256"]
            self.assertIn(sha256[:12], done.stdout, "the console does not print the digest of results.json")
            self.check_bounds(results["metrics"])

            if self.once:
                return
            done = podsim("run", first / "effective_config.json", "--out", again)
            self.assertEqual(done.returncode, 0, said(done))
            for name, content in result_bytes(first).items():
                self.assertEqual((again / name).read_bytes(), content, f"{name} differs")

    def check_bounds(self, metrics):
        """What was simulated is never under its bound, and some figure has one."""
        bounded = [name for name in metrics if f"bound.{name}" in metrics]
        self.assertNotEqual(bounded, [])
        for name in bounded:
            self.assertLessEqual(metrics[f"bound.{name}"], metrics[name], name)
            self.assertGreater(metrics[name], 0, name)


if __name__ == "__main__":
    Scenario.once = "--once" in sys.argv
    Scenario.arguments = [word for word in sys.argv[1:] if word != "--once"]
    unittest.main(argv=sys.argv[:1], verbosity=0)

#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""The command line from outside: exit codes, messages, files, and where podsim finds its data."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from podsim import BINARY, BUILD, SOURCE, check_results, podsim, result_bytes, said

SMALL = "all_to_all_1024"
CARDS = ("--set", "/workload/cards=16")


class CommandLine(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def run_small(self, *arguments, out="out", **options):
        return podsim("run", SMALL, *CARDS, "--out", self.scratch / out, *arguments, **options)

    def assert_refused(self, done, *words):
        """Exit 2, every word on stderr, nothing that looks like a crash, no files."""
        self.assertEqual(done.returncode, 2, said(done))
        for word in words:
            self.assertIn(word, done.stderr)
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith("podsim: "), line)

    # --- what it accepts ----------------------------------------------------------------------------------------

    def test_help_and_version_are_no_errors(self):
        for arguments in (["--help"], ["--version"], ["run", "--help"], ["topology", "--help"], ["trace", "--help"]):
            done = podsim(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), said(done))
            self.assertTrue(done.stdout)

    def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(self):
        moe = ["run", "layer_8192_ep64", "--set", "/workload/cards=64", "--set", "/workload/tokens_per_card=16"]
        files = {}
        for name, seed in (("a", 7), ("b", 7), ("c", 8)):
            done = podsim(*moe, "--seed", seed, "--out", self.scratch / name)
            self.assertEqual(done.returncode, 0, said(done))
            files[name] = result_bytes(self.scratch / name)
        self.assertEqual(files["a"], files["b"])
        self.assertNotEqual(files["a"]["results.json"], files["c"]["results.json"])

    def test_writes_whole_files_over_old_ones_and_leaves_nothing_beside_them(self):
        for _ in range(2):
            done = self.run_small()
            self.assertEqual(done.returncode, 0, said(done))
            check_results(self, self.scratch / "out")

    def test_set_reaches_every_key_and_comes_back_in_the_effective_configuration(self):
        self.run_small("--set", "/workload/row=512B")
        effective = json.loads((self.scratch / "out" / "effective_config.json").read_text())
        self.assertEqual((effective["workload"]["row"], effective["workload"]["cards"]), ("512B", 16))

    # --- what it refuses ----------------------------------------------------------------------------------------

    def test_the_command_line_is_checked(self):
        self.assert_refused(podsim("fly"), "fly", "topology")
        self.assert_refused(podsim("run"), "SCENARIO")
        self.assert_refused(podsim("run", SMALL, "--fidelity", "exact"), "exact", "packet")
        self.assert_refused(podsim("run", SMALL, "--seed", "many"), "many")

    def test_an_unknown_scenario_names_the_known_ones(self):
        self.assert_refused(podsim("run", "all_to_all_1025"), "all_to_all_1025", SMALL)

    def test_a_folder_is_no_scenario(self):
        self.assert_refused(podsim("run", self.scratch), str(self.scratch), "folder")

    def test_a_wrong_set_names_the_key(self):
        self.assert_refused(self.run_small("--set", "/workload/cardz=4"), "cardz", "cards")
        self.assert_refused(self.run_small("--set", "/workload/cards=few"), "/workload/cards", "few")
        self.assert_refused(self.run_small("--set", "workload/cards=4"), "workload/cards=4")

    def test_all_errors_of_a_file_at_once_with_file_and_path(self):
        scenario = json.loads((SOURCE / "configs/scenarios" / f"{SMALL}.json").read_text())
        scenario["workload"].update(cardz=4, row="7 bananas")
        file = self.scratch / "wrong.json"
        file.write_text(json.dumps(scenario))
        done = podsim("run", file, "--out", self.scratch / "out")
        self.assert_refused(done, "wrong.json", "cardz", "/workload/row", "7 bananas")
        self.assertFalse((self.scratch / "out").exists(), "a refused run leaves a folder")

    def test_a_full_or_closed_output_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([os.environ["PODSIM"], "topology", "cloudmatrix384"], stdout=full, stderr=subprocess.PIPE,
                                  text=True)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("standard output", done.stderr)

    # --- where it finds its data ----------------------------------------------------------------------------------

    def install(self):
        prefix = self.scratch / "prefix"
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
        return prefix

    def test_an_installed_tree_runs_from_anywhere(self):
        prefix = self.install()
        elsewhere = self.scratch / "elsewhere"
        elsewhere.mkdir()
        environment = {k: v for k, v in os.environ.items() if k != "PODSIM_DATA"}
        moved = self.scratch / "moved"
        prefix.rename(moved)
        options = {"binary": moved / "bin/podsim", "cwd": elsewhere, "env": environment}
        for name in (SMALL, f"configs/scenarios/{SMALL}.json"):
            done = podsim("run", name, *CARDS, "--out", "out", **options)
            self.assertEqual(done.returncode, 0, said(done))
            check_results(self, elsewhere / "out")

        # It reads the installed files, not those of the source tree it was built from.
        (moved / f"share/podsim/configs/scenarios/{SMALL}.json").unlink()
        self.assert_refused(podsim("run", SMALL, *CARDS, **options), SMALL)

    def test_a_binary_far_from_its_data_says_how_to_name_them(self):
        alone = self.scratch / "podsim"
        shutil.copy(BINARY, alone)
        environment = {k: v for k, v in os.environ.items() if k != "PODSIM_DATA"}
        for name in (SMALL, f"configs/scenarios/{SMALL}.json"):
            done = podsim("run", name, binary=alone, cwd=self.scratch, env=environment)
            self.assert_refused(done, name, "PODSIM_DATA")

    def test_podsim_data_names_another_tree(self):
        data = self.scratch / "data"
        for folder in ("configs", "models"):
            shutil.copytree(SOURCE / folder, data / folder)
        scenario = data / "configs/scenarios" / f"{SMALL}.json"
        scenario.rename(scenario.with_name("mine.json"))
        done = podsim("run", "mine", *CARDS, "--out", self.scratch / "out", env={**os.environ, "PODSIM_DATA": str(data)})
        self.assertEqual(done.returncode, 0, said(done))


if __name__ == "__main__":
    unittest.main()

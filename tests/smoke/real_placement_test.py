#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Acceptance on real placements: files of other projects, in the folder that PODSIM_TRACES names and never in this
tree (README.md says where they come from). Skipped, and said so, without it."""
import json
import os
import pathlib
import sys
import tempfile
import unittest

from podsim import check_results, podsim, read_csv, said

TRACES = os.environ.get("PODSIM_TRACES")
SCENARIO = "dsv3_58_layers_cloudmatrix"
DSV3 = "placement/omni_dsv3_58layers_16ranks_prefill.npy"  # 58 layers, 256 experts on 16 ranks, no replicas
REPLICATED = "placement/omni_58moe_16dev_256exp.txt"  # the same with 16 replicas per layer: 17 slots per rank


class RealPlacement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)

    def replay(self, name, *sets):
        """All 58 layers under one placement: its metrics and its rows of layers.csv."""
        folder = self.scratch / name
        arguments = [word for text in sets for word in ("--set", text)]
        done = podsim("run", SCENARIO, *arguments, "--out", folder)
        self.assertEqual(done.returncode, 0, said(done))
        metrics = check_results(self, folder)["metrics"]
        self.assertEqual(metrics["layers.count"], 58)
        header, *rows = read_csv(folder / "layers.csv")
        return metrics, [dict(zip(header, row)) for row in rows]

    def file(self, name):
        return f"/workload/placement/file={pathlib.Path(TRACES, name)}"

    def test_58_real_layers_against_contiguous_and_our_eplb(self):
        real, layers = self.replay("real", self.file(DSV3))
        contiguous, plain = self.replay("contiguous", "/workload/placement/kind=contiguous")
        balanced, _ = self.replay("eplb", "/workload/placement/kind=eplb")
        self.assertEqual(len(layers), 58)
        self.assertEqual(real["traffic.rows"], contiguous["traffic.rows"], "the routing must be the same")
        # No layer of the real placement is the contiguous one, so every layer is loaded differently.
        self.assertEqual([a["layer"] for a, b in zip(layers, plain) if a["imbalance"] == b["imbalance"]], [])
        # Ours is made for this very routing; the real one was made for loads that this routing does not have.
        self.assertLess(balanced["traffic.imbalance"], contiguous["traffic.imbalance"])
        self.assertLess(balanced["traffic.imbalance"], real["traffic.imbalance"])
        self.assertLess(balanced["layers.total_us"], contiguous["layers.total_us"])

    def test_a_placement_with_replicas(self):
        metrics, _ = self.replay("replicated", self.file(REPLICATED))
        self.assertGreater(metrics["layers.total_us"], 0)

    def test_a_placement_for_other_ranks_is_refused_with_both_numbers(self):
        done = podsim("run", SCENARIO, "--set", self.file("placement/omni_58moe_4dev_64exp.txt"), "--out",
                      self.scratch / "refused")
        self.assertEqual(done.returncode, 2, said(done))
        for word in ("omni_58moe_4dev_64exp.txt", "4", "16"):
            self.assertIn(word, done.stderr)

    def test_the_effective_configuration_names_the_file(self):
        folder = self.scratch / "one"
        done = podsim("run", SCENARIO, "--set", self.file(DSV3), "--set", "/workload/layers/count=1", "--out", folder)
        self.assertEqual(done.returncode, 0, said(done))
        effective = json.loads((folder / "effective_config.json").read_text())
        self.assertTrue(effective["workload"]["placement"]["file"].endswith(DSV3))


if __name__ == "__main__":
    if not TRACES:
        print("PODSIM_TRACES is not set: no real placement was replayed")
        sys.exit(77)
    unittest.main()

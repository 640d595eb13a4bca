#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""podsim cache: what it keeps, what it finds again, and grouped GEMMs composed of tiles beside whole ones."""
import concurrent.futures
import json
import pathlib
import random
import shutil
import tempfile
import unittest

from podsim import podsim, result_bytes, said

SMALL = ["layer_8192_ep64", "--set", "/workload/cards=8", "--set", "/workload/expert_parallel=8",
         "--set", "/workload/tokens_per_card=2", "--set", "/workload/model/expert_width=512",
         "--set", "/workload/model/hidden=1024", "--set", "/schedule/block_m=16"]
# Chip, element type, layout of weights, sizes of a product and of its tiles, most that composed and simulated differ. The
# aim is 5 %; where it is missed (docs/components/kernel_timer.md says where and why), what is allowed keeps it from growing.
GEMMS = [("ascend950dt", "fp8", "transposed", 6144, 7168, 192, 128, 0.05),
         ("ascend950dt", "fp8", "transposed", 7168, 3072, 64, 128, 0.10),
         ("ascend910b2", "bf16", "nz", 4096, 2048, 128, 128, 0.08),
         ("ascend910c", "int8", "nz", 4096, 7168, 128, 256, 0.135)]
# Microseconds that kernels take under a model version. When one changes, raise kCoreModelVersion and record the new ones.
MODEL_VERSION = 2
RECORDED = [
    ("grouped_matmul --chip ascend950dt --shape n=1024,k=1024 --tiling rows=48:0:130 --dtype fp8", 5.037151),
    ("grouped_matmul --chip ascend910c --shape n=1024,k=1024 --tiling rows=48:0:130 --dtype int8", 16.968231),
    ("swiglu_quant --chip ascend950pr --shape rows=128,columns=2048 --dtype bf16", 2.602199),
    ("scatter_rows --chip ascend910b2 --shape rows=96,tokens=96,columns=2048 --dtype bf16", 7.795337)]


class Cache(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.cache = self.folder / "cache"
        self.addCleanup(shutil.rmtree, self.folder)

    def command(self, *arguments, code=0):
        done = podsim("cache", *arguments, "--cache", self.cache)
        self.assertEqual(done.returncode, code, said(done))
        return done

    def answer(self, *arguments, code=0):
        return json.loads(self.command(*arguments, "--json", code=code).stdout)

    def run_small(self, name):
        out = self.folder / name
        done = podsim("run", *SMALL, "--timer", "core", "--cache", self.cache, "--out", out, "--quiet")
        self.assertEqual(done.returncode, 0, said(done))
        return result_bytes(out)

    def test_warm_list_run_clear(self):
        self.assertEqual(self.answer("list")["timings"], [])
        warmed = self.answer("warm", *SMALL)
        self.assertGreater(warmed["simulated"], 0)
        again = self.answer("warm", *SMALL)
        self.assertEqual((again["simulated"], again["found"]), (0, warmed["simulated"]))
        listed = self.answer("list")
        self.assertEqual(len(listed["timings"]), warmed["simulated"])
        self.assertEqual({entry["die"] for entry in listed["timings"]}, {"Ascend 950DT"})
        self.run_small("first")
        self.assertEqual(len(self.answer("list")["timings"]), warmed["simulated"], "a warm run simulates no kernel")
        self.assertIn(f"{warmed['simulated']} timings", self.command("list").stdout)
        self.assertEqual(self.answer("clear")["removed"], warmed["simulated"])
        self.assertEqual(self.answer("list")["timings"], [])

    def test_damaged_files_are_mended_and_change_nothing(self):
        whole = self.run_small("cold")
        files = sorted(self.cache.iterdir())
        files[0].write_bytes(files[0].read_bytes()[:100])
        files[1].write_text("no JSON")
        files[2].write_bytes(files[2].read_bytes().replace(b'"blocks": ', b'"blocks": 1'))
        self.assertEqual(len(self.answer("list")["unusable"]), 3)
        self.assertEqual(self.run_small("mended"), whole)
        self.assertEqual(self.answer("list")["unusable"], [])

    def test_two_cold_runs_at_one_time_share_a_folder(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            first, second = pool.map(self.run_small, ("a", "b"))
        self.assertEqual(first, second)
        self.assertEqual(self.answer("list")["unusable"], [])

    def test_roofline_needs_no_timings(self):
        done = podsim("run", *SMALL, "--timer", "roofline", "--cache", self.cache, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 0, said(done))
        self.assertFalse(self.cache.exists())

    def test_a_wrong_command_is_told(self):
        done = self.command("warm", "all_to_all_1024", code=2)
        self.assertIn("no kernels", done.stderr)
        done = podsim("run", *SMALL, "--set", "/machine/chip=configs/chips/nvidia_h800.json", "--timer", "core",
                      "--out", self.folder / "out")
        self.assertEqual(done.returncode, 2, said(done))
        self.assertIn("names no die", done.stderr)
        self.cache.write_text("a file")
        done = podsim("run", *SMALL, "--timer", "core", "--cache", self.cache, "--out", self.folder / "out")
        self.assertEqual(done.returncode, 2, said(done))
        self.assertIn(str(self.cache), done.stderr)

    def test_the_model_version_stands_for_these_times(self):
        self.assertEqual(self.answer("list")["model_version"], MODEL_VERSION)
        for arguments, duration in RECORDED:
            file = self.folder / "kernel.json"
            done = podsim("kernel", *arguments.split(), "--l2", "clean", "--json", file, "--quiet")
            self.assertEqual(done.returncode, 0, said(done))
            self.assertEqual(json.loads(file.read_text())["task_duration_us"], duration, arguments)

    def test_composed_and_simulated_grouped_gemms_are_close(self):
        draw = random.Random(1)
        for chip, dtype, weights, columns, k, block_m, block_n, most in GEMMS:
            for experts in (4, draw.randint(5, 16), 48):
                mean = draw.choice((8, 30, 120)) if experts < 48 else 6
                rows = ":".join(str(int(draw.gammavariate(2, mean / 2))) for _ in range(experts))
                with self.subTest(chip=chip, rows=rows):
                    done = podsim("cache", "check", "--chip", chip, "--rows", rows, "--columns", columns, "--k", k,
                                  "--block-m", block_m, "--block-n", block_n, "--dtype", dtype, "--weights", weights,
                                  "--tolerance", most, "--cache", self.cache, "--json")
                    self.assertEqual(done.returncode, 0, said(done))


if __name__ == "__main__":
    unittest.main()

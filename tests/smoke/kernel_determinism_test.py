#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""The same kernel and seed give the same bytes of --json and --trace in every process, wherever its memory lies."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from podsim import BINARY, SOURCE, podsim, said

CHIPS = ("ascend910b1", "ascend950pr")
# Cube cores, cube and vector cores together, vector cores with rows and with a stream.
KERNELS = {
    "matmul": ["--shape", "m=300,n=500,k=400"],
    "grouped_matmul": ["--shape", "groups=3,m=20,n=300,k=200", "--dtype", "int8"],
    "rms_norm": ["--shape", "rows=77,columns=500"],
    "vector_add": ["--shape", "n=100003"],
}


class Determinism(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = pathlib.Path(scratch.name)

    def output(self, kernel, chip, *more, prefix=(), padding=0):
        """(what --json says, what --trace says) of one process; `padding` bytes of environment move its stack."""
        files = [self.scratch / "o.json", self.scratch / "t.json"]
        command = ["kernel", kernel, "--chip", chip, *KERNELS[kernel], "--json", files[0], "--trace", files[1], "-q", *more]
        environment = {**os.environ, "PODSIM_TEST_PADDING": "x" * padding}
        if prefix:
            done = subprocess.run([*prefix, BINARY, *map(str, command)], capture_output=True, text=True, env=environment)
        else:
            done = podsim(*command, env=environment)
        self.assertEqual(done.returncode, 0, said(done) if not prefix else done.stderr)
        return [file.read_bytes() for file in files]

    def test_every_process_writes_the_same_bytes(self):
        for chip in CHIPS:
            for kernel in KERNELS:
                for mode in ([], ["--check"]):
                    with self.subTest(f"{kernel} on {chip} {mode}"):
                        first = self.output(kernel, chip, *mode)
                        self.assertTrue(json.loads(first[1])["traceEvents"])
                        self.assertEqual(self.output(kernel, chip, *mode, padding=4093), first)

    def test_nor_does_address_space_randomisation_matter(self):
        if shutil.which("setarch") is None:
            self.skipTest("no setarch")
        without = ["setarch", "-R"]
        if subprocess.run([*without, "true"], capture_output=True).returncode != 0:
            self.skipTest("setarch -R is not allowed here")
        for kernel in KERNELS:
            with self.subTest(kernel):
                self.assertEqual(self.output(kernel, CHIPS[0], prefix=without), self.output(kernel, CHIPS[0]))

    def test_data_and_no_data_give_the_same_times_and_trace(self):
        for kernel in KERNELS:
            with self.subTest(kernel):
                timing, trace = self.output(kernel, CHIPS[0])
                checked, trace_with_data = self.output(kernel, CHIPS[0], "--check")
                self.assertEqual(trace, trace_with_data)
                times = [{key: value for key, value in json.loads(text).items() if key.endswith(("_us", "_ratio", "_cycles"))}
                         for text in (timing, checked)]
                self.assertEqual(times[0], times[1])
                self.assertGreater(times[0]["task_duration_us"], 0)

    def test_the_seed_is_in_the_output_and_changes_no_time(self):
        one, other = (json.loads(self.output("matmul", CHIPS[0], "--check", "--seed", seed)[0]) for seed in ("1", "2"))
        self.assertEqual((one.pop("seed"), other.pop("seed")), (1, 2))
        self.assertEqual(one["task_duration_us"], other["task_duration_us"])

    def test_the_same_kernel_of_the_users_writes_the_same_bytes(self):
        source = SOURCE / "tests/kernels/add_stream.cpp"
        written = []
        for padding in (0, 4093):
            files = [self.scratch / name for name in ("o.json", "t.json", "z.npy")]
            done = podsim("kernel", "run", source, "--chip", CHIPS[0], "--blocks", 8, "--seed", 9, "--json", files[0],
                          "--trace", files[1], "-q", "--arg", "in:random:fp16:16384", "--arg", "in:random:fp16:16384",
                          "--arg", f"out:fp16:16384:{files[2]}", "--arg", "u32:16384",
                          env={**os.environ, "PODSIM_TEST_PADDING": "x" * padding})
            self.assertEqual(done.returncode, 0, said(done))
            written.append([file.read_bytes() for file in files])
        self.assertEqual(written[0], written[1])


if __name__ == "__main__":
    unittest.main()

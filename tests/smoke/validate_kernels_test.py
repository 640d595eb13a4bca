#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""The quick ones of the shipped kernel cases through `podsim validate`: every case gets a figure in bounded time, the
summary counts what the JUnit file lists, and the exit code is what the summary says. How large the errors may be is
in the cases files, where a miss needs a written reason."""
import json
import math
import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from podsim import SOURCE, podsim, said

CASES = SOURCE / "tests/validation"
QUICK_SIZE = 1 << 24  # product of a case's sizes
SECONDS = 300  # some fifty times what it takes, for a sanitizer build on a busy machine
COUNTS = re.compile(r"(\d+) (within tolerance|missed with a reason|missed|failed)")


def quick_cases():
    for file in sorted(CASES.glob("kernels_*.json")):
        for one in json.loads(file.read_text())["cases"]:
            if "kernel" in one and math.prod(one["kernel"]["shape"].values()) <= QUICK_SIZE:
                yield one


class QuickKernelCases(unittest.TestCase):
    def validate(self, cases, *arguments):
        """(finished process, JUnit root) of podsim validate on these cases."""
        with tempfile.TemporaryDirectory() as folder:
            file, junit = pathlib.Path(folder, "quick.json"), pathlib.Path(folder, "junit.xml")
            file.write_text(json.dumps({"cases": cases}))
            done = podsim("validate", file, "--junit", junit, *arguments, cwd=folder, timeout=SECONDS)
            return done, ElementTree.parse(junit).getroot()

    def test_every_quick_case_has_a_figure_and_the_summary_agrees(self):
        cases = list(quick_cases())
        self.assertGreater(len(cases), 2)
        self.assertGreater(len({one["kernel"]["chip"] for one in cases}), 1)
        done, junit = self.validate(cases)
        self.assertIn(done.returncode, (0, 1), said(done))
        listed = list(junit.iter("testcase"))
        self.assertEqual([e.attrib["name"] for e in listed if e.find("error") is not None], [], said(done))
        self.assertEqual({e.attrib["name"].split()[0] for e in listed}, {one["id"] for one in cases})
        summary = next(line for line in done.stdout.splitlines() if re.match(r"\d+ famil", line))
        counts = {what: int(count) for count, what in COUNTS.findall(summary)}
        self.assertEqual(counts.get("missed", 0), len(list(junit.iter("failure"))), summary)
        self.assertEqual(counts.get("missed with a reason", 0), len(list(junit.iter("skipped"))), summary)
        self.assertEqual(done.returncode, 1 if counts.get("missed", 0) or counts.get("failed", 0) else 0, summary)

    def test_a_kernel_that_was_measured_otherwise_is_a_miss(self):
        one = {**next(quick_cases()), "expected": 1e-3, "tolerance": 0.1}
        for key in ("also", "busiest_pipe", "why", "calibrated"):
            one.pop(key, None)
        done, junit = self.validate([one])
        self.assertEqual(done.returncode, 1, said(done))
        self.assertEqual(len(list(junit.iter("failure"))), 1)
        done, junit = self.validate([{**one, "why": "nobody measured it"}])
        self.assertEqual(done.returncode, 0, said(done))
        self.assertEqual(len(list(junit.iter("skipped"))), 1)

    def test_a_kernel_that_cannot_run_is_an_error_that_names_it(self):
        one = {**next(quick_cases()), "id": "cannot"}
        one["kernel"] = {**one["kernel"], "shape": {"no_such_size": 3}}
        done, junit = self.validate([one])
        self.assertEqual(done.returncode, 1, said(done))
        self.assertIn("no_such_size", next(junit.iter("error")).attrib["message"])


if __name__ == "__main__":
    unittest.main()

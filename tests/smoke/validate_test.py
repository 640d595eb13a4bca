#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""podsim validate on a few quick cases, and the shipped cases files against the configurations."""
import json
import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from podsim import SOURCE, podsim, said

CASES = SOURCE / "tests/validation"
SCENARIO = str(SOURCE / "configs/scenarios/all_to_all_1024.json")
CORE_FOLDERS = ("cores", "memory", "dies")  # what calibrates kernels; the others calibrate runs
LAYER_FOLDERS = ("chips", "stacks", "pods", "protocols", "one_sided")
LIBRARY = SOURCE / "src/kernel/ops/matmul_library.cpp"  # its constants are software's, not a chip's
# Constants of earlier versions were chosen on these rows: they are not predictions any more.
ONCE_CALIBRATED = {"datacopy_ub_a2_s2", "datacopy_l1_a2_s2", "datacopy_l1_a2_s5", "datacopy_l1_a2_s6", "datacopy_l1_a5_s5"}


def case(name, cards, **changes):
    """A quick case: an all-to-all among a few cards, expected to take next to nothing."""
    return {"id": name, "family": "quick <&> quick", "metric": "all_to_all.latency_us", "expected": 1e-3, "unit": "us",
            "run": {"scenario": SCENARIO, "set": {"/workload/cards": cards}}, "tolerance": 1e9, "source": "nobody",
            **changes}


class Validate(unittest.TestCase):
    def validate(self, cases, *arguments):
        """podsim validate on a file with these cases: (finished process, JUnit root or None, page)."""
        with tempfile.TemporaryDirectory() as folder:
            file, junit, page = (pathlib.Path(folder, name) for name in ("quick.json", "junit.xml", "page.md"))
            file.write_text(json.dumps({"cases": cases}))
            done = podsim("validate", file, "--junit", junit, "--markdown", page, *arguments, cwd=folder)
            root = ElementTree.parse(junit).getroot() if junit.exists() else None
            return done, root, page.read_text() if page.exists() else ""

    def test_two_cases_within_tolerance_exit_0(self):
        done, junit, page = self.validate([case("few", 4), case("more", 6)], "-j", 2)
        self.assertEqual(done.returncode, 0, said(done))
        self.assertIn("2 within tolerance, 0 missed", done.stdout)
        self.assertEqual(junit.attrib["tests"], "2")
        self.assertEqual([e.attrib["name"] for e in junit.iter("testcase")], ["few", "more"])
        self.assertEqual(junit.find("testsuite").attrib["name"], "quick <&> quick")
        self.assertIn("| more |", page)

    def test_the_page_is_the_same_however_many_run_at_a_time(self):
        cases = [case(f"c{cards}", cards) for cards in (2, 3, 4, 5)]
        self.assertEqual(self.validate(cases, "-j", 1)[2], self.validate(cases, "-j", 4)[2])

    def test_a_miss_exits_1_and_a_written_reason_excuses_it(self):
        done, junit, _ = self.validate([case("few", 4, tolerance=0.1)])
        self.assertEqual(done.returncode, 1, said(done))
        self.assertEqual(len(list(junit.iter("failure"))), 1)
        done, junit, page = self.validate([case("few", 4, tolerance=0.1, why="nobody measured it")])
        self.assertEqual(done.returncode, 0, said(done))
        self.assertEqual(len(list(junit.iter("skipped"))), 1)
        self.assertIn("`few`: nobody measured it", page)

    def test_a_failed_run_exits_1_with_its_error(self):
        bad = case("bad", 4)
        bad["run"]["set"]["/workload/no_such_key"] = 1
        done, junit, _ = self.validate([bad, case("good", 4)])
        self.assertEqual(done.returncode, 1, said(done))
        self.assertIn("no_such_key", next(junit.iter("error")).attrib["message"])
        self.assertIn("1 within tolerance, 0 missed, 1 failed", done.stdout)

    def test_wrong_input_exits_2(self):
        for cases, arguments, words in (([case("a", 4), case("a", 5)], [], "the id is there twice"),
                                        ([case("a", 4, tolerence=1)], [], "tolerance"),
                                        ([case("a", 4)], ["--filter", "zzz"], "zzz"),
                                        ([case("a", 4)], ["-j", "0"], "-j")):
            with self.subTest(words):
                done, junit, _ = self.validate(cases, *arguments)
                self.assertEqual(done.returncode, 2, said(done))
                self.assertIn(words, done.stderr)
                self.assertIsNone(junit)


class ShippedCases(unittest.TestCase):
    def cases(self):
        for file in sorted(CASES.glob("*.json")):
            for one in json.loads(file.read_text())["cases"]:
                yield file, one

    def named_as_calibration(self, folders):
        """The rows that the sources of these configurations name; "a_c5 to a_c7" and "ep8 to ep256" name a range."""
        texts = []
        for folder in folders:
            for file in (SOURCE / "configs" / folder).glob("*.json"):
                texts += [part for text in re.findall(r'"((?:[^"\\]|\\.)*)"', file.read_text())
                          for part in text.split("calibrated:")[1:]]
        if folders is CORE_FOLDERS:
            comments = " ".join(re.findall(r"^// (.*)", LIBRARY.read_text(), re.MULTILINE))
            texts += comments.split("calibrated:")[1:]
        rows = {row for text in texts for row in re.findall(r"\w+(?:[._-]\w+)+", text)}
        ranges = [r for text in texts for r in re.findall(r"([\w.]*?)(\d+) to ([\w.]*?)(\d+)", text)]
        return rows, [(first, int(low), int(high)) for first, low, last, high in ranges
                      if first and last and first.endswith(last)]

    def is_named(self, name, named):
        rows, ranges = named
        match = re.match(r"(.*?)(\d+)(?:\.CM384_CANN\.lat)?$", name)
        in_range = match and any(match[1] == stem and low <= int(match[2]) <= high for stem, low, high in ranges)
        return name in rows or bool(in_range)

    def test_cases_are_marked_calibrated_where_a_configuration_names_them(self):
        cores, layers = (self.named_as_calibration(folders) for folders in (CORE_FOLDERS, LAYER_FOLDERS))
        marked = 0
        for file, one in self.cases():
            if "gain" in one:
                continue
            with self.subTest(one["id"]):
                named = self.is_named(one["id"], cores if "kernel" in one else layers) or one["id"] in ONCE_CALIBRATED
                self.assertEqual(one.get("calibrated", False), named, file.name)
                marked += named
        self.assertGreater(marked, 0)

    def test_every_case_has_a_figure(self):
        with tempfile.TemporaryDirectory() as folder:
            junit = pathlib.Path(folder, "junit.xml")
            done = podsim("validate", *sorted(CASES.glob("*.json")), "--junit", junit, "--quiet", cwd=folder)
            self.assertIn(done.returncode, (0, 1), said(done))
            errors = {e.attrib["name"]: e.find("error").attrib["message"]
                      for e in ElementTree.parse(junit).getroot().iter("testcase") if e.find("error") is not None}
            self.assertEqual(errors, {})


if __name__ == "__main__":
    unittest.main()

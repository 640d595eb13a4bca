#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""podsim claims on a few quick claims, and the shipped claims that need no run."""
import csv
import json
import pathlib
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from podsim import SOURCE, podsim, said

SCENARIO = str(SOURCE / "configs/scenarios/all_to_all_1024.json")
FIGURE = "run.all_to_all.latency_us"


def claim(name, **changes):
    """A quick claim: an all-to-all among a few cards takes no time to speak of."""
    return {"id": name, "statement": "Nothing <&> takes \"long\".", "who": "nobody", "source": "nowhere, section 1",
            "scenario": SCENARIO, "set": {"/workload/cards": 4}, "runs": {"run": {}}, "figure": FIGURE, "unit": "us",
            "range": {"at_most": 1e6}, "recorded": {"verdict": "holds"}, **changes}


CARDS = {"name": "cards", "keys": ["/workload/cards"], "values": [2, 4, 8]}
ROWS = {"name": "row", "keys": ["/workload/row"], "values": ["1KiB", "64KiB"]}


class Claims(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.file = self.folder / "quick.json"

    def claims(self, claims, *arguments):
        self.file.write_text(json.dumps({"claims": claims}))
        return podsim("claims", "--file", self.file, *arguments, cwd=self.folder)

    def test_verdicts_as_recorded_exit_0(self):
        done = self.claims([claim("quick"), claim("never", set={}, runs={}, figure="", range={}, cannot_be_tested="no model",
                                                  recorded={"verdict": "cannot be tested"})],
                           "--json", "c.json", "--junit", "c.xml", "-j", 2)
        self.assertEqual(done.returncode, 0, said(done))
        self.assertIn("2 claims: 1 holds, 1 cannot be tested", done.stdout)
        first, second = json.loads((self.folder / "c.json").read_text())["claims"]
        self.assertEqual((first["verdict"], second["verdict"]), ("holds", "cannot be tested"))
        self.assertGreater(first["points"][0]["figure"], 0)
        suite = ElementTree.parse(self.folder / "c.xml").getroot()
        self.assertEqual((suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]), ("2", "0", "0"))

    def test_another_verdict_exits_1_until_it_is_recorded(self):
        slow = claim("slow", range={"at_most": 1e-6})
        done = self.claims([slow], "--junit", "c.xml")
        self.assertEqual(done.returncode, 1, said(done))
        self.assertIn("DIFFERS: recorded: holds", done.stdout)
        self.assertEqual(ElementTree.parse(self.folder / "c.xml").getroot().attrib["failures"], "1")
        self.assertEqual(self.claims([slow], "--update").returncode, 0)
        again = podsim("claims", "--file", self.file, cwd=self.folder)
        self.assertEqual(again.returncode, 0, said(again))
        self.assertEqual(json.loads(self.file.read_text())["claims"][0]["recorded"], {"verdict": "does not hold"})

    def test_a_failed_run_exits_1_with_its_error(self):
        done = self.claims([claim("bad", set={"/workload/no_such_key": 1})], "--junit", "c.xml", "--update")
        self.assertEqual(done.returncode, 1, said(done))
        self.assertIn("no_such_key", done.stdout)
        self.assertEqual(ElementTree.parse(self.folder / "c.xml").getroot().attrib["errors"], "1")
        self.assertEqual(json.loads(self.file.read_text())["claims"][0]["recorded"], {"verdict": "holds"})

    def test_the_map_is_a_table_and_a_picture(self):
        done = self.claims([claim("quick", axes=[CARDS], map_axes=[ROWS])])
        self.assertEqual(done.returncode, 0, said(done))
        done = podsim("claims", "map", "quick", "--file", self.file, "--out", "maps", cwd=self.folder)
        self.assertEqual(done.returncode, 0, said(done))
        rows = list(csv.reader((self.folder / "maps/quick.csv").read_text().splitlines()))
        self.assertEqual(rows[0], ["cards", "row", "figure (us)", "in_claimed_range"])
        self.assertEqual([row[:2] for row in rows[1:4]], [["2", "1KiB"], ["4", "1KiB"], ["8", "1KiB"]])
        self.assertEqual(len(rows), 7)
        picture = ElementTree.parse(self.folder / "maps/quick.svg").getroot()
        words = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        self.assertTrue({"cards", "row", "8", "64KiB"} <= set(words), words)
        self.assertTrue(any("Nothing <&> takes" in word for word in words if word))

    def test_the_page_has_a_map_beside_it(self):
        done = self.claims([claim("quick", axes=[CARDS, ROWS])], "--docs", "page.md")
        self.assertEqual(done.returncode, 0, said(done))
        page = (self.folder / "page.md").read_text()
        self.assertIn("page/quick.svg", page)
        self.assertIn("**holds**", page)
        ElementTree.parse(self.folder / "page/quick.svg")
        before = (self.folder / "page.md").read_bytes(), (self.folder / "page/quick.svg").read_bytes()
        self.claims([claim("quick", axes=[CARDS, ROWS])], "--docs", "page.md", "-j", 1)
        self.assertEqual(before, ((self.folder / "page.md").read_bytes(), (self.folder / "page/quick.svg").read_bytes()))

    def test_wrong_input_exits_2(self):
        for claims, arguments, words in (([claim("a"), claim("a")], [], "the id is there twice"),
                                         ([claim("a", figures="1")], [], "figures"),
                                         ([claim("a", figure="b.c")], [], "unknown name"),
                                         ([claim("a")], ["zzz"], "no claim \"zzz\""),
                                         ([claim("a")], ["a", "--docs", "x.md"], "--docs"),
                                         ([claim("a")], ["-j", "0"], "-j"),
                                         ([claim("a")], ["map", "a"], "a map needs two")):
            with self.subTest(words):
                done = self.claims(claims, *arguments)
                self.assertEqual(done.returncode, 2, said(done))
                self.assertIn(words, done.stderr)


class ShippedClaims(unittest.TestCase):
    def test_arithmetic_claims_are_as_recorded(self):
        done = podsim("claims", "balance", "superpod.fp", "superpod.memory", "superpod.bandwidth", cwd=SOURCE)
        self.assertEqual(done.returncode, 0, said(done))
        self.assertIn("6,144 FLOP/B", done.stdout)

    def test_the_page_has_every_claim(self):
        page = (SOURCE / "docs/claims.md").read_text()
        for file in (SOURCE / "configs/claims").glob("*.json"):
            for one in json.loads(file.read_text())["claims"]:
                with self.subTest(one["id"]):
                    self.assertIn(f"## {one['id']}\n", page)
                    recorded = one["recorded"]
                    words = " ".join(filter(None, (recorded["verdict"], recorded.get("region"))))
                    section = page.split(f"## {one['id']}\n")[1].split("\n## ")[0]
                    self.assertIn(f"verdict: **{words}**", section)
                    for picture in (SOURCE / "docs/claims").glob(f"{one['id']}.svg"):
                        ElementTree.parse(picture)


if __name__ == "__main__":
    unittest.main()

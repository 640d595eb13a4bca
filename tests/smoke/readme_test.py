#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Every command of README.md runs: the lines that begin with "$ podsim" in its console blocks, in their order, in
one scratch folder. A line that ends in a backslash goes on in the next. A command that needs PODSIM_TRACES runs
where that is set."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from podsim import BINARY, SOURCE


def commands(text):
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ podsim"):
                yield line.removeprefix("$ ")


class Readme(unittest.TestCase):
    def test_every_command_runs(self):
        found = list(commands((SOURCE / "README.md").read_text()))
        self.assertNotEqual(found, [], "README.md has no console block with a podsim command")
        with tempfile.TemporaryDirectory() as scratch:
            environment = {**os.environ, "PATH": f"{BINARY.parent}:{os.environ['PATH']}"}
            for command in found:
                if "PODSIM_TRACES" in command and not os.environ.get("PODSIM_TRACES"):
                    print(f"skipped without PODSIM_TRACES: {command}", file=sys.stderr)
                    continue
                with self.subTest(command):
                    done = subprocess.run(["/bin/bash", "-c", f"set -o pipefail; {command}"], cwd=scratch,
                                          env=environment, capture_output=True, text=True)
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_commands_are_the_dollar_lines_of_console_blocks(self):
        text = "```console\n$ podsim run a \\\n    --seed 1\noutput\n$ ls\n```\n```json\n$ podsim no\n```\n"
        self.assertEqual(list(commands(text)), ["podsim run a      --seed 1"])

    def test_files_it_names_exist(self):
        text = (SOURCE / "README.md").read_text()
        for name in sorted(set(re.findall(r"\b(?:configs|models|docs|scripts|schemas)/[\w./]*\w", text))):
            self.assertTrue(pathlib.Path(SOURCE, name).exists(), name)


if __name__ == "__main__":
    unittest.main()

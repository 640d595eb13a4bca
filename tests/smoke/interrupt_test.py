#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in the middle of a long run: complete files, marked partial, before the user presses it again."""
import pathlib
import signal
import subprocess
import tempfile
import unittest

from podsim import BINARY, check_results

PATIENCE_S = 15


class Interrupt(unittest.TestCase):
    def interrupted(self, scenario, after_s):
        with tempfile.TemporaryDirectory() as folder:
            command = [str(BINARY), "run", scenario, "--out", str(pathlib.Path(folder, "out"))]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
                with self.assertRaises(subprocess.TimeoutExpired, msg=f"{scenario} is too short for this test"):
                    run.wait(after_s)
                run.send_signal(signal.SIGINT)
                stdout, stderr = run.communicate(timeout=PATIENCE_S)
            self.assertEqual(run.returncode, 130, stdout + stderr)
            self.assertIn("partial", stdout + stderr)
            return check_results(self, pathlib.Path(folder, "out"), partial=True)

    def test_while_simulating(self):
        self.interrupted("all_to_all_8192", after_s=4)

    def test_at_once(self):
        self.interrupted("all_to_all_8192", after_s=0.3)


if __name__ == "__main__":
    unittest.main()

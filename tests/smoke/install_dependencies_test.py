#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""install_dependencies.sh against scripted dpkg-query and apt-get: what it asks of them, and when."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "install_dependencies.sh"

# Each fake notes its command line; the environment decides what it answers.
FAKES = {
    "dpkg-query": '[[ " $MISSING " == *" ${@: -1} "* ]] && exit 1; echo installed',
    "apt-get": """[[ $1 == --simulate ]] && { [[ $LISTS == fresh ]]; exit; }
echo "apt-get $*" >>"$CALLS"
[[ " $* " != *" install "* ]] || [[ $MIRROR == up ]]""",
    "sudo": 'exec "$@"',
}


class InstallDependencies(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.bin = pathlib.Path(self.folder.name)
        for name, body in FAKES.items():
            (self.bin / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
            (self.bin / name).chmod(0o755)

    def install(self, *arguments, missing="", lists="fresh", mirror="up", path=None):
        calls = self.bin / "calls"
        calls.write_text("")
        environment = {k: v for k, v in os.environ.items() if k != "PODSIM_SKIP_INSTALL"}
        environment.update(PATH=path or f"{self.bin}:{os.environ['PATH']}", CALLS=str(calls), MISSING=missing,
                           LISTS=lists, MIRROR=mirror)
        done = subprocess.run(["/bin/bash", str(SCRIPT), *arguments], env=environment, capture_output=True, text=True)
        return done, [line for line in calls.read_text().splitlines()]

    def test_asks_apt_for_nothing_when_nothing_is_missing(self):
        done, calls = self.install()
        self.assertEqual((done.returncode, done.stderr, calls), (0, "", []))

    def test_installs_only_what_is_missing(self):
        done, calls = self.install(missing="cmake libfmt-dev")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(calls), 1)
        self.assertTrue(calls[0].endswith("install --yes --no-install-recommends cmake libfmt-dev"), calls)

    def test_fetches_the_package_lists_when_they_lack_a_package(self):
        _, calls = self.install(missing="cmake", lists="none")
        self.assertEqual([("update" in c, "install" in c) for c in calls], [(True, False), (False, True)])

    def test_tries_again_with_fresh_lists_then_says_what_it_could_not_install(self):
        done, calls = self.install(missing="cmake", mirror="down")
        self.assertEqual(done.returncode, 1)
        self.assertIn("could not install: cmake", done.stderr)
        self.assertEqual(["update" in c for c in calls], [False, True, False])

    def test_check_lists_what_is_missing_and_installs_nothing(self):
        done, calls = self.install("--check", missing="cmake")
        self.assertEqual((done.returncode, calls), (1, []))
        self.assertIn("missing: cmake", done.stderr)

    def test_the_fuzz_compiler_is_only_asked_for_by_fuzz(self):
        self.assertEqual(self.install("--check", missing="clang")[0].returncode, 0)
        self.assertEqual(self.install("--check", "--fuzz", missing="clang")[0].returncode, 1)

    def test_says_so_on_a_system_without_dpkg(self):
        other_system = self.bin / "other"
        other_system.mkdir()
        (other_system / "dirname").symlink_to(shutil.which("dirname"))
        done, _ = self.install(path=str(other_system))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no Debian system", done.stderr)

    def test_refuses_an_unknown_option(self):
        done, _ = self.install("--everything")
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown option '--everything'", done.stderr)


if __name__ == "__main__":
    unittest.main()

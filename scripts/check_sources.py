#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Where does it come from? Two kinds of source, two checks.

Presets: everything in configs/ and models/ that describes hardware or a network says where it comes from, in a
"source" beside it: a publication, or "derived: <formula>", "calibrated: <measured row ids>", "assumed: <why>".
A quantity ("56GB/s") has one of its own; a plain number, such as the size of a mesh, may share that of its object.
Source files: each begins with the two SPDX lines, and none names a folder of somebody's machine.

  scripts/check_sources.py [ROOT]       prints file: place: message; exit 1 if there is anything
  scripts/check_sources.py --self-test  checks the checker
"""
import json
import pathlib
import re
import sys
import tempfile
import unittest

# What is chosen rather than known: no number here describes a machine.
CHOICES = {"scenarios", "sweeps", "claims"}
QUANTITY = re.compile(r"^-?[0-9][0-9.]*\s*([kKMGTP]i?)?(B|B/s|FLOP|FLOP/s|Hz|[pnum]?s|cycles?)$")
MARK = re.compile(r"^(assumed|derived|calibrated):\s*(.*)$", re.DOTALL)

CODE_FOLDERS = ("include", "src", "tests", "bench", "cmake", "scripts", ".ci")
CODE_SUFFIXES = {".h", ".cpp", ".cmake", ".py", ".sh"}
SPDX = ["SPDX-FileCopyrightText: podsim authors", "SPDX-License-Identifier: Apache-2.0"]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|tmp)/[\w.]+")


def source_fault(source):
    """What is wrong with the text of a source, or None."""
    if not isinstance(source, str) or not source.strip():
        return "has no source"
    mark = MARK.match(source)
    if mark and len(mark[2]) < 3:
        return f'"{mark[1]}:" without saying what'
    if mark and mark[1] == "calibrated" and not re.search(r"\w[._]\w", mark[2]):
        return f'"{source}" names no measured row'
    if not mark and len(source.split()) < 2:
        return f'"{source}" is no publication, and no "assumed:", "derived:" or "calibrated:"'
    return None


def preset_faults(node, place="", covered=False):
    """Walks a preset; `covered`: an object around this has a source that plain numbers share."""
    if isinstance(node, dict):
        if "value" in node or "source" in node:
            if fault := source_fault(node.get("source")):
                yield place or "/", fault
            covered = True
        for key, child in node.items():
            if key != "value":  # its source has just been judged
                yield from preset_faults(child, f"{place}/{key}", covered)
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from preset_faults(child, f"{place}/{index}", covered)
    elif isinstance(node, str) and QUANTITY.match(node):
        yield place, f"{json.dumps(node)} has no source of its own"
    elif isinstance(node, (int, float)) and not isinstance(node, bool) and not covered:
        yield place, f"{node} has no source"


def presets(root):
    for path in sorted([*root.glob("configs/**/*.json"), *root.glob("models/**/*.json")]):
        if path.relative_to(root).parts[1] not in CHOICES:
            yield path


def code_files(root):
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and (path.suffix in CODE_SUFFIXES or path.name in ("CMakeLists.txt", "run")):
                yield path
    yield root / "CMakeLists.txt"


def code_faults(path):
    lines = path.read_text().splitlines()
    head = [line.lstrip("#/ ") for line in lines[: 3 if lines and lines[0].startswith("#!") else 2]]
    if head[-2:] != SPDX:
        yield "1", "does not begin with the two SPDX lines"
    for number, line in enumerate(lines, 1):
        if path != pathlib.Path(__file__).resolve() and (found := MACHINE_PATH.search(line)):
            yield str(number), f"names a folder of one machine: {found[0]}"


def check(root):
    findings = []
    for path in presets(root):
        try:
            faults = list(preset_faults(json.loads(path.read_text())))
        except ValueError as error:
            faults = [("/", f"is no JSON: {error}")]
        findings += [f"{path.relative_to(root)}: {place}: {fault}" for place, fault in faults]
    for path in code_files(root):
        findings += [f"{path.relative_to(root)}:{line}: {fault}" for line, fault in code_faults(path)]
    return findings


class SelfTest(unittest.TestCase):
    def faults(self, node):
        return list(preset_faults(node))

    def test_a_value_needs_a_source(self):
        self.assertEqual(self.faults({"clock": {"value": "1.8GHz"}}), [("/clock", "has no source")])
        self.assertEqual(self.faults({"clock": {"value": "1.8GHz", "source": " "}}), [("/clock", "has no source")])
        self.assertEqual(self.faults({"clock": {"value": "1.8GHz", "source": "CANN asc-devkit"}}), [])

    def test_a_plain_number_needs_one_too(self):
        self.assertEqual(self.faults({"a": [{"cores": 24}]}), [("/a/0/cores", "24 has no source")])
        for text in ("56GB/s", "192KiB", "1.65GHz", "865TFLOP/s", "12cycles", "175ns"):
            self.assertEqual(self.faults({"x": text}), [("/x", f'"{text}" has no source of its own')])
        self.assertEqual(self.faults({"name": "atlas950_8192", "medium": "optics", "on": True, "chip": "x.json"}), [])

    def test_plain_numbers_share_the_source_of_their_object_and_quantities_do_not(self):
        self.assertEqual(self.faults({"grid": {"x": 8, "y": {"n": 8}, "source": "HC25 keynote"}}), [])
        self.assertEqual(self.faults({"grid": {"x": 8, "rate": "56GB/s", "source": "HC25 keynote"}}),
                         [("/grid/rate", '"56GB/s" has no source of its own')])

    def test_a_source_says_something(self):
        self.assertIsNone(source_fault("assumed: not published"))
        self.assertIsNone(source_fault("derived: 24 x 8192 x 1.8 GHz"))
        self.assertIsNone(source_fault("calibrated: megamoe.950dt.r1"))
        for text in ("assumed:", "derived: x", "calibrated: by hand", "guess", "", 7, None):
            self.assertIsNotNone(source_fault(text), text)

    def test_code_begins_with_its_licence_and_names_no_machine(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            (root / "src").mkdir()
            (root / "CMakeLists.txt").write_text("".join(f"# {line}\n" for line in SPDX))
            (root / "src/good.py").write_text("#!/usr/bin/env python3\n" + "".join(f"# {line}\n" for line in SPDX))
            (root / "src/bad.cpp").write_text('// nothing\nopen("/' + 'root/x");\n')
            self.assertEqual(check(root), ["src/bad.cpp:1: does not begin with the two SPDX lines",
                                           "src/bad.cpp:2: names a folder of one machine: /" + "root/x"])

    def test_scenarios_are_choices(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder).resolve()
            (root / "CMakeLists.txt").write_text("".join(f"# {line}\n" for line in SPDX))
            for kind in ("chips", "scenarios"):
                (root / "configs" / kind).mkdir(parents=True)
                (root / "configs" / kind / "x.json").write_text('{"n": 3}')
            self.assertEqual(check(root), ["configs/chips/x.json: /n: 3 has no source"])


def main(arguments):
    if arguments == ["--self-test"]:
        unittest.main(argv=["check_sources"])
    findings = check(pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[1]).resolve())
    print("\n".join(findings) if findings else "sources: every preset and every file says where it comes from")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include and every CMake link line to the table of layers.

A layer may use only layers of a lower number; layers of one number never see each other. `sim` is the only
door to SystemC, which src/main.cpp enters. A source file includes its own header first, so that every header stands on its own.

  scripts/check_layers.py [ROOT]       prints file:line: message for each break; exit 1 if there is any
  scripts/check_layers.py --self-test  checks the checker on small trees, each with one break
"""
import pathlib
import re
import sys
import tempfile
import unittest

LAYERS = {
    "units": 0,
    "base": 1,
    "config": 2, "stats": 2, "timeline": 2,
    "topology": 3, "moe": 3, "kernel": 3, "sim": 3,
    "core": 4, "memory": 4, "fabric": 4,
    "npu": 5,
    "pod": 6,
    "study": 7,
    "app": 8,
}  # fmt: skip
MAIN = "main"  # src/main.cpp, above them all
SYSTEMC_DOOR = "sim"
SYSTEMC_USERS = {SYSTEMC_DOOR, MAIN}  # the kernel's own main() is replaced by ours
SYSTEMC = re.compile(r"systemc|tlm|sysc/")
GENERATED = {"podsim_revision.h"}  # cmake/PodsimRevision.cmake

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
PODSIM_LAYER = re.compile(r"podsim_layer\(\s*(\w+)\s+LINK\s+([^)]*)\)")


def number(layer):
    return max(LAYERS.values()) + 1 if layer == MAIN else LAYERS[layer]


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.findings = []
        self.links = self.read_links()

    def report(self, path, line, message):
        self.findings.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def run(self):
        self.check_links()
        for base in ("include/podsim", "src"):
            for entry in sorted((self.root / base).glob("*")):
                if entry.is_dir() and entry.name not in LAYERS:
                    self.report(entry, 1, f"unknown layer '{entry.name}', expected one of {', '.join(LAYERS)}")
                elif entry.is_file() and entry != self.root / "src/main.cpp":
                    self.report(entry, 1, "a file outside every layer")
            for path in sorted((self.root / base).rglob("*")):
                if path.suffix in (".h", ".cpp"):
                    self.check_file(path, base)
        return self.findings

    # --- link lines -------------------------------------------------------------------------------------------

    def read_links(self):
        """{layer: (line, [targets])} of the podsim_layer() calls in CMakeLists.txt."""
        text = (self.root / "CMakeLists.txt").read_text()
        return {m[1]: (text.count("\n", 0, m.start()) + 1, m[2].split()) for m in PODSIM_LAYER.finditer(text)}

    def check_links(self):
        cmake = self.root / "CMakeLists.txt"
        for layer, (line, targets) in self.links.items():
            if layer not in LAYERS:
                self.report(cmake, line, f"unknown layer '{layer}', expected one of {', '.join(LAYERS)}")
                continue
            for target in targets:
                other = target.removeprefix("podsim::")
                if target.startswith("podsim::") and other in LAYERS and LAYERS[other] >= LAYERS[layer]:
                    self.report(cmake, line, self.not_lower(layer, other, "links"))
                if target.startswith("SystemC::") and layer != SYSTEMC_DOOR:
                    self.report(cmake, line, f"{layer} links {target}; only {SYSTEMC_DOOR} does")

    def linked(self, layer):
        """Every layer that `layer` links, directly or through another."""
        reached, todo = set(), [layer]
        while todo:
            for target in self.links.get(todo.pop(), (0, []))[1]:
                other = target.removeprefix("podsim::")
                if target.startswith("podsim::") and other not in reached:
                    reached.add(other)
                    todo.append(other)
        return reached

    # --- includes ---------------------------------------------------------------------------------------------

    def check_file(self, path, base):
        parts = path.relative_to(self.root / base).parts
        layer = parts[0] if len(parts) > 1 else MAIN
        if layer != MAIN and layer not in LAYERS:
            return  # reported once, as a folder
        lines = path.read_text().splitlines()
        includes = [(n, m[1], m[2]) for n, text in enumerate(lines, 1) if (m := INCLUDE.match(text))]
        if layer != MAIN and layer not in self.links:
            self.report(path, 1, f"layer {layer} has sources but no podsim_layer() in CMakeLists.txt")
        for line, bracket, name in includes:
            if bracket == '"':
                self.check_own(path, base, layer, line, name)
            elif name.startswith("podsim/"):
                self.report(path, line, f'<{name}> is our own header, include it as "{name}"')
            elif SYSTEMC.match(name) and layer not in SYSTEMC_USERS:
                self.report(path, line, f"{layer} includes <{name}>; only {SYSTEMC_DOOR} opens the door to SystemC")
        self.check_first(path, base, parts, includes)

    def check_own(self, path, base, layer, line, name):
        if name in GENERATED:
            return
        public = name.startswith("podsim/")
        target = self.root / ("include" if public else "src") / name
        parts = pathlib.PurePosixPath(name).parts
        other = parts[1] if public and len(parts) > 2 else parts[0]
        if other not in LAYERS:
            self.report(path, line, f'"{name}" names no layer, expected "podsim/<layer>/..." or "<layer>/..."')
        elif not target.is_file():
            self.report(path, line, f'"{name}" does not exist')
        elif not public and base != "src":
            self.report(path, line, f'a public header includes "{name}" from src')
        elif not public and other != layer:
            self.report(path, line, f'"{name}" is private to {other}')
        elif other != layer and LAYERS[other] >= number(layer):
            self.report(path, line, self.not_lower(layer, other, "includes"))
        elif layer != MAIN and other != layer and other not in self.linked(layer):
            self.report(path, line, f"{layer} includes {other} but does not link podsim::{other}")

    def check_first(self, path, base, parts, includes):
        """x.cpp includes its x.h first, where there is one."""
        if path.suffix != ".cpp":
            return
        own = str(pathlib.PurePosixPath(*parts).with_suffix(".h"))
        for header, name in ((f"include/podsim/{own}", f"podsim/{own}"), (f"src/{own}", own)):
            if (self.root / header).is_file():
                if not includes or includes[0][2] != name:
                    self.report(path, includes[0][0] if includes else 1, f'the first include is not "{name}"')
                return

    @staticmethod
    def not_lower(layer, other, verb):
        return f"{layer} ({number(layer)}) {verb} {other} ({LAYERS[other]}), which is not a lower layer"


# --- self-test ------------------------------------------------------------------------------------------------

GOOD = {
    "CMakeLists.txt": "podsim_layer(units LINK fmt::fmt)\npodsim_layer(base LINK podsim::units)\n"
                      "podsim_layer(moe LINK podsim::base)\npodsim_layer(topology LINK podsim::base)\n"
                      "podsim_layer(sim LINK podsim::base SystemC::systemc)\n",
    "include/podsim/units/units.h": "#pragma once\n#include <string>\n",
    "include/podsim/base/id.h": '#include "podsim/units/units.h"\n',
    "include/podsim/sim/module.h": "#include <systemc>\n",
    "include/podsim/moe/model.h": '#include "podsim/base/id.h"\n#include "podsim/units/units.h"\n',
    "include/podsim/topology/graph.h": "#pragma once\n",
    "src/base/id.cpp": '#include "podsim/base/id.h"\n#include "base/detail.h"\n',
    "src/base/detail.h": "#pragma once\n",
    "src/main.cpp": '#include "podsim/moe/model.h"\n#include "podsim_revision.h"\n',
}  # fmt: skip


class SelfTest(unittest.TestCase):
    def check(self, changes, expected):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **changes}.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            self.assertEqual(Checker(folder).run(), expected)

    def test_a_good_tree_has_no_findings(self):
        self.check({}, [])

    def test_a_layer_includes_only_lower_ones(self):
        self.check({"include/podsim/base/id.h": '#pragma once\n#include "podsim/moe/model.h"\n'},
                   ["include/podsim/base/id.h:2: base (1) includes moe (3), which is not a lower layer"])

    def test_layers_of_one_number_never_see_each_other(self):
        self.check({"include/podsim/moe/model.h": '#include "podsim/topology/graph.h"\n'},
                   ["include/podsim/moe/model.h:1: moe (3) includes topology (3), which is not a lower layer"])

    def test_an_included_layer_is_linked(self):
        links = GOOD["CMakeLists.txt"].replace("podsim_layer(moe LINK podsim::base)", "podsim_layer(moe LINK fmt::fmt)")
        self.check({"CMakeLists.txt": links},
                   [f"include/podsim/moe/model.h:{n}: moe includes {other} but does not link podsim::{other}"
                    for n, other in ((1, "base"), (2, "units"))])

    def test_a_link_line_points_down(self):
        self.check({"CMakeLists.txt": GOOD["CMakeLists.txt"] + "podsim_layer(config LINK podsim::base podsim::moe)\n"},
                   ["CMakeLists.txt:6: config (2) links moe (3), which is not a lower layer"])

    def test_only_sim_sees_systemc(self):
        self.check({"include/podsim/moe/model.h": "#include <systemc>\n"},
                   ["include/podsim/moe/model.h:1: moe includes <systemc>; only sim opens the door to SystemC"])
        self.check({"src/base/detail.h": "#include <tlm_utils/simple_target_socket.h>\n"},
                   ["src/base/detail.h:1: base includes <tlm_utils/simple_target_socket.h>; "
                    "only sim opens the door to SystemC"])
        self.check({"src/main.cpp": "#include <systemc>\n"}, [])
        self.check({"CMakeLists.txt": GOOD["CMakeLists.txt"] + "podsim_layer(npu LINK SystemC::systemc)\n"},
                   ["CMakeLists.txt:6: npu links SystemC::systemc; only sim does"])

    def test_an_unknown_folder_is_an_error(self):
        known = ", ".join(LAYERS)
        self.check({"src/helpers/x.cpp": ""}, [f"src/helpers:1: unknown layer 'helpers', expected one of {known}"])

    def test_a_folder_that_cmake_does_not_know_is_an_error(self):
        self.check({"src/npu/card.cpp": ""},
                   ["src/npu/card.cpp:1: layer npu has sources but no podsim_layer() in CMakeLists.txt"])

    def test_a_private_header_stays_in_its_layer(self):
        self.check({"src/moe/model.cpp": '#include "podsim/moe/model.h"\n#include "base/detail.h"\n'},
                   ['src/moe/model.cpp:2: "base/detail.h" is private to base'])
        self.check({"include/podsim/moe/model.h": '#include "base/detail.h"\n'},
                   ['include/podsim/moe/model.h:1: a public header includes "base/detail.h" from src'])

    def test_own_header_comes_first(self):
        self.check({"src/base/id.cpp": '#include <vector>\n#include "podsim/base/id.h"\n'},
                   ['src/base/id.cpp:1: the first include is not "podsim/base/id.h"'])

    def test_names_are_spelled_from_the_root(self):
        self.check({"src/base/id.cpp": '#include "podsim/base/id.h"\n#include "detail.h"\n'},
                   ['src/base/id.cpp:2: "detail.h" names no layer, expected "podsim/<layer>/..." or "<layer>/..."'])
        self.check({"src/main.cpp": '#include <podsim/moe/model.h>\n#include "podsim/moe/gone.h"\n'},
                   ['src/main.cpp:1: <podsim/moe/model.h> is our own header, include it as "podsim/moe/model.h"',
                    'src/main.cpp:2: "podsim/moe/gone.h" does not exist'])


def main(arguments):
    if arguments == ["--self-test"]:
        unittest.main(argv=["check_layers"])
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[1]
    findings = Checker(root.resolve()).run()
    print("\n".join(findings) if findings else "layers: no include and no link line points up")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

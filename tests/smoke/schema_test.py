#!/usr/bin/env python3
# SPDX-FileCopyrightText: podsim authors
# SPDX-License-Identifier: Apache-2.0
"""The schemas that editors use say what the reader says: every shipped file is accepted by its schema, and a file
that is spoilt is refused by both. The reader's verdict is podsim's exit code, the schema's is jsonschema's."""
import copy
import json
import pathlib
import re
import tempfile
import unittest

import jsonschema

from podsim import SOURCE, podsim, said

KINDS = {"configs/scenarios": "scenario", "configs/pods": "pod", "configs/chips": "chip", "configs/stacks": "stack",
         "configs/one_sided": "one_sided",
         "configs/protocols": "protocol", "configs/dies": "die", "configs/cores": "core", "configs/memory": "memory", "models": "model",
         "configs/claims": "claims", "tests/validation": "cases"}
OPEN_MAPS = re.compile(r"/(set|shape|options|also)(/.*)?$")  # of cases and claims: keys and values are of what is run
OPEN_LISTS = re.compile(r"/axes/\d+/values$")  # of claims: any values
MOST_CASES = 8  # of a cases or claims file, to spoil


def shipped(kind):
    folder = next(f for f, k in KINDS.items() if k == kind)
    return {path.name: json.loads(path.read_text()) for path in sorted((SOURCE / folder).glob("*.json"))}


def objects(node, place=""):
    """(place, object) for every object of a document, itself included."""
    if isinstance(node, dict):
        yield place, node
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from objects(child, f"{place}/{key}")


def spoilt(document):
    """(what was done, copy of the document with it done), for every object of it."""
    rows = next((key for key in ("cases", "claims") if key in document), None)
    if rows:
        document = {**document, rows: document[rows][:MOST_CASES]}
    for index, (place, _) in enumerate(objects(document)):
        if OPEN_MAPS.search(place) and rows:
            continue
        changes = {"unknown key": lambda o: o.update(no_such_key=1)}
        for key in list(objects(document))[index][1]:
            if rows and OPEN_LISTS.search(f"{place}/{key}"):
                continue
            changes[f"{key} is a list of lists"] = lambda o, key=key: o.update({key: [[[]]]})
        for what, change in changes.items():
            other = copy.deepcopy(document)
            change(list(objects(other))[index][1])
            yield f"{place or '/'}: {what}", other


class Schemas(unittest.TestCase):
    def schema(self, kind):
        schema = json.loads((SOURCE / "schemas" / f"{kind}.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        return jsonschema.Draft7Validator(schema)

    def test_every_shipped_file_is_accepted(self):
        for folder in sorted(p for p in (SOURCE / "configs").iterdir() if p.is_dir()):
            self.assertIn(f"configs/{folder.name}", KINDS)
        for kind in KINDS.values():
            schema, files = self.schema(kind), shipped(kind)
            self.assertNotEqual(files, {}, kind)
            for name, document in files.items():
                with self.subTest(name):
                    self.assertEqual([e.message for e in schema.iter_errors(document)], [])

    def test_every_spoilt_file_is_refused(self):
        for kind in KINDS.values():
            schema, (name, document) = self.schema(kind), next(iter(shipped(kind).items()))
            for what, other in spoilt(document):
                with self.subTest(f"{name} {what}"):
                    self.assertFalse(schema.is_valid(other))

    def test_the_reader_refuses_them_too(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "spoilt.json")
            for kind, command in (("pod", "topology"), ("scenario", "run")):
                for what, other in spoilt(next(iter(shipped(kind).values()))):
                    with self.subTest(f"{kind} {what}"):
                        file.write_text(json.dumps(other))
                        done = podsim(command, file, cwd=folder)
                        self.assertEqual(done.returncode, 2, said(done))


if __name__ == "__main__":
    unittest.main()

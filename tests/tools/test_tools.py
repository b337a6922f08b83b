"""Tests of the checks and of the counting of test cases: each must find what it is there to find."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def run(tool, *arguments, path=None):
    """The exit code and the output of a tool; `path`: a directory in which programs are found first."""
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    done = subprocess.run([sys.executable, TOOLS / tool, *arguments], env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class SourceTree(unittest.TestCase):
    """A small tree of sources without a fault, to which each test adds one."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.write("include/hyperspatial/a.h", "/* a.h: a public header. */\n#ifndef A_H\n#define A_H\n#endif\n")
        self.write("include/hyperspatial/b.h", '/* b.h: another. */\n#include "hyperspatial/a.h"\n\n'
                   "/* A number. */\n#define B 1\n")
        self.write("src/base/one.h", "/* one.h: below. */\n")
        self.write("src/engine/two.h", '/* two.h: above. */\n#include <stdio.h>\n#include "base/one.h"\n')
        self.write("cli/main.c", '/* main.c: a program. */\n#include "hyperspatial/b.h"\n#include "own.h"\n')
        self.write("cli/own.h", "/* own.h: beside it. */\n")

    def write(self, path, text):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def assert_fault(self, tool, *parts):
        code, output = run(tool, self.root)
        self.assertEqual(code, 1, output)
        for part in parts:
            self.assertIn(part, output)

    def test_a_tree_without_a_fault_passes(self):
        for tool in ("check-layers", "check-docs"):
            self.assertEqual(run(tool, self.root)[0], 0, run(tool, self.root)[1])

    def test_an_empty_tree_does_not_pass(self):
        with tempfile.TemporaryDirectory() as empty:
            for tool in ("check-layers", "check-docs"):
                self.assertEqual(run(tool, empty)[0], 1)

    def test_a_lower_layer_may_not_use_a_higher_one(self):
        self.write("src/base/one.h", '/* one.h: below. */\n\n#include "engine/two.h"\n')
        self.assert_fault("check-layers", "src/base/one.h:3: engine/two.h: src/base may not use engine")

    def test_a_public_header_may_not_use_a_private_one(self):
        self.write("include/hyperspatial/a.h", '/* a.h: a public header. */\n#include "base/one.h"\n')
        self.assert_fault("check-layers", "include/hyperspatial/a.h:2:", "may not use base")

    def test_a_program_may_not_use_a_private_header(self):
        self.write("cli/main.c", '/* main.c: a program. */\n#include "engine/two.h"\n')
        self.assert_fault("check-layers", "cli/main.c:2:", "cli may not use engine")

    def test_a_library_stays_in_its_layer(self):
        self.write("src/engine/two.h", "/* two.h: above. */\n#include <lmdb.h>\n")
        self.assert_fault("check-layers", "src/engine/two.h:2: lmdb.h: only tests, bench may use")

    def test_a_header_is_written_with_its_layer(self):
        self.write("src/engine/two.c", '/* two.c: above. */\n#include "two.h"\n')
        self.assert_fault("check-layers", "src/engine/two.c:2: two.h: no header of this name")

    def test_a_new_folder_needs_a_layer(self):
        self.write("src/misc/x.c", "/* x.c: anything. */\n")
        self.assert_fault("check-layers", "src/misc/x.c:1: this folder has no layer")

    def test_a_file_opens_with_its_name(self):
        self.write("src/base/one.h", "/* two.h: copied. */\n")
        self.assert_fault("check-docs", "src/base/one.h:1:", '"/* one.h: …"')

    def assert_undocumented(self, declarations, *names):
        self.write("include/hyperspatial/b.h", f"/* b.h: another. */\n\n{declarations}\n")
        self.assert_fault("check-docs", *(f"{name} has no docstring" for name in names),
                          f"{len(names)} without their comment")

    def test_each_public_name_has_a_docstring(self):
        self.assert_undocumented("int f(void);", "function f")
        self.assert_undocumented("const char *f(int a,\n              int b);", "function f")
        self.assert_undocumented("typedef struct s {\n    int a; /* a field */\n} s;", "type s")
        self.assert_undocumented("typedef void f(int a);", "function f")
        self.assert_undocumented("#define M 1", "macro M")
        self.assert_undocumented("#define M(x) \\\n    (x)", "macro M")

    def test_a_blank_line_ends_what_a_docstring_is_for(self):
        self.assert_undocumented("/* The first two. */\nint a(void);\nint b(void);\n\nint c(void);", "function c")
        self.assert_undocumented("/* A heading. */\n\nint a(void);\nint b(void);", "function a", "function b")
        self.assert_undocumented("/* Two\n * lines. */\nint a(int,\n      int);\n\nint b(void);", "function b")


class RunTests(unittest.TestCase):
    """run-tests with a `meson` that only leaves a log and an exit code."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def summary(self, *entries, status=0):
        meson = self.root / "meson"
        log = self.root / "new.json"
        log.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
        meson.write_text(f"#!/bin/sh\nmkdir -p '{self.root}/meson-logs'\n"
                         f"[ -s '{log}' ] && cp '{log}' '{self.root}/meson-logs/testlog.json'\nexit {status}\n",
                         encoding="utf-8")
        meson.chmod(0o755)
        code, output = run("run-tests", self.root, path=self.root)
        return code, output.splitlines()[-1]

    @staticmethod
    def tap(result, *lines):
        return {"result": result, "stdout": "\n".join(lines) + "\n"}

    def test_cases_are_counted_not_programs(self):
        self.assertEqual(self.summary(self.tap("OK", "1..2", "ok 1 - a", "# ok - no case", "ok 2 - b"),
                                      {"result": "OK", "stdout": "ok, says a program without a plan\n"}),
                         (0, "3 passed, 0 failed"))

    def test_a_failed_case_fails_the_run(self):
        self.assertEqual(self.summary(self.tap("FAIL", "1..2", "ok 1 - a", "not ok 2 - b"), status=1),
                         (1, "1 passed, 1 failed"))

    def test_a_crash_is_a_failed_case_more(self):
        self.assertEqual(self.summary(self.tap("ERROR", "1..3", "ok 1 - a"), status=1), (1, "1 passed, 1 failed"))
        self.assertEqual(self.summary({"result": "TIMEOUT"}, self.tap("OK", "1..1", "ok 1"), status=1),
                         (1, "1 passed, 1 failed"))

    def test_a_crash_after_a_failed_case_is_not_lost(self):
        code, line = self.summary(self.tap("ERROR", "1..3", "not ok 1 - a"), status=1)
        self.assertEqual((code, line), (1, "0 passed, 1 failed"))

    def test_skipped_cases_and_programs_are_told(self):
        self.assertEqual(self.summary(self.tap("OK", "1..2", "ok 1 - a", "ok 2 # SKIP b"), {"result": "SKIP"}),
                         (0, "1 passed, 0 failed, 2 skipped"))

    def test_a_run_without_tests_fails(self):
        self.assertEqual(self.summary(), (1, "0 passed, 1 failed"))
        self.assertEqual(self.summary(status=1), (1, "0 passed, 1 failed"))


if __name__ == "__main__":
    unittest.main()

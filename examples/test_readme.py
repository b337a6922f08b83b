#!/usr/bin/env python3
"""test_readme.py HYPERSPATIAL: runs the commands of README.md and docs/backup.md and compares what they print with what
the pages say.

The blocks of a page marked `console` are one session. A line of … stands for any lines. What differs from run to run, or from one
version of the engine to the next, is not compared: times of change, seconds, rates, bytes and pages.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples" / "hospital"))

import tap

PROGRAM = Path(sys.argv.pop(1)).resolve()
README = (ROOT / "README.md").read_text(encoding="utf-8")

VARYING = (
    (r"^(medical[ ,]+\S+\.hs[ ,]+)\d+[ ,]+\d+[ ,]+[\d.]+$", r"\1 COMMIT BYTES SECONDS"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "TIME"),
    (r"^(seconds|rows_per_second) .*", r"\1"),
    (r"^(medical +[a-z]\w+ .*) \d+$", r"\1 BYTES"),
    (r"^medical +\d+ +\d+ ", "medical PAGES ENTRIES "),
    (r"--+", "--"),
    (r" +", " "),
)


def comparable(line):
    for pattern, replacement in VARYING:
        line = re.sub(pattern, replacement, line.rstrip())
    return line


def session(page):
    """The commands of a page, each with the lines that follow it."""
    commands = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            else:
                commands[-1][1].append(line)
    return commands


class ReadmeTest(unittest.TestCase):
    def check_session(self, page):
        self.maxDiff = None
        environment = {key: value for key, value in os.environ.items() if key not in ("HYPERSPATIAL_ROOT", "COLUMNS")}
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "build").mkdir()
            Path(directory, "build", "hyperspatial").symlink_to(PROGRAM)
            Path(directory, "examples").symlink_to(ROOT / "examples")
            self.assertGreater(len(session(page)), 10)
            for command, expected in session(page):
                if command.startswith("export "):
                    name, value = command.removeprefix("export ").split("=")
                    environment[name] = value
                    continue
                done = subprocess.run(command, shell=True, cwd=directory, env=environment, check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
                printed = done.stdout if done.returncode == 0 else done.stdout + done.stderr  # progress is not shown
                if expected != ["…"]:
                    self.assertEqual([comparable(line) for line in printed.splitlines()],
                                     [comparable(line) for line in expected], command)

    def test_the_commands_print_what_the_page_says(self):
        self.check_session(README)

    def test_backing_up_and_restoring_goes_as_its_page_says(self):
        self.check_session((ROOT / "docs" / "backup.md").read_text(encoding="utf-8"))

    def test_the_program_is_the_example(self):
        program, = re.findall(r"^```c\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
        self.assertEqual(program, (ROOT / "examples" / "quickstart.c").read_text(encoding="utf-8"))

    def test_its_links_lead_somewhere(self):
        for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
            text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                self.assertTrue((page.parent / target).exists(), f"{page.relative_to(ROOT)} leads to {target}")


if __name__ == "__main__":
    tap.main()

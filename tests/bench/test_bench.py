"""Tests of hyperspatial-bench: every work yields all its figures, and each report holds them. What is measured with so
little data means nothing, and nothing here looks at it."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

PROGRAM = sys.argv.pop(1)
SMALL = ["--quick", "--keys", "1000", "--seconds", "0.01", "--engine", "hyperspatial"]


def run(*arguments):
    """The exit code, output and complaints of the benchmark."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], text=True, check=False, capture_output=True)
    return done.returncode, done.stdout, done.stderr


def listed(kind):
    """The names that --list tells under "works:" or "engines:"."""
    section = re.search(rf"^{kind}:\n((?:  .*\n)*)", run("--list")[1], re.MULTILINE).group(1)
    return [line.split()[0] for line in section.splitlines()]


class Reports(unittest.TestCase):
    """One small run of all works, and all that it wrote."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.root = pathlib.Path(directory.name)
        (cls.root / "page.md").write_text("above\n<!-- hyperspatial-bench: begin -->\nold\n"
                                          "<!-- hyperspatial-bench: end -->\nbelow\n", encoding="utf-8")
        cls.code, cls.output, cls.complaints = run(
            *SMALL, "--only", ",".join(listed("works")), "--directory", cls.root / "data", "--json",
            cls.root / "all.json", "--plot", cls.root / "all.svg", "--markdown", cls.root / "page.md")
        cls.json = json.loads((cls.root / "all.json").read_text(encoding="utf-8")) if cls.code == 0 else {}

    def test_every_work_is_done(self):
        self.assertEqual(self.code, 0, self.complaints)
        self.assertEqual(self.json["failures"], 0)
        measured = {entry["work"] for entry in self.json["figures"] if entry["engine"] == "hyperspatial"}
        self.assertEqual(measured - {"all"}, set(listed("works")))

    def test_every_figure_has_a_value_per_run_and_what_it_takes_to_read_it(self):
        for entry in self.json["figures"]:
            self.assertEqual(len(entry["runs"]), 2 if entry["engine"] == "machine" else 1, entry)
            self.assertGreaterEqual(entry["median"], 0, entry)
            self.assertTrue(entry["title"], entry)
            self.assertTrue(entry["engine"] == "machine" or (entry["settings"] and entry["version"]), entry)

    def test_the_table_has_a_cell_for_every_row(self):
        rows = [line for line in self.output.splitlines() if re.search(r"  (\d|–)", line)]
        self.assertGreater(len(rows), 30)
        for row in rows:
            self.assertNotRegex(row, r"^.{60,66} +–", row)

    def test_the_stores_have_a_table_of_their_own(self):
        engine, stores = re.split(r"^work of the stores .*\n", self.output, flags=re.MULTILINE)
        self.assertIn("random get, 1 thread", engine)
        self.assertNotIn("outgoing lists of every vertex", engine)
        self.assertIn("outgoing lists of every vertex", stores)
        self.assertIn("of all works", stores)

    def test_bars_that_need_no_peer_are_judged(self):
        verdicts = {(bar["figure"], bar["bar"]): bar["verdict"] for bar in self.json["bars"]}
        self.assertEqual(verdicts["files-all", "≤ 2 "], "met")
        self.assertEqual(verdicts["scan", "≥ 2 × best peer"], "not measured")
        self.assertIn(verdicts["put-1", "≥ 0.95 × limit"], ("met", "not met"))

    def test_the_drawing_is_xml_with_a_bar_for_each_shown_value(self):
        root = xml.etree.ElementTree.parse(self.root / "all.svg").getroot()
        self.assertTrue(root.tag.endswith("svg"))
        texts = "".join(root.itertext())
        self.assertIn("random get, 1 thread", texts)

    def test_the_markdown_keeps_what_stands_around_its_marks(self):
        text = (self.root / "page.md").read_text(encoding="utf-8")
        self.assertTrue(text.startswith("above\n<!-- hyperspatial-bench: begin -->\nMeasured on"), text[:200])
        self.assertTrue(text.endswith("<!-- hyperspatial-bench: end -->\nbelow\n"), text[-200:])
        self.assertNotIn("\nold\n", text)

    def test_no_data_is_left(self):
        self.assertFalse((self.root / "data").exists())


class Options(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)

    def test_a_directory_with_other_things_keeps_them(self):
        (self.root / "mine").write_text("mine", encoding="utf-8")
        code, _, complaints = run(*SMALL, "--only", "open", "--directory", self.root)
        self.assertEqual(code, 0, complaints)
        self.assertEqual([path.name for path in self.root.iterdir()], ["mine"])

    def test_kept_rows_are_used_again_and_others_are_loaded_anew(self):
        for keys in (1000, 1000, 2000, 1000):
            code, _, complaints = run(*SMALL, "--keys", keys, "--only", "scan", "--keep", "--directory", self.root)
            self.assertEqual(code, 0, complaints)

    def test_scale_measures_each_point_and_draws_curves(self):
        code, output, complaints = run(*SMALL, "--scale", "1000,2000", "--directory", self.root / "data", "--plot",
                                       self.root / "scale.svg")
        self.assertEqual(code, 0, complaints)
        for point in ("0.001 M rows, 1 family", "0.002 M rows, 1 family", "0.001 M rows, 10 families"):
            self.assertIn("random get: " + point, output)
        texts = "".join(xml.etree.ElementTree.parse(self.root / "scale.svg").getroot().itertext())
        self.assertIn("over families", texts)

    def test_runs_are_all_kept(self):
        self.assertEqual(run(*SMALL, "--runs", 3, "--only", "seek", "--directory", self.root / "data", "--json",
                             self.root / "runs.json")[0], 0)
        figures = json.loads((self.root / "runs.json").read_text(encoding="utf-8"))["figures"]
        seek = next(entry for entry in figures if entry["figure"] == "seek")
        self.assertEqual(sorted(seek["runs"])[1], seek["median"])
        self.assertEqual(len(seek["runs"]), 3)

    def test_a_work_that_fails_is_told_and_the_others_are_done(self):
        arguments = [*SMALL, "--keep", "--only", "put,seek", "--directory", self.root]
        self.assertEqual(run(*arguments)[0], 0)
        (self.root / "hyperspatial" / "rows" / "bench.hs").write_bytes(b"damaged" * 10000)
        code, output, complaints = run(*arguments)
        self.assertEqual(code, 1)
        self.assertIn("work 'seek' of Hyperspatial failed", complaints)
        self.assertIn("durable single puts, 1 thread", output)

    def test_interrupted_it_reports_what_it_has(self):
        process = subprocess.Popen([PROGRAM, *SMALL, "--only", "seek,scan", "--seconds", "20", "--directory",
                                    self.root / "data"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(process.stderr.readline(), "seek: Hyperspatial\n")
        process.terminate()
        output, complaints = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn("seek and 10 next", output)
        self.assertNotIn("scan: Hyperspatial", complaints)
        self.assertFalse((self.root / "data").exists())

    def test_every_engine_of_this_build_does_the_works_of_its_stores(self):
        code, output, complaints = run("--quick", "--keys", "1000", "--seconds", "0.01", "--only", "stores",
                                       "--directory", self.root / "data", "--json", self.root / "stores.json")
        self.assertEqual(code, 0, complaints)
        self.assertTrue(re.search(r"^\S.*\n\nwork of the stores ", output), output[:300])
        engines = {}
        for entry in json.loads((self.root / "stores.json").read_text(encoding="utf-8"))["figures"]:
            engines.setdefault(entry["figure"], set()).add(entry["engine"])
        peers = {"lmdb", "sqlite"} & set(listed("engines"))
        self.assertEqual(engines["edge-incoming"], {"hyperspatial"} | peers)
        self.assertEqual(engines["point-hours"], {"hyperspatial"} | peers)
        self.assertEqual(engines["document-nearest"], {"hyperspatial", "machine"} | peers)
        self.assertEqual(engines["property-get"] & {"sqlite-eav"}, {"sqlite-eav"} & set(listed("engines")))
        self.assertNotIn("scan", engines)

    def test_mistakes_are_told(self):
        for words, message in ((["--only", "nothing"], "no work 'nothing'"), (["--engine", "nothing"], "no engine"),
                               (["--keys", "1"], "from 1000"), (["--keys"], "lacks its value"),
                               (["file"], "'file' is no option"), (["--nothing", "1"], "no option '--nothing'")):
            code, _, complaints = run(*words)
            self.assertEqual(code, 2, words)
            self.assertIn(message, complaints)

    def test_help_names_every_option_that_is_understood(self):
        _, text, _ = run("--help")
        source = (pathlib.Path(__file__).resolve().parents[2] / "bench" / "options.c").read_text(encoding="utf-8")
        options = set(re.findall(r'strcmp\(\w+, "(--[a-z]+)"\)', source))
        self.assertGreater(len(options), 10)
        for option in options:
            self.assertIn(option, text)


unittest.main()

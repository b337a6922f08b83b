"""Runs the program as a user would: test_program.py PROGRAM FIXTURE. Speaks TAP.

FIXTURE makes the collection "clinic" that most tests ask about; tests that write work on a copy of it.
"""

import csv
import io
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
import fcntl
import xml.etree.ElementTree

PROGRAM, FIXTURE = sys.argv[1:3]
OK, FAILED, USAGE, NOT_FOUND, DAMAGED, BUSY, REJECTED, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
HEADER = "hyperspatial: "
KEYLESS = "7b0c5a1e-0000-5000-8000-000000000001"
COMMANDS = ["import", "stats", "get", "list", "edges", "graph", "series", "measures", "trajectory", "vectors",
            "nearest", "position", "plot", "type", "index", "history", "purge", "create", "set", "delete",
            "drop", "export", "backup", "check", "compact", "help", "within", "rank"]


class Program(unittest.TestCase):
    """A root directory with the fixture, and ways to run the program on it."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.made = pathlib.Path(cls.directory.name) / "made"
        subprocess.run([FIXTURE, cls.made], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def setUp(self):
        self.root = self.made

    def copy(self):
        """Lets this test work on a root of its own."""
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = pathlib.Path(place.name) / "root"
        shutil.copytree(self.made, self.root)
        return self.root

    def empty(self):
        """Lets this test work on a root that does not exist yet; returns the directory that it would be in."""
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = pathlib.Path(place.name) / "root"
        return pathlib.Path(place.name)

    def run_plain(self, *words, root=True, environment=None):
        given = {name: value for name, value in os.environ.items() if name != "HYPERSPATIAL_ROOT"}
        command = [PROGRAM, *(["-d", str(self.root)] if root else []), *map(str, words)]
        return subprocess.run(command, env={**given, "LC_ALL": "C", **(environment or {})}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False, timeout=120)

    def done(self, *words, **options):
        """Standard output of a run that must succeed."""
        result = self.run_plain(*words, **options)
        self.assertEqual((result.returncode, result.stderr.decode()), (OK, ""), words)
        return result.stdout.decode()

    def json(self, *words):
        return json.loads(self.done("--format", "json", *words))

    def csv(self, *words):
        text = self.done("--format", "csv", *words)
        self.assertTrue(text.endswith("\r\n"))
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def fails(self, code, *words, says=(), **options):
        """A run that must end with this exit code, and one sentence on standard error that has these parts."""
        result = self.run_plain(*words, **options)
        message = result.stderr.decode()
        self.assertEqual(result.returncode, code, (words, message))
        self.assertTrue(message.startswith(HEADER) and message.endswith("\n"), (words, message))
        self.assertGreater(len(message), len(HEADER) + 8)
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, message)
        return message

    def terminal(self, *words, columns=80, environment=None):
        """Exit code and output of a run whose standard output and error are a terminal."""
        leader, follower = pty.openpty()
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = {**{k: v for k, v in os.environ.items() if k != "COLUMNS"}, **(environment or {})}
        with subprocess.Popen([PROGRAM, "-d", str(self.root), *map(str, words)], env=environment,
                              stdin=subprocess.DEVNULL, stdout=follower, stderr=follower) as process:
            os.close(follower)
            output = b""
            while True:
                try:
                    part = os.read(leader, 65536)
                except OSError:
                    part = b""
                if not part:
                    break
                output += part
            os.close(leader)
        return process.returncode, output.decode().replace("\r\n", "\n")


class CommandLine(Program):
    """Options, help, the root directory."""

    def test_help_lists_every_command(self):
        text = self.done("--help", root=False)
        for name in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {name} ")
        self.assertEqual(text, self.done("help", root=False))
        self.assertEqual(text, self.done("-h", root=False))

    def test_every_command_explains_itself_without_a_root(self):
        for name in COMMANDS:
            text = self.done(name, "--help", root=False)
            self.assertTrue(text.startswith("usage: hyperspatial "), text)
            self.assertIn(name, text.splitlines()[0])
            self.assertIn("--directory DIR", text)
            self.assertEqual(text, self.done("help", name, root=False))
            self.assertEqual(text, self.done("--help", name, root=False))
            self.assertLessEqual(max(map(len, text.splitlines()[:-1])), 80)

    def test_the_version_has_three_numbers(self):
        for words in (["--version"], ["-V"], ["get", "--version"]):
            self.assertRegex(self.done(*words, root=False), r"^hyperspatial \d+\.\d+\.\d+\n$")

    def test_a_command_is_needed_and_must_exist(self):
        self.fails(USAGE, says="no command")
        self.fails(USAGE, "frobnicate", says=["frobnicate", "--help"])
        self.fails(USAGE, "serie", says="did you mean series?")
        self.fails(USAGE, "lsit", says="did you mean list?")
        self.fails(USAGE, "help", "serie", says="serie")

    def test_an_unknown_option_suggests_the_nearest(self):
        self.fails(USAGE, "list", "clinic", "--limt", "3", says=["--limt", "did you mean --limit?"])
        self.fails(USAGE, "--fromat", "json", "stats", says="did you mean --format?")
        self.fails(USAGE, "list", "clinic", "--xyzzy=1", says=["--xyzzy", "hyperspatial list --help"])
        self.fails(USAGE, "list", "clinic", "-Z", says="-Z")
        self.fails(USAGE, "stats", "--limit", "3", says="--limit")

    def test_option_values_are_checked(self):
        self.fails(USAGE, "list", "clinic/patients", "--limit", says=["--limit", "value"])
        self.fails(USAGE, "list", "clinic/patients", "-n", says=["--limit", "value"])
        self.fails(USAGE, "drop", "clinic", "--yes=1", says=["--yes", "no value"])
        for bad in ("x", "-1", "", "1x", "99999999999999999999"):
            self.fails(USAGE, "list", "clinic/patients", f"--limit={bad}", says=["--limit", f'"{bad}"'])
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-k", "0", says="1 to 100000")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-k", "100001", says="1 to 100000")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-m", "spherical",
                   says="l2, cosine, inner-product, l1, hamming or hyperbolic")
        self.fails(USAGE, "--format", "xml", "stats", says="table, json or csv")
        self.fails(USAGE, "series", "clinic/patients/p1", "odd", "--from", "then", says="--from")
        self.fails(USAGE, "series", "clinic/patients/p1", "odd", "--every", "soon", says="--every")
        self.fails(USAGE, "series", "clinic/patients/p1", "odd", "--every", "1h", "--agg", "mean", says="--agg")
        self.fails(USAGE, "list", "clinic/patients", "--columns", "a,,b", says="--columns")

    def test_the_number_of_arguments_is_checked(self):
        self.fails(USAGE, "get", says=["missing", "get ADDRESS"])
        self.fails(USAGE, "get", "clinic/patients/p1", "p2", says=["too many", "get ADDRESS"])
        self.fails(USAGE, "import", says="missing")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", says="missing")

    def test_the_root_comes_from_the_option_or_the_environment(self):
        self.fails(USAGE, "stats", root=False, says=["-d DIR", "HYPERSPATIAL_ROOT"])
        text = self.done("list", root=False, environment={"HYPERSPATIAL_ROOT": str(self.root)})
        self.assertEqual(text, self.done("list"))
        self.assertEqual(text, self.done("list", environment={"HYPERSPATIAL_ROOT": "/nowhere"}))
        self.assertEqual(text, self.done("list", "-d", self.root, root=False))
        self.assertEqual(text, self.done("list", f"--directory={self.root}", root=False))

    def test_asking_does_not_make_a_root(self):
        self.empty()
        for words in (["stats"], ["get", "a/b/c"], ["list"], ["set", "a/b/c", "x=1"], ["check"], ["drop", "a", "--yes"]):
            self.fails(NOT_FOUND, *words, says=str(self.root))
        self.assertFalse(self.root.exists())

    def test_options_may_follow_the_arguments(self):
        self.assertEqual(self.done("list", "clinic/patients", "--limit", "2", "--format", "csv"),
                         self.done("--format=csv", "list", "-n2", "clinic/patients"))

    def test_a_reader_that_goes_away_ends_the_program_quietly(self):
        for words in (["list", "clinic/numbers"], ["--format", "json", "list", "clinic/numbers"],
                      ["export", "clinic"], ["--format", "csv", "list", "clinic/numbers"]):
            with subprocess.Popen([PROGRAM, "-d", self.root, *words], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.read(10)
                process.stdout.close()
                self.assertEqual(process.stderr.read(), b"", words)
            self.assertEqual(process.returncode, FAILED, words)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full")
    def test_a_full_disk_under_standard_output_is_reported(self):
        for words in (["stats"], ["list", "clinic/numbers"], ["export", "clinic"], ["--help"], ["--version"]):
            with open("/dev/full", "wb") as full:
                result = subprocess.run([PROGRAM, "-d", self.root, *words], stdout=full, stderr=subprocess.PIPE,
                                        check=False)
            self.assertEqual(result.returncode, FAILED, words)
            self.assertIn(b"cannot write to standard output: No space left", result.stderr)


    def test_closed_standard_streams_touch_no_collection(self):
        self.copy()
        before = self.done("export", "clinic", "--meta")
        for closed in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
            for words, code in ((["list", "clinic/numbers"], FAILED), (["get", "clinic/nope"], NOT_FOUND)):
                result = subprocess.run(["sh", "-c", f'"$0" "$@" {closed}', PROGRAM, "-d", self.root, *words],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                self.assertEqual(result.returncode, OK if code == FAILED and closed == "2>&-" else code, closed)
            self.assertEqual(self.done("export", "clinic", "--meta"), before)
        self.json("check", "clinic")


class Asking(Program):
    """Each command that reads, in each format."""

    def test_stats_has_a_row_for_each_type(self):
        rows = {row["entity_type"]: row for row in self.json("stats", "clinic")}
        self.assertEqual(sorted(rows), ["empty", "numbers", "patients", "wards"])
        patients = rows["patients"]
        self.assertEqual({name: patients[name] for name in patients if name != "bytes"},
                         {"collection": "clinic", "entity_type": "patients", "entities": 5, "edges": 4, "series": 2,
                          "points": 10, "vectors": 3, "measures": 1})
        self.assertGreater(patients["bytes"], 0)
        self.assertEqual(rows["numbers"]["entities"], 5000)
        self.assertEqual(self.json("stats"), self.json("stats", "clinic"))

    def test_stats_storage_has_a_row_for_each_collection(self):
        (row,) = self.json("stats", "--storage")
        self.assertEqual((row["collection"], row["entity_types"]), ("clinic", 4))
        self.assertEqual(row["file_bytes"], (self.root / "clinic.hs").stat().st_size)
        self.assertEqual((row["held_bytes"], row["snapshots"], row["opened_commits"]), (0, 0, 0))
        self.assertGreater(row["log_capacity_bytes"], row["log_used_bytes"])
        self.assertNotIn("commit_p50_ms", row)  # this process has committed nothing
        fields = self.done("stats", "-s", "clinic").split()
        self.assertEqual(fields[:2], ["collection", "clinic"])

    def test_get_shows_every_kind_of_property_exactly(self):
        (entity,) = self.json("get", "clinic/patients/p1")
        self.assertEqual(entity.pop("_created_at"), entity.pop("_updated_at"))
        own = {name: entity.pop(name) for name in ("_key", "_type", "_revision", "_id")}
        self.assertEqual(own, {"_key": "p1", "_type": "patients", "_revision": 1, "_id": entity["ref"]})
        self.assertEqual(entity, {
            "active": True, "age": 65, "big": 9223372036854775807, "born": "1970-01-02T03:04:05.000006Z",
            "name": 'Zoë "Z", \n日本', "nothing": None, "ratio": 1 / 3, "ref": own["_id"], "scan": "00fe", "whole": 2})

    def test_get_takes_every_form_of_address(self):
        (entity,) = self.json("get", "clinic/patients/p1")
        for address in (f"clinic/patients/{entity['_id']}", f"clinic/{entity['_id']}", entity["_id"],
                        entity["_id"].upper()):
            self.assertEqual(self.json("get", address), [entity])
        self.assertEqual(self.json("get", "clinic/patients/a/b c")[0]["_key"], "a/b c")
        self.assertIsNone(self.json("get", KEYLESS)[0]["_key"])

    def test_get_as_csv_and_table(self):
        (row,) = self.csv("get", "clinic/patients/p1")
        self.assertEqual((row["name"], row["nothing"], row["ratio"], row["active"]),
                         ('Zoë "Z", \n日本', "", "0.3333333333333333", "true"))
        lines = self.done("get", "clinic/patients/p1").splitlines()
        self.assertIn('name         Zoë "Z", \\n日本', lines)
        self.assertIn("ratio        0.333333", lines)

    def test_get_details_has_types_and_times(self):
        rows = {row["name"]: row for row in self.json("get", "clinic/patients/p1", "--details")}
        self.assertEqual([(name, rows[name]["type"]) for name in rows],
                         [("active", "bool"), ("age", "int64"), ("big", "int64"), ("born", "timestamp"),
                          ("name", "string"), ("nothing", "null"), ("ratio", "float64"), ("ref", "uuid"),
                          ("scan", "bytes"), ("whole", "float64")])
        self.assertRegex(rows["age"]["updated_at"], r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(rows["age"]["updated_at"], rows["age"]["valid_from"])

    def test_list_without_an_address_lists_collections(self):
        self.assertEqual(self.json("list"), [{"collection": "clinic"}])
        self.assertEqual(self.done("list"), "collection\n----------\nclinic\n")

    def test_list_of_a_collection_lists_its_types(self):
        self.assertEqual(self.done("list", "clinic"), "entity_type  entities\n-----------  --------\n"
                         "empty               0\nnumbers          5000\npatients            5\nwards               2\n")
        self.fails(USAGE, "list", "clinic", "--where", "a = 1", says=["--where", "clinic/TYPE"])

    def test_list_of_a_type_has_every_property_as_a_column(self):
        rows = self.csv("list", "clinic/patients")
        self.assertEqual([row["_key"] for row in rows], ["p1", "p2", "p3", "a/b c", ""])
        self.assertEqual(list(rows[0]), ["_key", "active", "age", "big", "born", "name", "nothing", "only", "ratio",
                                         "ref", "scan", "whole", "_id"])
        self.assertEqual([row["age"] for row in rows], ["65", "30", "70.5", "", ""])

    def test_list_as_json_leaves_out_what_an_entity_does_not_have(self):
        rows = self.json("list", "clinic/patients", "--limit", "3")
        self.assertEqual(list(rows[1]), ["_key", "age", "_id"])
        self.assertEqual((rows[2]["only"], rows[2]["age"]), ("", 70.5))

    def test_list_chooses_by_condition(self):
        def keys(*words):
            return [row["_key"] for row in self.json("list", "clinic/patients", *words)]
        self.assertEqual(keys("--where", "age >= 65"), ["p1", "p3"])
        self.assertEqual(keys("-w", "age >= 65 and active = true"), ["p1"])
        self.assertEqual(keys("-w", "_key = 'p2' or only is not null"), ["p2", "p3"])
        self.assertEqual(keys("-w", "born < '1971-01-01'"), ["p1"])
        self.assertEqual(keys("-w", f"_id = '{KEYLESS}'"), [None])
        self.assertEqual(keys("-w", "age >= 30", "-n", "2"), ["p1", "p2"])
        self.assertEqual(keys("-w", "age > 1000"), [])
        self.fails(USAGE, "list", "clinic/patients", "-w", "age >", says=["column 6", "expected"])
        self.fails(USAGE, "list", "clinic/patients", "-w", "", says="column 1")

    def test_list_goes_on_page_by_page(self):
        keys, after = [], []
        while True:
            rows = self.json("list", "clinic/numbers", "--limit", "1999", *after)
            if not rows:
                break
            keys += [row["_key"] for row in rows]
            after = ["--after", rows[-1]["_key"]]
        self.assertEqual(keys, [f"n{i:04}" for i in range(5000)])
        (last,) = self.json("list", "clinic/patients", "--after", "a/b c")
        self.assertEqual(last["_id"], KEYLESS)
        self.assertEqual(self.json("list", "clinic/patients", "--after", KEYLESS), [])
        self.fails(NOT_FOUND, "list", "clinic/patients", "--after", "nobody", says="nobody")
        self.fails(NOT_FOUND, "list", "clinic/patients", "--after", KEYLESS.replace("1e", "1f"))

    def test_list_shows_the_columns_asked_for(self):
        rows = self.csv("list", "clinic/patients", "--columns", "age,_key,_revision,missing", "--limit", "1")
        self.assertEqual([list(row.items()) for row in rows],
                         [[("age", "65"), ("_key", "p1"), ("_revision", "1"), ("missing", "")]])
        self.assertEqual(self.json("list", "clinic/patients", "-c", "_type,_created_at,x", "-n1")[0].keys(),
                         {"_type", "_created_at"})

    def test_an_empty_type_is_an_empty_list(self):
        self.assertEqual(self.done("list", "clinic/empty"), "_key  _id\n----  ---\n")
        self.assertEqual(self.done("--format", "json", "list", "clinic/empty"), "[]\n")
        self.assertEqual(self.done("--format", "csv", "list", "clinic/empty"), "_key,_id\r\n")

    def test_an_index_changes_how_entities_are_found_but_not_which(self):
        self.copy()
        many = [["set", "--create", f"clinic/many/m{i}", f"n={i % 20}", f"name=x{i}"] for i in range(60)]
        self.json("create", "clinic/many")
        for words in many:
            self.json(*words)
        conditions = ["n = 7", "n >= 18", "n > 17.5 and n <= 18", "name = \"x5\"", "5 = n and name != \"x5\"",
                      "n = \"7\"", "n = null", "n < 3 and n > 5", "n >= 0", "n = 1 or n = 2", "not n = 3"]
        def answers():
            return [self.json("list", "clinic/many", "--where", where) for where in conditions]
        before = answers()
        self.assertEqual(self.json("list", "clinic/many", "-w", "n = 7", "--explain"),
                         [{"access": "scan", "index": None, "estimated": 60, "examined": 60, "matched": 3}])
        self.assertEqual(self.json("index", "create", "clinic/many", "n"),
                         [{"index": "n", "over": "property", "unique": False, "ready": True, "entries": 60}])
        self.json("index", "create", "clinic/many", "name", "--unique")
        self.assertEqual(answers(), before)
        plan = {"access": "index", "index": "n", "estimated": 3, "examined": 3, "matched": 3}
        self.assertEqual(self.json("list", "clinic/many", "-w", "n = 7", "--explain"), [plan])
        plan.update(index="name", estimated=1, examined=1, matched=0)
        self.assertEqual(self.json("list", "clinic/many", "-w", 'n = 7 and name = "x5"', "--explain"), [plan])
        self.assertEqual(self.json("list", "clinic/many", "-w", "n >= 0", "--explain")[0]["access"], "scan")
        rows = self.json("list", "clinic/many", "--order-by", "n", "--descending", "-n", "4", "-w", "n < 19")
        self.assertEqual([row["n"] for row in rows], [18, 18, 18, 17])
        self.assertEqual(self.json("list", "clinic/many", "--order-by", "n", "--explain")[0]["access"],
                         "order of index")

    def test_indexes_are_listed_counted_and_dropped(self):
        self.copy()
        self.json("set", "clinic/patients/p1", "ward=ICU")
        self.json("set", "clinic/patients/p2", "ward=ICU")
        self.json("index", "create", "clinic/patients", "ward")
        self.fails(FAILED, "index", "create", "clinic/patients", "ward", says="ward")
        self.assertEqual(self.json("index", "list", "clinic/patients"),
                         [{"index": "ward", "over": "property", "unique": False, "ready": True, "entries": 2}])
        self.assertEqual(self.json("index", "count", "clinic/patients", "ward"), [{"value": "ICU", "entities": 2}])
        self.assertEqual(self.json("index", "count", "clinic/patients", "ward", "--from", "J"), [])
        self.assertEqual(self.json("index", "count", "clinic/patients", "ward", "--to", "ICU", "-n", "1"),
                         [{"value": "ICU", "entities": 2}])
        self.json("index", "drop", "clinic/patients", "ward")
        self.assertEqual(self.json("index", "list", "clinic/patients"), [])
        self.fails(NOT_FOUND, "index", "drop", "clinic/patients", "ward", says="ward")
        self.fails(NOT_FOUND, "index", "count", "clinic/patients", "ward", says="ward")
        self.fails(NOT_FOUND, "list", "clinic/patients", "--order-by", "ward", says="ward")
        self.fails(FAILED, "index", "create", "clinic/patients", "ward", "--unique", says=["ward", "ICU"])
        self.fails(USAGE, "index", "make", "clinic/patients", says="create, drop, list, stats or count")
        self.fails(USAGE, "index", "create", "clinic/patients", says="property")
        self.fails(USAGE, "list", "clinic/patients", "--descending", says="order_by")

    def test_former_values_are_kept_shown_and_purged(self):
        self.copy()
        address = "clinic/patients/p2"
        self.json("type", "clinic/patients", "-s", "property_history=on")
        self.json("set", address, "age=31")
        self.json("set", address, "--unset", "age")
        rows = self.json("history", address, "age")
        self.assertEqual([(row["type"], row.get("value")) for row in rows],
                         [("int64", 30), ("int64", 31), ("deleted", None)])
        times = [row["valid_from"] for row in rows]
        self.assertEqual([self.json("get", address, "--as-of", time)[0].get("age") for time in times], [30, 31, None])
        self.assertEqual(self.json("purge", "clinic/patients", "--before", times[1])[0]["entities"],
                         len(self.json("list", "clinic/patients")))
        self.assertEqual([row["valid_from"] for row in self.json("history", address, "age")], times[1:])
        self.json("purge", address, "age", "--before", times[2])
        self.fails(NOT_FOUND, "history", address, "age", says="age")
        self.fails(USAGE, "purge", address, says="--before")
        self.fails(USAGE, "purge", "clinic", "--before", "2020-01-01", says="clinic")
        self.fails(USAGE, "get", address, "--as-of", "yesterday", says="--as-of")

    def test_edges_lead_both_ways(self):
        rows = self.json("edges", "clinic/patients/p2")
        self.assertEqual([(row["direction"], row["type"], row["entity_type"], row["key"]) for row in rows],
                         [("out", "treated_in", "wards", "icu"), ("in", "knows", "patients", "p1")])
        self.assertEqual(len(self.json("edges", "clinic/patients/p2", "--in", "--out")), 2)
        rows = self.json("edges", "clinic/wards/icu", "--in")
        self.assertEqual({row["key"] for row in rows}, {"p1", "p2"})
        self.assertEqual(self.json("edges", "clinic/wards/icu", "--out"), [])

    def test_edges_are_chosen_by_type_and_activity(self):
        rows = self.json("edges", "clinic/patients/p1", "--out", "--type", "treated_in", "--active")
        self.assertEqual([(row["key"], row["active"], row["weight"]) for row in rows], [("icu", True, 0.1)])
        self.assertEqual(len(self.json("edges", "clinic/patients/p1")), 3)
        self.assertEqual(len(self.json("edges", "clinic/patients/p1", "-n", "2")), 2)
        self.assertEqual(self.json("edges", "clinic/patients/p1", "--type", "unknown"), [])
        rows = self.json("edges", "clinic/patients/p1", "--type-prefix", "treat")
        self.assertEqual([row["type"] for row in rows], ["treated_in"] * 2)
        rows = self.json("edges", "clinic/patients/p1", "--other-type", "patients")
        self.assertEqual([row["key"] for row in rows], ["p2"])
        self.fails(NOT_FOUND, "edges", "clinic/patients/p1", "--other-type", "nobody", says="nobody")
        self.fails(USAGE, "edges", "clinic/patients/p1", "--type", "knows", "--type-prefix", "k", says="not both")

    def test_edges_are_counted(self):
        def counted(*options):
            rows = self.json("edges", "clinic/patients/p1", "--count", *options)
            return [(row["direction"], row["edges"]) for row in rows]
        self.assertEqual(counted(), [("out", 3), ("in", 0)])
        self.assertEqual(counted("--out", "--type", "treated_in"), [("out", 2)])
        self.assertEqual(counted("--out", "--active"), [("out", 2)])
        self.assertEqual(self.json("edges", "clinic/wards/icu", "--count", "--in")[0]["edges"], 2)

    def test_properties_of_edges_are_rows_and_are_exported(self):
        rows = self.json("edges", "clinic/patients/p1", "--properties")
        self.assertEqual([(row["type"], row["key"], row["name"], row["value"]) for row in rows],
                         [("treated_in", "icu", "bed", 4)])
        self.fails(USAGE, "edges", "clinic/patients/p1", "--properties", "--count", says="--properties")
        lines = [json.loads(line) for line in self.done("export", "clinic").splitlines()]
        self.assertEqual([line["properties"] for line in lines if "edge" in line and "properties" in line], [{"bed": 4}])

    def test_edges_are_read_as_of_a_moment_where_their_history_is_kept(self):
        self.copy()
        moment = ("edges", "clinic/patients/p1", "--as-of", "2001-01-01")
        self.fails(USAGE, *moment, says="edge_history")
        self.json("type", "clinic/patients", "--set", "edge_history=on")
        self.assertEqual(self.json(*moment), self.json("edges", "clinic/patients/p1"))
        self.fails(USAGE, "edges", "clinic/patients/p1", "--as-of", "yesterday", says="yesterday")
        for question in (("bfs", "--from", "patients/p1"), ("components",), ("pagerank",)):
            now = self.json("graph", "clinic", *question)
            self.assertEqual(self.json("graph", "clinic", *question, "--as-of", "2001-01-01"), now)
        self.fails(USAGE, "graph", "clinic", "components", "--as-of", "yesterday", says="yesterday")

    def test_states_of_edges_are_shown_and_purged(self):
        self.copy()
        address = "clinic/patients/p1"
        edge = ("--edge", "treated_in", "--to", "wards/icu")
        state = {"active": True, "weight": 0.1}
        self.assertEqual(self.json("history", address, *edge), [state])
        self.json("type", "clinic/patients", "--set", "edge_history=on")
        with open(self.root / "edges.csv", "w", encoding="utf-8") as file:
            file.write("patient,ward,days\np1,icu,3\np1,er,3\n")
        mapping = {"collection": "clinic", "sources": [
            {"file": "edges.csv", "type": "patients", "key": "patient", "properties": {}, "edges": [
                {"type": "treated_in", "to": {"type": "wards", "key": "ward"}, "weight": "days"}]}]}
        (self.root / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
        self.done("import", "--quiet", self.root / "mapping.json")
        rows = self.json("history", address, *edge)
        time = rows[0]["deleted_at"]
        self.assertEqual(rows, [{"deleted_at": time, **state}, {"created_at": time, "active": True, "weight": 3}])
        er = ("--edge", "treated_in", "--to", self.json("get", "clinic/wards/er")[0]["_id"])
        self.assertEqual(len(self.json("history", address, *er)), 2)
        self.json("purge", address, "--edges", "--before", "2001-01-01")
        self.json("purge", address, "--edge", "knows", "--before", time)
        self.json("purge", address, "--before", time)  # of properties
        self.assertEqual(len(self.json("history", address, *edge)), 2)
        self.json("purge", address, *edge, "--before", time)
        self.assertEqual(self.json("history", address, *edge), rows[1:])
        self.assertEqual(len(self.json("history", address, *er)), 2)
        self.assertEqual(self.json("purge", "clinic/patients", "--edges", "--before", time)[0]["entities"],
                         len(self.json("list", "clinic/patients")))
        self.assertEqual(self.json("history", address, *er), rows[1:])
        self.fails(USAGE, "history", address, says="PROPERTY")
        self.fails(USAGE, "history", address, "--edge", "knows", says="--to")
        self.fails(USAGE, "history", address, "age", *edge, says="PROPERTY")
        self.fails(USAGE, "history", address, "--edge", "knows", "--to", "wards", says="wards/KEY")
        self.fails(NOT_FOUND, "history", address, "--edge", "knows", "--to", "wards/none", says="none")
        self.fails(USAGE, "purge", address, "age", "--edges", "--before", time, says="not both")
        self.fails(USAGE, "purge", address, "--to", "wards/er", "--before", time, says="--edges")
        self.fails(USAGE, "purge", address, "--edge", "", "--before", time, says="--edge")

    def ways(self, *words):
        return [row["key"] for row in self.json("graph", "clinic", *words)]

    def test_graph_bfs_goes_from_near_to_far(self):
        rows = self.json("graph", "clinic", "bfs", "--from", "p1", "-t", "patients", "-t", "wards", "--undirected")
        self.assertEqual(rows[0]["key"], "p1")
        self.assertEqual(sorted((row["depth"], row["key"]) for row in rows), [(0, "p1"), (1, "er"), (1, "icu"), (1, "p2")])
        self.assertEqual(set(rows[0]), {"distance", "depth", "entity_type", "key", "id"})
        self.assertEqual(self.ways("bfs", "--from", "patients/p1", "--edge", "treated_in", "--active"), ["p1", "icu"])
        self.assertEqual(self.ways("bfs", "--from", "wards/icu", "--reverse", "-n", "2"), ["icu", "p1"])
        self.assertEqual(self.ways("bfs", "--from", "wards/icu", "-u", "--depth", "1"), ["icu", "p1", "p2"])
        self.assertEqual(self.ways("bfs", "--from", rows[0]["id"], "-t", "patients"), ["p1", "p2"])
        self.assertEqual(self.ways("bfs", "--from", "p1", "-t", "patients", "--where", "age > 40"), ["p1"])
        self.assertEqual(self.ways("bfs", "--from", "patients/p1", "--max-weight", "0.5"), ["p1", "icu"])

    def test_graph_shortest_path_has_a_row_for_each_step(self):
        steps = self.json("graph", "clinic", "shortest-path", "--from", "wards/er", "--to", "patients/p2", "-u")
        self.assertEqual([(row["step"], row["key"], row.get("edge"), row.get("direction")) for row in steps],
                         [(0, "er", None, None), (1, "p1", "treated_in", "in"), (2, "p2", "knows", "out")])
        steps = self.json("graph", "clinic", "shortest-path", "--from", "p1", "--to", "p2", "-t", "patients", "-t", "wards",
                          "-u", "--weighted")
        self.assertEqual([row["distance"] for row in steps], [0, 1])
        distances = self.json("graph", "clinic", "shortest-path", "--from", "patients/p1", "--weighted")
        self.assertEqual([row["key"] for row in distances[:2]], ["p1", "icu"])
        self.assertEqual({row["key"]: row["depth"] for row in distances}, {"p1": 0, "icu": 1, "er": 1, "p2": 1})
        self.fails(NOT_FOUND, "graph", "clinic", "shortest-path", "--from", "patients/p1", "--to", "patients/p3",
                   says="there is no path from clinic/patients/")

    def test_graph_paths_are_numbered_and_the_shortest_first(self):
        rows = self.json("graph", "clinic", "paths", "--from", "p1", "--to", "p2", "-t", "patients", "-t", "wards", "-u")
        self.assertEqual([(row["path"], row["step"], row["key"]) for row in rows],
                         [(1, 0, "p1"), (1, 1, "p2"), (2, 0, "p1"), (2, 1, "icu"), (2, 2, "p2")])
        words = ("graph", "clinic", "paths", "--from", "patients/p1", "--to", "patients/p2", "-u")
        self.assertEqual(len(self.json(*words, "--limit", "1")), 2)
        self.assertEqual(len(self.json(*words, "--depth", "1")), 2)
        self.fails(USAGE, *words, "--depth", "256", says="1 to 255")

    def test_graph_components_and_labels_group_entities(self):
        words = ("-t", "patients", "-t", "wards")
        rows = self.json("graph", "clinic", "components", *words)
        component = {row["key"]: row["component"] for row in rows}
        self.assertEqual(len(rows), 7)
        self.assertEqual({component[key] for key in ("p1", "p2", "icu", "er")}, {1})
        self.assertEqual((component["p3"], component["a/b c"]), (2, 3))
        groups = self.json("graph", "clinic", "components", *words, "--groups")
        self.assertEqual([(row["component"], row["size"]) for row in groups], [(1, 4), (2, 1), (3, 1), (4, 1)])
        self.assertEqual(groups[0]["key"], "p1")
        rows = self.json("graph", "clinic", "labels", *words, "-u", "-i", "0")
        self.assertEqual([row["community"] for row in rows], list(range(1, 8)))
        groups = self.json("graph", "clinic", "labels", *words, "-u", "-g", "-n", "1")
        self.assertEqual(len(groups), 1)

    def test_graph_pagerank_and_clustering_are_sorted(self):
        rows = self.json("graph", "clinic", "pagerank", "-t", "patients", "-t", "wards", "--threads", "2")
        ranks = [row["rank"] for row in rows]
        self.assertEqual((ranks, rows[0]["key"]), (sorted(ranks, reverse=True), "icu"))
        self.assertAlmostEqual(sum(ranks), 1)
        even = self.json("graph", "clinic", "pagerank", "-t", "patients", "--damping", "0", "--iterations", "3")
        self.assertEqual([row["rank"] for row in even], [0.2] * 5)
        rows = self.json("graph", "clinic", "clustering", "-t", "patients", "-t", "wards", "-u", "-n", "4")
        self.assertEqual([(row["key"], round(row["coefficient"], 6)) for row in rows],
                         [("p2", 1), ("icu", 1), ("p1", 0.333333), ("p3", 0)])

    def test_graph_says_what_is_missing_or_too_much(self):
        for words, part in ((("labls",), "did you mean labels"), (("sort",), "ask for bfs"), (("bfs",), "--from KEY"),
                            (("paths", "--from", "patients/p1"), "--to KEY"),
                            (("pagerank", "--from", "patients/p1"), "no --from"),
                            (("bfs", "--from", "patients/p1", "--to", "patients/p2"), "no --to"),
                            (("bfs", "--from", "patients"), "patients/KEY"),
                            (("components", "-u", "-r"), "exclude each other"),
                            (("pagerank", "--damping", "2"), "from 0 to 1"),
                            (("components", "--min-weight", "much"), "is a number"),
                            (("components", "--min-weight", "2", "--max-weight", "1"), "no weight from 2 to 1"),
                            (("components", "--where", "age >"), "column"),
                            (("components", "--threads", "0"), "1 to 256"),
                            (("bfs", "--from", "wards/icu", "-t", "patients"), "none of the types")):
            self.fails(USAGE, "graph", "clinic", *words, says=part)
        self.fails(NOT_FOUND, "graph", "clinic", "bfs", "--from", "p9", "-t", "patients", says="p9")
        self.fails(NOT_FOUND, "graph", "clinic", "components", "-t", "doctors", says="doctors")
        self.fails(NOT_FOUND, "graph", "nowhere", "components", says="nowhere")
        self.fails(USAGE, "graph", "clinic/patients", "components", says="give clinic")

    def test_series_without_a_name_lists_them(self):
        self.assertEqual(self.json("series", "clinic/patients/p1"), [
            {"name": "Heart Rate", "points": 7, "first": "2171-11-14T10:00:00Z", "last": "2171-11-14T11:30:00Z",
             "values": "float64"},
            {"name": "odd", "points": 3, "first": "2171-11-14T10:00:00Z", "last": "2171-11-14T10:00:00.000002Z",
             "values": "float64"}])
        self.fails(USAGE, "series", "clinic/patients/p1", "--every", "1h", says="NAME")

    def test_series_has_its_points_within_a_period(self):
        points = self.json("series", "clinic/patients/p1", "Heart Rate", "--from", "2171-11-14T10:15:00Z",
                           "--to", "2171-11-14T10:45:00Z")
        self.assertEqual(points, [{"time": "2171-11-14T10:15:00Z", "value": 109},
                                  {"time": "2171-11-14T10:30:00Z", "value": 110}])
        self.assertEqual(len(self.json("series", "clinic/patients/p1", "Heart Rate")), 7)
        self.assertEqual(self.json("series", "clinic/patients/p1", "Heart Rate", "--from", "2172-01-01"), [])

    def test_values_that_are_no_numbers_are_texts_in_json(self):
        values = [point["value"] for point in self.json("series", "clinic/patients/p1", "odd")]
        self.assertEqual(values, ["NaN", "Infinity", 0])

    def test_series_in_hourly_buckets(self):
        self.assertEqual(self.done("series", "clinic/patients/p1", "Heart Rate", "--every", "1h"),
                         "start                 count         avg\n--------------------  -----  ----------\n"
                         "2171-11-14T10:00:00Z      4      108.75\n2171-11-14T11:00:00Z      3  102.333333\n")
        rows = self.json("series", "clinic/patients/p1", "Heart Rate", "-e", "1h", "-a", "all")
        self.assertEqual(rows[0], {"start": "2171-11-14T10:00:00Z", "count": 4, "avg": 108.75, "min": 108, "max": 110,
                                   "sum": 435, "first": 108, "last": 108})
        for aggregate, value in (("min", 102), ("max", 103), ("sum", 307), ("first", 102), ("last", 103)):
            rows = self.json("series", "clinic/patients/p1", "Heart Rate", "--every=1h", f"--agg={aggregate}")
            self.assertEqual(rows[1], {"start": "2171-11-14T11:00:00Z", "count": 3, aggregate: value})
        rows = self.csv("series", "clinic/patients/p1", "Heart Rate", "--every", "1d", "--agg", "count")
        self.assertEqual(rows, [{"start": "2171-11-14T00:00:00Z", "count": "7"}])
        self.fails(USAGE, "series", "clinic/patients/p1", "Heart Rate", "--agg", "min", says="--every")

    def test_measures_and_their_history(self):
        self.assertEqual(self.json("measures", "clinic/patients/p1"), [
            {"name": "weight", "value": 80.5, "unit": "kg", "time": "2171-11-14T10:00:00Z", "count": 2, "min": 79.5,
             "max": 80.5, "avg": 80}])
        history = self.json("measures", "clinic/patients/p1", "weight")
        self.assertEqual([point["value"] for point in history], [79.5, 80.5])
        self.assertEqual(len(self.json("measures", "clinic/patients/p1", "weight", "--to", "2171-11-14T10:00:00Z")), 1)
        self.assertEqual(self.json("measures", "clinic/patients/p2"), [])
        self.fails(USAGE, "measures", "clinic/patients/p1", "--from", "2171-01-01", says="NAME")

    def test_a_trajectory_is_asked_for_one_position_or_a_thinned_span(self):
        (row,) = self.json("trajectory", "clinic/patients/p1")
        self.assertEqual(self.json("trajectory", "clinic/patients/p1", "--last"), [row])
        self.assertEqual(self.json("trajectory", "clinic/patients/p1", "--at", "2200-01-01"), [row])
        self.assertEqual(self.json("trajectory", "clinic/patients/p1", "--every", "5"), [row])
        self.assertEqual(self.json("trajectory", "clinic/patients/p1", "--moved", "0.1", "-m", "euclidean"), [row])
        self.fails(NOT_FOUND, "trajectory", "clinic/patients/p1", "--at", "2000-01-01", says="no position")
        self.fails(NOT_FOUND, "trajectory", "clinic/patients/p2", "--last", says="no trajectory")
        self.fails(USAGE, "trajectory", "clinic/patients/p1", "--last", "--every", "2", says="ask one")
        self.fails(USAGE, "trajectory", "clinic/patients/p1", "--moved", "0", says="--moved")
        self.fails(USAGE, "trajectory", "clinic/patients/p1", "--moved", "1", "--every", "2", says="choose one")
        self.fails(USAGE, "trajectory", "clinic/patients/p1", "--metric", "euclidean", says="--moved")

    def test_entities_are_shown_in_the_order_of_a_measure(self):
        top = self.json("measures", "clinic/patients", "--by", "weight", "--top", "3")
        self.assertEqual([(row["key"], row["value"], row["unit"], row["time"]) for row in top],
                         [("p1", 80.5, "kg", "2171-11-14T10:00:00Z")])
        self.assertEqual(self.json("measures", "clinic/patients", "--by", "weight", "--bottom", "1"), top)
        self.assertEqual(self.json("measures", "clinic/patients", "--by", "nothing"), [])
        self.fails(USAGE, "measures", "clinic/patients", "--top", "3", says="--by NAME")
        self.fails(USAGE, "measures", "clinic/patients", "--by", "weight", "--top", "1", "--bottom", "1", says="one at a time")
        self.fails(USAGE, "measures", "clinic/patients", "weight", "--by", "weight", says="COLLECTION/TYPE")
        self.fails(USAGE, "measures", "clinic/patients/p1", "--by", "weight", says="names an entity")
        self.fails(USAGE, "measures", "clinic/patients", "--by", "weight", "--top", "0", says="--top")

    def test_a_trajectory_has_three_positions_of_17_coordinates(self):
        (row,) = self.json("trajectory", "clinic/patients/p1")
        self.assertEqual(row, {"time": "2171-11-14T10:00:00Z", **{name: [1] + 16 * [0]
                                                                 for name in ("graph", "embedding", "property")}})
        self.assertEqual(self.json("trajectory", "clinic/patients/p1", "--to", "2171-11-14T10:00:00Z"), [])
        self.assertEqual(self.json("trajectory", "clinic/patients/p2"), [])

    def test_vectors_of_a_type_and_of_an_entity(self):
        self.assertEqual(self.json("vectors", "clinic/patients"), [{"name": "profile", "form": "dense",
                                                                  "element": "float32", "metric": "l2", "dimension": 3,
                                                                  "count": 3}])
        self.assertEqual(self.json("vectors", "clinic/patients/p2"),
                         [{"name": "profile", "dimension": 3, "values": [0.5, 0.5, 0]}])
        self.assertEqual(self.csv("vectors", "clinic/patients/p1")[0]["values"], "[1,0,0]")
        self.assertEqual(self.json("vectors", "clinic/wards"), [])
        self.assertEqual(self.json("vectors", f"clinic/patients/{KEYLESS}"), [])
        self.fails(USAGE, "vectors", "clinic", says="clinic/TYPE")

    def test_vectors_of_every_form_are_registered_set_read_and_searched(self):
        self.copy()
        forms = {"words": (["--form", "sparse"], "{1:0.5,7:2}", {"indexes": [1, 7], "values": [0.5, 2]}),
                 "hash": (["--form", "binary", "-n", "5"], "0b01101", {"bits": "01101"}),
                 "tokens": (["--form", "multi", "-n", "2", "--element", "float16", "-m", "cosine"], "[[1,0],[0,2]]",
                            {"rows": [[1, 0], [0, 2]]}),
                 "small": (["-n", "3", "--element", "int8", "-m", "l1"], "[127, -1,0]", {"values": [127, -1, 0]})}
        for name, (options, text, exported) in forms.items():
            rows = self.json("vectors", "clinic/patients", "--register", name, *options)
            self.assertEqual([row["count"] for row in rows if row["name"] == name], [0])
            self.json("vectors", "clinic/patients/p1", f"{name}={text}")
            rows = {row["name"]: row["values"] for row in self.json("vectors", "clinic/patients/p1")}
            expected = exported["values"] if name == "small" else text
            self.assertEqual(rows[name], expected)
            (found,) = self.json("nearest", "clinic/patients", name, text)
            self.assertEqual(found["key"], "p1")
            self.assertEqual(self.json("nearest", "clinic/patients", name, "p1", "-t", "4"), [])
            lines = [json.loads(line) for line in self.done("export", "clinic").splitlines()]
            (line,) = [line for line in lines if line.get("vector") == name]
            del line["vector"], line["entity"]
            self.assertEqual(line, exported)
        self.assertEqual(self.json("vectors", "clinic/patients/p1", "-u", "hash", "-u", "small", "-u", "tokens", "-u", "words"),
                         [{"name": "profile", "dimension": 3, "values": [1, 0, 0]}])
        self.assertEqual(len(self.json("vectors", "clinic/patients", "--drop", "hash")), 4)

    def near(self, *words):
        return [row["key"] for row in self.json(*words)]

    def test_an_index_of_neighbours_is_created_used_explained_and_dropped(self):
        self.copy()
        self.json("create", "clinic/notes")
        self.json("vectors", "clinic/notes", "--register", "text", "-n", "2")
        for i in range(30):
            self.json("set", "--create", f"clinic/notes/n{i}", f"even={'true' if i % 2 == 0 else 'false'}")
            self.json("vectors", f"clinic/notes/n{i}", f"text=[{i},{i % 7}]")
        exact = self.near("nearest", "clinic/notes", "text", "[10.2,3]", "-k", "4")
        self.assertEqual(self.json("nearest", "clinic/notes", "text", "n3", "--explain")[0]["reason"],
                         "there is no index for it")
        (made,) = self.json("index", "create", "clinic/notes", "near", "--vector", "text", "--links", "8", "-t", "2")
        self.assertEqual({name: made[name] for name in ("over", "metric", "links", "width", "entities")},
                         {"over": "vector text", "metric": "l2", "links": 8, "width": 128, "entities": 30})
        self.assertEqual(self.json("index", "stats", "clinic/notes"), [made])
        self.assertEqual(self.json("index", "list", "clinic/notes"),
                         [{"index": "near", "over": "vector text", "unique": False, "ready": True, "entries": 30}])
        words = ["nearest", "clinic/notes", "text", "[10.2,3]", "-k", "4", "--width", "1"]
        self.assertEqual(self.json(*words, "--explain")[0]["way"], "exact" if 30 <= 4 * 8 else "index")
        self.assertEqual(self.near(*words), exact)
        self.json("vectors", "clinic/notes/n29", "text=[10.2,3]")
        self.assertEqual(self.near(*words)[0], "n29")
        (plan,) = self.json("nearest", "clinic/notes", "text", "[10.2,3]", "-m", "cosine", "--explain")
        self.assertEqual((plan["way"], plan["index"]), ("exact", None))
        self.assertTrue(set(self.near(*words, "-w", "even = true")) <= {f"n{i}" for i in range(0, 30, 2)})
        self.fails(FAILED, "index", "create", "clinic/notes", "near", "-v", "text", says="near")
        self.fails(NOT_FOUND, "index", "create", "clinic/notes", "other", "-v", "none", says="none")
        self.fails(USAGE, "index", "create", "clinic/notes", "other", "-v", "text", "-p", says="not both")
        self.json("index", "drop", "clinic/notes", "near")
        self.assertEqual(self.json("index", "list", "clinic/notes"), [])
        self.done("check", "clinic")

    def test_all_within_a_distance_are_found(self):
        self.copy()
        self.assertEqual(self.near("within", "clinic/patients", "profile", "p1", "--distance", "0.8"), ["p2"])
        self.assertEqual(len(self.near("within", "clinic/patients", "profile", "[0,0,0]", "--distance", "9")), 3)
        self.assertEqual(len(self.near("within", "clinic/patients", "profile", "[0,0,0]", "--distance", "9", "-n", "2")), 2)
        self.fails(USAGE, "within", "clinic/patients", "profile", "p1", says="--distance")
        self.fails(USAGE, "within", "clinic/patients", "profile", "p1", "--distance", "far", says="far")

    def test_positions_are_searched_by_hyperbolic_distance(self):
        self.copy()
        self.json("position", "init", "clinic/patients", "--strategy", "fingerprint")
        all_keys = self.near("nearest", "clinic/patients", "property", "p1", "-m", "hyperbolic")
        self.assertGreaterEqual(len(all_keys), 2)
        self.assertNotIn("p1", all_keys)
        rows = self.json("nearest", "clinic/patients", "property", "p1", "-m", "hyperbolic")
        self.assertLessEqual(rows[0]["distance"], rows[1]["distance"])
        within = self.near("within", "clinic/patients", "property", "p1", "-m", "hyperbolic",
                           f"--distance={rows[0]['distance'] * 1.0001}")
        self.assertIn(all_keys[0], within)
        self.json("index", "create", "clinic/patients", "places", "--weights", "0,0,1")
        self.assertEqual(self.json("index", "stats", "clinic/patients")[0]["over"], "positions 0,0,1")
        (plan,) = self.json("nearest", "clinic/patients", "property", "p1", "-m", "hyperbolic", "--explain")
        self.assertEqual(plan["index"], "places")
        self.assertEqual(self.near("nearest", "clinic/patients", "property", "p1", "-m", "hyperbolic"), all_keys)
        self.assertEqual(len(self.near("nearest", "clinic/patients", "all", "p1", "-m", "hyperbolic",
                                       "--weights", "0.2,0.3,0.5")), len(all_keys))
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-m", "hyperbolic", says="graph")
        self.fails(USAGE, "nearest", "clinic/patients", "all", "p1", "-m", "hyperbolic", "--weights", "1,2", says="three")

    def test_searches_are_fused_to_one_ranking(self):
        self.copy()
        self.json("vectors", "clinic/patients", "--register", "words", "--form", "sparse")
        self.json("vectors", "clinic/patients/p2", "words={1:1}")
        both = self.json("rank", "clinic/patients", "profile=[1,0,0]", "words={1:1}")
        places = self.near("nearest", "clinic/patients", "profile", "[1,0,0]")
        scores = {key: 1 / (61 + place) for place, key in enumerate(places)}
        scores["p2"] += 1 / 61
        self.assertEqual([row["key"] for row in both], sorted(scores, key=scores.get, reverse=True))
        for row in both:
            self.assertAlmostEqual(row["score"], scores[row["key"]], 12)
        by_scores = {row["key"]: row["score"] for row in
                     self.json("rank", "clinic/patients", "profile:3=[1,0,0]", "words={1:1}", "--fuse", "scores")}
        rows = self.json("nearest", "clinic/patients", "profile", "[1,0,0]")
        least, most = rows[0]["distance"], rows[-1]["distance"]
        for row in rows:
            expected = 0.75 * (most - row["distance"]) / (most - least) + (0.25 if row["key"] == "p2" else 0)
            self.assertAlmostEqual(by_scores[row["key"]], expected, 12)
        self.assertEqual(len(self.json("rank", "clinic/patients", "profile=[1,0,0]", "words={1:1}", "-k", "1")), 1)
        self.fails(USAGE, "rank", "clinic/patients", "profile", says="WHAT=QUERY")
        self.fails(USAGE, "rank", "clinic/patients", "profile:x=[1,0,0]", says="weight")
        self.fails(NOT_FOUND, "rank", "clinic/patients", "profile=nobody", says="nobody")
        self.fails(NOT_FOUND, "rank", "clinic/patients", "none=[1]", says="none")

    def test_vectors_that_break_a_rule_are_refused(self):
        self.copy()
        for word, says in (("profile", "NAME=VECTOR"), ("=[1]", "NAME=VECTOR"), ("profile=1,2", "no vector"),
                           ("profile=[1,2", "at character 5"), ("profile=[1,x]", "a number"), ("profile=[1e40]", "finite"),
                           ("profile=[1,2]x", "the end"), ("profile={1=2}", ":"), ("profile={-1:2}", "an index"),
                           ("profile={4294967296:2}", "an index"), ("profile={5:1,2:1}", "follows"), ("profile={1:2", "}"),
                           ("profile=0b", "0 or 1"), ("profile=[[1],[1,2]]", "row 2"), ("profile=[[1],2]", "["),
                           ("profile=[[1]", "]"), ("profile=[1,2]", "3 dimensions"), ("profile=0b1", "is dense")):
            self.fails(USAGE, "vectors", "clinic/patients/p1", word, says=says)
        self.fails(NOT_FOUND, "vectors", "clinic/patients/p1", "unknown=[1]", says="unknown")
        self.fails(USAGE, "vectors", "clinic/patients", "profile=[1,2,3]", says="clinic/patients/KEY")
        self.fails(USAGE, "vectors", "clinic/patients", "--dimension", "3", says="--register")
        self.fails(USAGE, "vectors", "clinic/patients/p1", "-r", "x", "-n", "3", says="clinic/patients")
        self.fails(USAGE, "vectors", "clinic/patients", "-r", "x", says="not 0")
        self.fails(USAGE, "vectors", "clinic/patients", "-r", "x", "-n", "3", "--form", "sparse", "-m", "l2", says="sparse")
        self.fails(NOT_FOUND, "vectors", "clinic/patients", "--drop", "x", says="'x'")

    def test_nearest_among_the_entities_that_meet_a_condition(self):
        rows = self.json("nearest", "clinic/patients", "profile", "[1,0,0]", "-w", "_key != 'p1'", "-k", "1")
        self.assertEqual([row["key"] for row in rows], ["p2"])
        self.assertEqual(self.json("nearest", "clinic/patients", "profile", "p1", "-w", "_key = 'p1'"), [])
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-w", "_key =")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "[1,0]", says="3 dimensions")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "p1", "-m", "hamming", says="dense")

    def test_nearest_by_each_metric(self):
        rows = self.json("nearest", "clinic/patients", "profile", "clinic/patients/p1")
        self.assertEqual([(row["key"], row["distance"]) for row in rows], [("p2", 0.5 ** 0.5), ("p3", 4)])
        rows = self.json("nearest", "clinic/patients", "profile", "p1", "-k", "1", "--metric", "cosine")
        self.assertEqual([(row["key"], row["distance"]) for row in rows], [("p3", 0)])
        rows = self.json("nearest", "clinic/patients", "profile", "p1", "-m", "inner-product")
        self.assertEqual([(row["key"], row["distance"]) for row in rows], [("p3", -5), ("p2", -0.5)])
        self.fails(NOT_FOUND, "nearest", "clinic/patients", "profile", "a/b c")
        self.fails(NOT_FOUND, "nearest", "clinic/patients", "profile", "nobody", says="nobody")
        self.fails(NOT_FOUND, "nearest", "clinic/patients", "profile", KEYLESS)
        self.fails(NOT_FOUND, "nearest", "clinic/patients", "colour", "p1", says="colour")
        self.fails(USAGE, "nearest", "clinic", "profile", "p1", says="clinic/TYPE")
        self.fails(USAGE, "nearest", "clinic/patients", "profile", "clinic/patients")

    def test_compact_leaves_the_same_content_in_no_more_bytes(self):
        before = self.done("export", "clinic")
        (row,) = self.json("compact", "clinic")
        self.assertEqual(row["collection"], "clinic")
        self.assertLessEqual(row["bytes_after"], row["bytes_before"])
        self.assertEqual(self.done("export", "clinic"), before)
        self.assertEqual(self.json("check", "clinic")[0]["problems"], 0)

    def test_a_backup_holds_the_same_content(self):
        root = self.copy()
        self.assertEqual(self.done("backup", "clinic", root / "copy.hs", "-f", "csv").split(",")[4:6],
                         ["seconds\r\nclinic", str(root / "copy.hs")])
        content = self.done("export", "clinic").splitlines()
        self.assertEqual(self.done("export", "copy").splitlines()[1:], content[1:])  # the first line names the collection
        self.assertEqual(self.json("check", "copy")[0]["problems"], 0)
        message = self.fails(FAILED, "backup", "clinic", root / "copy.hs", says="exists already")
        self.assertIn(str(root / "copy.hs"), message)
        (row,) = self.json("backup", "clinic", root / "copy.hs", "--force")
        self.assertEqual((row["collection"], row["bytes"]), ("clinic", (root / "copy.hs").stat().st_size))
        self.fails(BUSY, "backup", "clinic", root / "clinic.hs", "--force", says="is open")
        self.fails(USAGE, "backup", "clinic", says="backup")
        self.assertEqual(list(root.glob("*.partial")), [])

    def test_a_stopped_backup_leaves_nothing(self):
        root = self.copy()
        with open(root / "large.json", "w", encoding="utf-8") as rows:
            for i in range(400):
                rows.write(json.dumps({"id": i, "text": "x" * 200000}) + "\n")
        mapping = {"collection": "large", "sources": [{"file": "large.json", "type": "rows", "key": "id"}]}
        (root / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
        self.done("import", root / "mapping.json", "-q")
        command = [PROGRAM, "-d", str(root), "backup", "large", str(root / "copy.hs")]
        partial = root / "copy.hs.partial"
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            while not partial.exists() and process.poll() is None:
                pass
            process.send_signal(signal.SIGINT)
            output, message = process.communicate()
        self.assertEqual((process.returncode, output), (INTERRUPTED, b""), message)
        self.assertIn("was stopped", message.decode())
        self.assertEqual(sorted(path.name for path in root.glob("copy*")), [])

    def test_check_finds_nothing(self):
        (row,) = self.json("check", "clinic")
        self.assertEqual((row["collection"], row["problems"]), ("clinic", 0))
        self.assertEqual((row["entities"], row["edges"]), (5007, 4))
        self.assertEqual(self.json("check"), [row])

    def test_addresses_that_name_nothing(self):
        for address, part in (("nowhere", "nowhere"), ("nowhere/patients/p1", "nowhere"),
                              ("clinic/doctors", "doctors"), ("clinic/doctors/p1", "doctors"),
                              ("clinic/patients/p9", "p9"), ("00000000-0000-0000-0000-000000000001", "00000000")):
            self.fails(NOT_FOUND, "get", address, says=part)
        self.fails(NOT_FOUND, "stats", "nowhere", says="nowhere")
        self.fails(NOT_FOUND, "export", "nowhere", says="nowhere")
        self.fails(NOT_FOUND, "check", "nowhere", says="nowhere")
        self.fails(NOT_FOUND, "series", "clinic/patients/p1", "Pulse", says="Pulse")
        self.fails(NOT_FOUND, "measures", "clinic/patients/p1", "height", says="height")

    def test_addresses_that_name_too_little_or_too_much(self):
        for command in ("get", "edges", "series", "measures", "trajectory", "delete"):
            self.fails(USAGE, command, "clinic/patients", says="clinic/patients")
            self.fails(USAGE, command, "clinic", says="clinic")
        self.fails(USAGE, "list", "clinic/patients/p1", says="get")
        self.fails(USAGE, "export", "clinic/patients", says="clinic")
        self.fails(USAGE, "nearest", "clinic/patients/p1", "profile", "p1", says="clinic/patients")


class Writing(Program):
    """Each command that writes, and what it refuses."""

    def test_create_makes_root_collection_and_type(self):
        self.empty()
        self.assertEqual(self.json("create", "zoo/animals"), [{"collection": "zoo", "entity_type": "animals"}])
        self.assertEqual(self.json("create", "zoo/keepers"), [{"collection": "zoo", "entity_type": "keepers"}])
        self.assertEqual(self.json("create", "park"), [{"collection": "park", "entity_type": None}])
        self.assertEqual([row["collection"] for row in self.json("list")], ["park", "zoo"])
        self.fails(FAILED, "create", "zoo", says="zoo")
        self.fails(FAILED, "create", "zoo/animals", says="animals")

    def test_names_must_follow_the_rule(self):
        self.empty()
        for name in ("Zoo", "1zoo", "zo-o", "zoo ", "größe", "a" * 64, "..", "zoo/Animals", "zoo/1", "zoo/" + "a" * 64,
                     "zoo/a/b", "zoo/", "/zoo", ""):
            self.fails(USAGE, "create", name)
        self.assertEqual(self.json("list") if self.root.exists() else [], [])
        self.assertEqual(self.json("create", "_" + "z9" * 31)[0]["collection"], "_" + "z9" * 31)

    def test_type_shows_and_sets_options(self):
        self.copy()
        before = {row["option"]: row for row in self.json("type", "clinic/patients")}
        self.assertEqual(before["property_history"]["value"], "off")
        self.assertEqual(before["series_duplicates"]["allowed"], "replace, keep")
        self.json("type", "clinic/patients", "--set", "property_history=on", "-s", "series_duplicates=keep")
        after = {row["option"]: row["value"] for row in self.json("type", "clinic/patients")}
        self.assertEqual((after["property_history"], after["series_duplicates"]), ("on", "keep"))
        self.assertEqual(self.json("type", "clinic/wards")[0]["value"], "off")

    def test_of_several_options_all_are_set_or_none(self):
        self.copy()
        self.fails(USAGE, "type", "clinic/patients", "-s", "property_history=on", "-s", "edge_history=maybe",
                   says=["edge_history", "off or on"])
        self.fails(USAGE, "type", "clinic/patients", "-s", "property_history=on", "-s", "colour=red",
                   says=["colour", "property_history"])
        self.fails(USAGE, "type", "clinic/patients", "-s", "property_history", says="OPTION=VALUE")
        self.assertEqual({row["value"] == row["default"] for row in self.json("type", "clinic/patients")}, {True})
        self.fails(NOT_FOUND, "type", "clinic/nobody", says="nobody")
        self.fails(USAGE, "type", "clinic", says="clinic/TYPE")

    def test_set_changes_properties_in_one_commit(self):
        self.copy()
        (row,) = self.json("set", "clinic/patients/p2", "age=31", "ward=ICU", "code:string=007", "x:float64=1",
                           "scan:bytes=00ff", "gone=null", "ok=true", "at=2020-01-02", "big=-9223372036854775808")
        self.assertEqual((row["collection"], row["entity_type"], row["key"], row["revision"]),
                         ("clinic", "patients", "p2", 2))
        (entity,) = self.json("get", row["id"])
        self.assertEqual({name: entity[name] for name in entity if name[0] != "_"}, {
            "age": 31, "ward": "ICU", "code": "007", "x": 1, "scan": "00ff", "gone": None, "ok": True,
            "at": "2020-01-02T00:00:00Z", "big": -9223372036854775808})
        self.json("set", "clinic/patients/p2", "--unset", "ward", "-u", "code", "y=1")
        (entity,) = self.json("get", "clinic/patients/p2")
        self.assertEqual((entity["_revision"], "ward" in entity, "code" in entity, entity["y"]), (3, False, False, 1))

    def test_set_takes_lists_and_documents(self):
        self.copy()
        document = '{"b": [1.0, 1e3],  "a": "\\u0000"}'
        self.json("set", "clinic/patients/p2", 'tags:list=["a", 1, 2.5, null, {"bytes":"00ff"}]', "doc:json=" + document)
        (entity,) = self.json("get", "clinic/patients/p2")
        self.assertEqual(entity["tags"], ["a", 1, 2.5, None, "00ff"])
        self.assertEqual(entity["doc"], {"b": [1, 1000], "a": "\0"})
        rows = self.done("--format", "csv", "get", "clinic/patients/p2", "--details")
        self.assertIn('doc,json,"' + document.replace('"', '""') + '",', rows)
        self.assertIn('tags,list,"[""a"",1,2.5,null,""00ff""]",', rows)
        line = next(line for line in self.done("export", "clinic").splitlines() if '"key":"p2"' in line)
        properties = json.loads(line)["properties"]
        self.assertEqual(properties["doc"], {"json": document})
        self.assertEqual(properties["tags"], ["a", 1, 2.5, None, {"bytes": "00ff"}])
        self.fails(USAGE, "set", "clinic/patients/p2", "tags:list=[[1]]", says="list")
        self.fails(USAGE, "set", "clinic/patients/p2", "doc:json={", says=["doc", "line 1"])

    def test_set_creates_only_if_told_to(self):
        self.copy()
        self.fails(NOT_FOUND, "set", "clinic/patients/new", "age=1", says="new")
        (row,) = self.json("set", "--create", "clinic/patients/new/key", "age=1")
        self.assertEqual((row["key"], row["revision"]), ("new/key", 1))
        (again,) = self.json("set", "--create", "clinic/patients/new/key", "age=2")
        self.assertEqual((again["id"], again["revision"]), (row["id"], 2))
        (keyless,) = self.json("set", "--create", "clinic/patients")
        self.assertEqual((keyless["key"], keyless["id"][14]), (None, "7"))
        self.assertEqual(self.json("stats", "clinic")[2]["entities"], 7)
        self.fails(NOT_FOUND, "set", "--create", "clinic/doctors/x", "a=1", says="doctors")
        self.fails(NOT_FOUND, "set", "--create", "nowhere/doctors/x", "a=1", says="nowhere")
        self.fails(USAGE, "set", "--create", "clinic", "a=1", says="COLLECTION/TYPE")

    def test_set_changes_nothing_at_another_revision(self):
        self.copy()
        self.json("set", "clinic/patients/p2", "age=31", "--revision", "1")
        self.fails(FAILED, "set", "clinic/patients/p2", "age=32", "--revision", "1", says="revision")
        self.assertEqual(self.json("get", "clinic/patients/p2")[0]["age"], 31)

    def test_what_breaks_a_rule_changes_nothing(self):
        self.copy()
        before = self.done("export", "clinic", "--meta")
        for words in (["age"], ["=1"], ["a:int=1"], ["a:int64=x"], ["a:timestamp=10000-01-01"],
                      ["a:timestamp=0000-12-31"], ["a:uuid=1"], ["a:bytes=f"], ["a:float64=nan"],
                      ["n" * 256 + "=1"], ["ok=1", "b\udcff=1"], ["ok=1", "c=\udcff"], []):
            self.fails(USAGE, "set", "clinic/patients/p2", *words)
        for value in ("int64=9223372036854775808", "float64=1e999", "timestamp=10000-01-01",
                      "timestamp=0000-12-31"):
            kind, text = value.split("=")
            self.fails(USAGE, "set", "clinic/patients/p2", f"a:{value}", says=[text, "out of range", kind])
        for name in ("_key", "_id", "_type", "_revision", "_created_at", "_updated_at"):
            self.fails(USAGE, "set", "clinic/patients/p2", f"{name}=5", says=[name, "own field"])
        self.fails(USAGE, "set", "clinic/patients/p2", "a:float64=inf", says='"inf" is no float64')
        self.fails(NOT_FOUND, "set", "clinic/patients/p2", "ok=1", "--unset", "missing", says="missing")
        self.fails(USAGE, "set", "--create", "clinic/patients/" + "k" * 513, "a=1", says="512")
        self.fails(USAGE, "set", "--create", "clinic/patients/\udcff", "a=1")
        self.assertEqual(self.done("export", "clinic", "--meta"), before)

    def test_the_longest_names_and_keys_are_taken(self):
        self.copy()
        (row,) = self.json("set", "--create", "clinic/patients/" + "k" * 512, "n" * 255 + "=1")
        self.assertEqual(self.json("get", row["id"])[0]["n" * 255], 1)

    def test_a_measure_is_set_incremented_reset_and_deleted(self):
        self.copy()
        p1 = ("measures", "clinic/patients/p1")
        (row,) = self.json(*p1, "visits", "--set", "3", "--unit", "times", "--time", "2171-01-01")
        self.assertEqual(row, {"name": "visits", "value": 3, "unit": "times", "time": "2171-01-01T00:00:00Z", "count": 1,
                               "min": 3, "max": 3, "avg": 3})
        (row,) = self.json(*p1, "visits", "--increment=-1", "--time", "2171-01-02")
        self.assertEqual((row["value"], row["unit"], row["count"], row["min"]), (2, "times", 2, 2))
        (row,) = self.json(*p1, "visits", "--set", "9", "--time", "2170-01-01")
        self.assertEqual((row["value"], row["count"], row["max"]), (2, 3, 9))
        self.assertEqual([point["value"] for point in self.json(*p1, "visits")], [9, 3, 2])
        (row,) = self.json(*p1, "visits", "--reset", "5", "--time", "2171-01-03")
        self.assertEqual((row["value"], row["unit"], row["count"]), (5, "times", 1))
        (row,) = self.json(*p1, "steps", "--increment", "2.5")
        self.assertEqual((row["value"], row["unit"], row["count"]), (2.5, "", 1))
        self.assertGreater(row["time"], "2020")
        self.assertEqual([row["name"] for row in self.json(*p1)], ["steps", "visits", "weight"])
        self.assertEqual(self.json(*p1, "steps", "--delete"), [])
        self.assertEqual([row["name"] for row in self.json(*p1)], ["visits", "weight"])
        self.done("check", "clinic")

    def test_a_change_of_a_measure_that_breaks_a_rule_changes_nothing(self):
        self.copy()
        weight = ("measures", "clinic/patients/p1", "weight")
        before = self.json("measures", "clinic/patients/p1")
        self.fails(USAGE, *weight, "--set", "1", "--increment", "1", says="one at a time")
        self.fails(USAGE, *weight, "--set", "heavy", says="--set")
        self.fails(USAGE, *weight, "--set", "nan", says="--set")
        self.fails(USAGE, *weight, "--set", "inf", says="finite")
        self.fails(USAGE, *weight, "--set", "1", "--time", "soon", says="--time")
        self.fails(USAGE, *weight, "--set", "1", "--from", "2171-01-01", says="--from")
        self.fails(USAGE, *weight, "--set", "1", "--by", "weight", says="--by")
        self.fails(USAGE, *weight, "--increment", "1", "--unit", "lb", says="lb")
        self.fails(USAGE, *weight, "--reset", "1", "--unit", "kg", says="--unit")
        self.fails(USAGE, *weight, "--delete", "--time", "2171-01-01", says="--time")
        self.fails(USAGE, *weight, "--unit", "kg", says="--unit")
        self.fails(USAGE, "measures", "clinic/patients/p1", "--set", "1", says="NAME")
        self.fails(USAGE, "measures", "clinic/patients", "weight", "--set", "1")
        self.fails(NOT_FOUND, "measures", "clinic/patients/p1", "height", "--reset", "1", says="height")
        self.fails(NOT_FOUND, "measures", "clinic/patients/p1", "height", "--delete", says="height")
        self.fails(NOT_FOUND, "measures", "clinic/patients/nobody", "height", "--set", "1", says="nobody")
        self.assertEqual(self.json("measures", "clinic/patients/p1"), before)

    def test_delete_takes_everything_that_belongs_to_the_entity(self):
        self.copy()
        (row,) = self.json("delete", "clinic/patients/p1")
        self.assertEqual((row["collection"], row["entity_type"], row["key"]), ("clinic", "patients", "p1"))
        self.fails(NOT_FOUND, "get", row["id"])
        self.fails(NOT_FOUND, "delete", "clinic/patients/p1")
        self.assertEqual([edge["key"] for edge in self.json("edges", "clinic/wards/icu")], ["p2"])
        stats = {row["entity_type"]: row for row in self.json("stats", "clinic")}["patients"]
        self.assertEqual([stats[name] for name in ("entities", "edges", "series", "points", "vectors", "measures")],
                         [4, 1, 0, 0, 2, 0])
        self.json("check", "clinic")

    def test_drop_says_first_what_would_be_lost(self):
        self.copy()
        self.fails(USAGE, "drop", "clinic/numbers", says=["5000", "--yes"])
        self.fails(USAGE, "drop", "clinic", says=["5007", "--yes"])
        self.assertEqual(len(self.json("stats", "clinic")), 4)
        self.assertEqual(self.json("drop", "clinic/wards", "--yes"),
                         [{"collection": "clinic", "entity_type": "wards"}])
        self.assertEqual([edge["type"] for edge in self.json("edges", "clinic/patients/p1")], ["knows"])
        self.json("check", "clinic")
        self.fails(NOT_FOUND, "drop", "clinic/wards", "--yes", says="wards")
        self.json("drop", "clinic", "-y")
        self.assertEqual((self.json("list"), list(self.root.glob("clinic*"))), ([], []))
        self.fails(NOT_FOUND, "drop", "clinic", "--yes", says="clinic")
        self.fails(USAGE, "drop", "a/b/c", "--yes")


class Placing(Program):
    """Positions in hyperbolic space: found, learned, shown and drawn."""

    def forest(self):
        """A collection with a tree of 13 nodes."""
        directory = self.empty()
        nodes = "key,above,name\n" + "".join(f"n{i},n{(i - 1) // 3 if i else ''},node {i}\n" for i in range(13))
        (directory / "nodes.csv").write_text(nodes.replace("n0,n,", "n0,,"), encoding="utf-8")
        mapping = {"collection": "forest", "sources": [
            {"file": "nodes.csv", "type": "nodes", "key": "key", "properties": {"name": "string"},
             "edges": [{"type": "below", "to": {"type": "nodes", "key": "above"}}]}]}
        (directory / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
        self.done("import", "--quiet", directory / "mapping.json")
        return directory

    def test_a_tree_is_placed_with_its_root_in_the_middle(self):
        self.forest()
        (result,) = self.json("position", "init", "forest/nodes", "--strategy", "tree", "--dimension", 2, "--radius", 1.5)
        self.assertEqual((result["entities"], result["edges"]), (13, 12))
        rows = self.json("position", "show", "forest/nodes")
        self.assertEqual([row["key"] for row in rows], [f"n{i}" for i in range(13)])
        self.assertEqual(rows[0]["graph"], 0)
        for row in rows[1:4]:
            self.assertAlmostEqual(row["graph"], 1.5, places=5)
        kinds = self.json("position", "show", "forest/nodes/n1")
        self.assertEqual([(row["kind"], len(row["coordinates"])) for row in kinds],
                         [("graph", 17), ("embedding", 17), ("property", 17)])
        self.assertEqual(len(self.json("position", "show", "forest/nodes", "--limit", 2)), 2)

    def test_learning_goes_on_where_it_stopped(self):
        self.forest()
        learn = ("position", "learn", "forest/nodes", "--closure", "--quiet", "--negatives", 5)
        (result,) = self.json(*learn, "--epochs", 30, "--time", "2020-01-01")
        self.assertEqual((result["epochs"], result["edges"]), (30, 3 + 2 * 9))
        self.assertGreater(result["map"], 0)
        self.done(*learn, "--epochs", 10, "--time", "2021-01-01")
        self.done(*learn, "--epochs", 20, "--learned", 10, "--time", "2022-01-01")
        for node in ("n0", "n12"):
            first, _, last = self.json("trajectory", f"forest/nodes/{node}")
            self.assertEqual(first["graph"], last["graph"])

    def test_a_trajectory_tells_how_it_moves(self):
        self.forest()
        for day, radius in ((1, 1), (2, 2), (3, 2)):
            self.done("position", "init", "forest/nodes", "-s", "tree", "--dimension", 2, "--radius", radius,
                      "--time", f"2020-01-0{day}")
        rows = self.json("trajectory", "forest/nodes/n1", "--drift", "--velocity")
        self.assertEqual([row["time"][:10] for row in rows], ["2020-01-01", "2020-01-02", "2020-01-03"])
        for column, values in (("step", (0, 1, 0)), ("drift", (0, 1, 1)), ("displacement", (0, 1, 1))):
            for row, value in zip(rows, values):
                self.assertAlmostEqual(row[column], value, places=5)
        self.assertAlmostEqual(rows[1]["velocity"] * 86400, 1, places=5)
        self.assertEqual([row["changed"] for row in rows], [False] * 3)
        (row,) = self.json("trajectory", "forest/nodes/n1", "--drift", "--kind", "property", "--to", "2020-01-02")
        self.assertEqual(row, {"time": "2020-01-01T00:00:00Z", "step": 0, "drift": 0, "displacement": 0})
        self.fails(USAGE, "trajectory", "forest/nodes/n1", "--drift", "--last", says="--drift")

    def test_every_strategy_has_its_kind(self):
        self.copy()
        for words, kind in ((("--vector", "profile"), "embedding"), (("-s", "fingerprint"), "property")):
            self.done("position", "init", "clinic/patients", *words, "--time", "2175-01-01")
            norms = {row["key"]: row[kind] for row in self.json("position", "show", "clinic/patients")}
            self.assertGreater(norms["p1"], 0)

    def test_a_plot_shows_every_node_and_is_the_same_each_time(self):
        directory = self.forest()
        self.fails(NOT_FOUND, "plot", "forest/nodes", "-o", directory / "no.svg", says="position init")
        self.done("position", "init", "forest/nodes", "--strategy", "tree", "--dimension", 2)
        pictures = []
        for name in ("a.svg", "b.svg"):
            (result,) = self.json("plot", "forest/nodes", "--output", directory / name, "--label", "name")
            self.assertEqual((result["nodes"], result["edges"], result["left_out"]), (13, 12, 0))
            pictures.append((directory / name).read_text(encoding="utf-8"))
        self.assertEqual(*pictures)
        root = xml.etree.ElementTree.fromstring(pictures[0])
        self.assertEqual(len(root.findall(".//{*}circle")), 14)
        self.assertIn("node 7", [text.text for text in root.findall(".//{*}text")])
        (result,) = self.json("plot", "forest/nodes", "-o", directory / "c.svg", "--nodes", 4, "--centre", "n1")
        self.assertEqual((result["nodes"], result["left_out"]), (4, 9))

    def test_what_is_wrong_with_a_position_is_said(self):
        directory = self.forest()
        self.fails(USAGE, "position", "lose", "forest/nodes", says="init, learn or show")
        self.fails(USAGE, "position", "init", "forest", says="forest/TYPE")
        self.fails(USAGE, "position", "init", "forest/nodes", "--strategy", "guess", says="degree")
        self.fails(USAGE, "position", "init", "forest/nodes", "--radius", "far", says="from 0 to 12")
        self.fails(USAGE, "position", "show", "forest", says="forest/TYPE")
        self.fails(NOT_FOUND, "position", "init", "forest/nodes", "--vector", "v", says="v")
        self.fails(NOT_FOUND, "position", "learn", "forest/nodes", "--type", "above", says="above")
        self.fails(NOT_FOUND, "position", "show", "forest/nodes/n1", says="no position")
        self.fails(USAGE, "plot", "forest/nodes", says="--output")
        self.done("position", "init", "forest/nodes")
        self.fails(NOT_FOUND, "plot", "forest/nodes", "-o", directory / "x.svg", "--centre", "n99", says="n99")
        self.fails(FAILED, "plot", "forest/nodes", "-o", directory / "no" / "x.svg", says="x.svg")


class Exporting(Program):
    """The canonical form of a collection."""

    def lines(self, *words):
        return [json.loads(line) for line in self.done("export", "clinic", *words).splitlines()]

    def test_an_export_has_everything_in_one_order(self):
        lines = self.lines("--type", "patients")
        self.assertEqual(lines[0], {"collection": "clinic", "version": 1})
        self.assertEqual(lines[1], {"type": "patients", "vectors": [
            {"name": "profile", "form": "dense", "element": "float32", "metric": "l2", "dimension": 3}]})
        ids = [line["entity"] for line in lines if "entity" in line and "properties" in line]
        self.assertEqual((len(ids), ids), (5, sorted(ids)))
        own = self.json("get", "clinic/patients/p1")[0]["_id"]
        start = ids.index(own)
        first = next(i for i, line in enumerate(lines) if line.get("entity") == own)
        kinds = [next(iter(line)) for line in lines[first:] if own in (line.get("entity"), line.get("source"))]
        self.assertEqual(kinds, ["entity", "edge", "edge", "edge", "vector", "series", "series", "position", "measure"])
        self.assertEqual([line["edge"] for line in lines if line.get("source") == own],
                         ["knows", "treated_in", "treated_in"])
        targets = [line["target"] for line in lines if line.get("source") == own and line["edge"] == "treated_in"]
        self.assertEqual(targets, sorted(targets))
        self.assertEqual(lines[first]["key"], "p1")
        self.assertGreaterEqual(start, 0)

    def test_an_export_keeps_the_types_of_values(self):
        text = next(line for line in self.done("export", "clinic").splitlines() if '"key":"p1"' in line)
        entity = json.loads(text, parse_float=lambda number: ["float64", number])["properties"]
        self.assertEqual((entity["age"], entity["big"]), (65, 9223372036854775807))
        self.assertEqual((entity["whole"], entity["ratio"]), (["float64", "2.0"], ["float64", "0.3333333333333333"]))
        self.assertEqual(entity["born"], {"timestamp": "1970-01-02T03:04:05.000006Z"})
        self.assertEqual((entity["scan"], list(entity["ref"])), ({"bytes": "00fe"}, ["uuid"]))
        self.assertEqual((entity["active"], entity["nothing"], entity["name"]), (True, None, 'Zoë "Z", \n日本'))

    def test_points_are_exported_exactly(self):
        series = {line["series"]: line["points"] for line in self.lines() if "series" in line}
        self.assertEqual(len(series["Heart Rate"]), 7)
        self.assertEqual(series["odd"], [["2171-11-14T10:00:00Z", "NaN"], ["2171-11-14T10:00:00.000001Z", "Infinity"],
                                         ["2171-11-14T10:00:00.000002Z", 0]])
        self.assertIn('["2171-11-14T10:00:00.000002Z",-0]', self.done("export", "clinic"))
        (measure,) = [line for line in self.lines() if "measure" in line]
        self.assertEqual((measure["measure"], measure["unit"], measure["history"]), (
            "weight", "kg", [["2171-11-14T09:59:00Z", 79.5], ["2171-11-14T10:00:00Z", 80.5]]))

    def test_equal_contents_give_equal_bytes(self):
        text = self.done("export", "clinic")
        self.empty()
        subprocess.run([FIXTURE, self.root], check=True)
        self.assertEqual(self.done("export", "clinic"), text)
        self.assertNotEqual(self.done("export", "clinic", "--meta"), text)
        self.json("set", "clinic/patients/p2", "age=31")
        self.assertNotEqual(self.done("export", "clinic"), text)
        self.json("set", "clinic/patients/p2", "age=30")
        self.assertEqual(self.done("export", "clinic"), text)

    def test_an_export_goes_to_a_file_once_it_is_whole(self):
        place = self.empty()
        self.root = self.made
        path = place / "clinic.jsonl"
        self.assertEqual(self.done("export", "clinic", "-o", path), "")
        self.assertEqual(path.read_text(encoding="utf-8"), self.done("export", "clinic"))
        path.write_text("old", encoding="utf-8")
        self.fails(NOT_FOUND, "export", "clinic", "--type", "doctors", "-o", path, says="doctors")
        self.assertEqual((path.read_text(encoding="utf-8"), list(place.iterdir())), ("old", [path]))
        self.fails(FAILED, "export", "clinic", "-o", place / "missing" / "x", says="missing")
        self.assertEqual(self.done("export", "clinic", "-o", "/dev/null"), "")
        self.assertFalse(pathlib.Path("/dev/null").is_file())

    def test_an_export_may_be_one_json_array(self):
        array = json.loads(self.done("export", "clinic", "--format", "json"))
        self.assertEqual(array, self.lines())
        self.fails(USAGE, "export", "clinic", "--format", "csv", says="JSON Lines")

    def test_meta_adds_revisions_and_times(self):
        entity = next(line for line in self.lines("--meta") if line.get("key") == "p2")
        self.assertEqual((entity["revision"], entity["created_at"]), (1, entity["updated_at"]))
        self.assertEqual(entity["times"], {"age": [entity["created_at"]] * 2})


class BadFiles(Program):
    """Files that are no collection, damaged, or held by somebody else."""

    def test_a_file_that_is_no_collection(self):
        self.copy()
        (self.root / "text.hs").write_text("This is no collection.\n" * 1000, encoding="utf-8")
        (self.root / "nothing.hs").write_bytes(b"\0")
        for name in ("text", "nothing"):
            for command in ("stats", "list", "check", "export"):
                self.fails(DAMAGED, command, name, says=name)
        self.assertEqual((self.root / "text.hs").read_text(encoding="utf-8"), "This is no collection.\n" * 1000)

    def test_one_bad_collection_does_not_hide_the_others(self):
        self.copy()
        (self.root / "bad.hs").write_bytes(b"x" * 8192)
        result = self.run_plain("--format", "json", "stats")
        self.assertEqual((result.returncode, len(json.loads(result.stdout))), (DAMAGED, 4))
        self.assertIn(b"bad", result.stderr)

    def test_damage_is_the_exit_code_whatever_else_fails(self):
        self.copy()
        (self.root / "aaa.hs").mkdir()
        with open(self.root / "aab.hs", "wb"):
            pass  # what an interrupted creation leaves is no collection
        path = self.root / "clinic.hs"
        path.write_bytes(path.read_bytes()[:5000])
        for command in ("check", "stats", "compact"):
            self.fails(DAMAGED, command, says=["aaa.hs", "clinic"])
        self.assertEqual(self.json("list"), [{"collection": "aaa"}, {"collection": "clinic"}])

    def test_a_failure_before_the_first_row_prints_nothing(self):
        for words in (["stats", "nope"], ["stats", "-s", "nope"], ["check", "nope"], ["compact", "nope"],
                      ["backup", "nope", "/nonexistent/copy.hs"],
                      ["list", "nope"], ["list", "clinic/nope"], ["get", "clinic/nope/1"], ["edges", "clinic/nope/1"]):
            for output in ("table", "json", "csv"):
                result = self.run_plain("-f", output, *words)
                self.assertEqual((result.returncode, result.stdout), (NOT_FOUND, b""), words)
        self.assertEqual(self.run_plain("export", "clinic", "-t", "nope").stdout, b"")

    def test_drop_leaves_what_is_no_collection(self):
        self.copy()
        (self.root / "text.hs").write_text("no collection", encoding="utf-8")
        (self.root / "link.hs").symlink_to("clinic.hs")
        for name in ("text", "link"):
            self.fails(DAMAGED, "drop", name, "--yes", says=f"{name}.hs")
            self.fails(FAILED, "create", name, says=f"{name}.hs")
        self.assertEqual((self.root / "text.hs").read_text(encoding="utf-8"), "no collection")
        self.assertTrue((self.root / "link.hs").is_symlink())
        (self.root / "half.hs").write_bytes(bytes(8192))
        self.json("create", "half/things")
        path = self.root / "clinic.hs"
        path.write_bytes(path.read_bytes()[:5000])
        self.json("drop", "clinic", "--yes")
        self.assertFalse(path.exists())

    def test_a_damaged_collection_is_an_error_never_a_crash(self):
        self.copy()
        path = self.root / "clinic.hs"
        sound = path.read_bytes()
        found = 0
        for start in range(0, len(sound), max(4096, len(sound) // 24 // 4096 * 4096)):
            damaged = bytearray(sound)
            for i in range(start + 64, min(start + 4096, len(sound)), 100):
                damaged[i] ^= 0x5A
            path.write_bytes(damaged)
            result = self.run_plain("check", "clinic")
            self.assertIn(result.returncode, (OK, DAMAGED), result.stderr)
            found += result.returncode == DAMAGED
            if result.returncode == DAMAGED:
                self.assertIn(b"clinic", result.stderr)
        self.assertGreater(found, 0)

    def test_a_cut_off_collection_is_damaged(self):
        self.copy()
        path = self.root / "clinic.hs"
        path.write_bytes(path.read_bytes()[:5000])
        self.fails(DAMAGED, "stats", "clinic", says="clinic")

    def salvage(self, *words, code=OK):
        """Rows of a salvage, and what it says on standard error."""
        result = self.run_plain("--format", "json", "check", *words)
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads(result.stdout) if result.stdout else [], result.stderr.decode()

    def test_a_sound_collection_is_salvaged_whole(self):
        self.copy()
        saved = self.root / "saved"
        saved.mkdir()
        rows, notes = self.salvage("clinic", "--salvage", saved / "clinic.hs")
        self.assertEqual(notes, "")
        self.assertEqual({row["rows_lost"] for row in rows}, {0})
        self.assertIn({"entity_type": "numbers", "table": "records", "rows": 5000, "rows_lost": 0, "values_lost": 0,
                       "pages_lost": 0}, rows)
        whole = self.done("export", "clinic", "--meta")
        self.root = saved
        self.assertEqual(self.done("export", "clinic", "--meta"), whole)
        self.assertEqual(self.json("check", "clinic")[0]["problems"], 0)

    def test_a_collection_that_cannot_be_opened_is_salvaged_by_its_path(self):
        self.copy()
        path, saved = self.root / "clinic.hs", self.root / "saved.hs"
        whole = self.done("export", "clinic", "--meta")
        damaged = bytearray(path.read_bytes())
        damaged[0:200] = damaged[4096:4296] = bytes(200)
        path.write_bytes(damaged)
        self.fails(DAMAGED, "export", "clinic")
        result = self.run_plain("--format", "json", "check", path, "--salvage", saved, root=False)
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertIn("header slots are damaged", result.stderr.decode())
        self.assertEqual(path.read_bytes(), damaged)
        self.assertEqual(self.done("export", "saved", "--meta").splitlines()[1:], whole.splitlines()[1:])

    def test_a_salvage_says_what_is_lost(self):
        self.copy()
        path, saved = self.root / "clinic.hs", self.root / "saved.hs"
        sound = path.read_bytes()
        lost = 0
        for start in range(8192, len(sound), 23 * 4096):
            damaged = bytearray(sound)
            damaged[start + 64:start + 96] = b"\x5a" * 32
            path.write_bytes(damaged)
            result = self.run_plain("--format", "json", "check", "clinic", "--salvage", saved)
            self.assertIn(result.returncode, (OK, DAMAGED), result.stderr)
            if result.returncode == DAMAGED:
                lost += 1
                self.assertRegex(result.stderr.decode(), r"were copied to \S+saved.hs; \d+ rows are known to be lost")
                self.assertGreater(sum(row.get("rows_lost", 1) for row in json.loads(result.stdout)), 0)
            self.json("list", "saved")
            saved.unlink()
            (self.root / "saved.hs-log").unlink()
        self.assertGreater(lost, 0)

    def test_a_salvage_overwrites_nothing_and_needs_something_to_read(self):
        self.copy()
        other = self.root / "other.hs"
        other.write_bytes(b"precious")
        self.fails(FAILED, "check", "clinic", "--salvage", other, says="exists")
        self.assertEqual(other.read_bytes(), b"precious")
        self.fails(NOT_FOUND, "check", "nowhere", "--salvage", self.root / "new.hs", says="nowhere")
        self.fails(DAMAGED, "check", other, "--salvage", self.root / "new.hs", says="nothing can be saved")
        self.assertFalse((self.root / "new.hs").exists())
        self.fails(USAGE, "check", "--salvage", self.root / "new.hs", says="needs a collection")
        self.fails(USAGE, "check", "clinic", "--salvage", self.root / "new.hs", root=False, says="root")

    def test_a_collection_held_by_another_process(self):
        self.copy()
        with subprocess.Popen([PROGRAM, "-d", self.root, "export", "clinic"], stdout=subprocess.PIPE) as holder:
            try:
                holder.stdout.read(10)  # it has opened the collection, and waits for a reader
                self.fails(BUSY, "stats", "clinic", says=["clinic", str(holder.pid)])
                self.fails(BUSY, "set", "clinic/patients/p1", "a=1", says=str(holder.pid))
            finally:
                holder.kill()
        self.json("check", "clinic")

    def test_a_root_that_is_no_directory(self):
        self.copy()
        self.root = self.root / "clinic.hs"
        self.fails(FAILED, "stats", says="clinic.hs")
        self.fails(FAILED, "create", "zoo", says="clinic.hs")


class Terminal(Program):
    """What changes on a terminal."""

    def test_tables_fit_the_terminal(self):
        for columns in (20, 40, 80, 132):
            code, text = self.terminal("list", "clinic/patients", columns=columns)
            self.assertEqual(code, OK)
            self.assertLessEqual(max(self.width(line) for line in text.splitlines()), columns, text)
        code, text = self.terminal("list", "clinic/patients", columns=60)
        self.assertRegex(text.splitlines()[-1], r"^\(columns left out: \d+; --format csv has all\)$")
        self.assertNotIn("…", self.done("list", "clinic/patients"))

    def test_columns_of_the_environment_come_first(self):
        code, text = self.terminal("stats", columns=200, environment={"COLUMNS": "30"})
        self.assertEqual(code, OK)
        self.assertLessEqual(max(len(line) for line in text.splitlines()), 30)

    def test_records_are_broken_over_lines(self):
        code, text = self.terminal("get", "clinic/patients/p1", columns=40)
        self.assertEqual(code, OK)
        self.assertLessEqual(max(self.width(line) for line in text.splitlines()), 40)
        self.assertIn("9223372036854775807", text)

    @staticmethod
    def width(line):
        return sum(2 if "\u3000" <= character <= "\u9fff" else 1 for character in line)


class Importing(Program):
    """The import command; what a mapping can say is tested with the library."""

    MAPPING = {"collection": "zoo", "sources": [{"file": "animals.csv", "type": "animals", "key": "id"}]}

    def prepare(self, rows, mapping=None):
        place = self.empty()
        (place / "animals.csv").write_text("id,name,weight\n" + rows, encoding="utf-8")
        (place / "mapping.json").write_text(json.dumps(mapping or self.MAPPING), encoding="utf-8")
        return place

    def test_an_import_makes_root_collection_and_entities(self):
        place = self.prepare("1,Ada,4.5\n2,Bob,\n")
        (row,) = json.loads(self.done("--format", "json", "import", place / "mapping.json"))
        self.assertEqual((row["rows"], row["rejected"], row["entities"]), (2, 0, 2))
        self.assertEqual(set(row), {"rows", "rejected", "entities", "edges", "points", "vectors", "measures", "seconds",
                                    "rows_per_second"})
        self.assertEqual(self.json("get", "zoo/animals/1")[0]["weight"], 4.5)
        before = self.done("export", "zoo")
        self.done("import", place / "mapping.json", place, "--batch", "1", "--durability", "durable", "--quiet")
        self.assertEqual(self.done("export", "zoo"), before)

    def test_bad_rows_are_told_with_file_line_and_column(self):
        typed = {**self.MAPPING, "sources": [{**self.MAPPING["sources"][0],
                                              "properties": {"name": "string", "weight": "float64"}}]}
        place = self.prepare("1,Ada,heavy\n2,Bob,3\n3,Cy,1,2\n", typed)
        rejects = place / "rejects.jsonl"
        result = self.run_plain("--format", "json", "import", place / "mapping.json", "--rejects", rejects)
        self.assertEqual(result.returncode, OK, result.stderr)
        self.assertEqual([json.loads(result.stdout)[0][name] for name in ("rows", "rejected", "entities")], [3, 2, 1])
        message = result.stderr.decode()
        self.assertRegex(message, r"(?m)^hyperspatial: .*animals\.csv, line 2, column weight: .+$")
        self.assertRegex(message, r"(?m)^hyperspatial: .*animals\.csv, line 4: .+$")
        self.assertEqual(len(rejects.read_text(encoding="utf-8").splitlines()), 2)

    def test_too_many_bad_rows_stop_the_import(self):
        typed = {**self.MAPPING, "sources": [{**self.MAPPING["sources"][0], "properties": {"weight": "int64"}}]}
        place = self.prepare("".join(f"{i},x,bad\n" for i in range(200)) + "999,ok,1\n", typed)
        result = self.run_plain("import", place / "mapping.json")
        self.assertEqual(result.returncode, REJECTED)
        self.assertIn(b"more bad rows", result.stderr)
        self.assertRegex(result.stdout.decode(), r"(?m)^rejected +100$")
        self.assertEqual(self.run_plain("import", place / "mapping.json", "--max-rejects", "5").returncode, REJECTED)
        result = self.run_plain("import", place / "mapping.json", "--max-rejects", "unlimited")
        self.assertEqual(result.returncode, OK)
        self.assertEqual(self.json("stats", "zoo")[0]["entities"], 1)

    def test_options_of_an_import_are_checked(self):
        place = self.prepare("1,Ada,1\n")
        for words in (["--max-rejects", "many"], ["--batch", "0"], ["--batch", "1000001"], ["--durability", "certain"]):
            self.fails(USAGE, "import", place / "mapping.json", *words, says=words[0])

    def test_bad_mappings_and_missing_files(self):
        place = self.prepare("1,Ada,1\n")
        self.fails(NOT_FOUND, "import", place / "none.json", says="none.json")
        for text in ("{", "[]", '{"collection": "Zoo", "sources": []}', '{"collection": "zoo", "sorces": []}'):
            (place / "bad.json").write_text(text, encoding="utf-8")
            self.fails(USAGE, "import", place / "bad.json", says="bad.json")
        (place / "bad.json").write_text(json.dumps({"collection": "zoo", "sources": [
            {"file": "none.csv", "type": "animals", "key": "id"}]}), encoding="utf-8")
        self.fails(NOT_FOUND, "import", place / "bad.json", says="none.csv")
        cycle = {"collection": "zoo", "sources": [
            {"name": name, "file": "animals.csv", "type": name, "key": "id",
             "edges": [{"type": "to", "to": {"type": other, "key": "name"}}]}
            for name, other in (("cats", "dogs"), ("dogs", "cats"))]}
        (place / "bad.json").write_text(json.dumps(cycle), encoding="utf-8")
        self.fails(USAGE, "import", place / "bad.json", says=["cycle", "cats", "dogs"])

    def test_a_file_that_is_cut_off_is_damaged(self):
        place = self.prepare("")
        (place / "animals.csv").write_text('[{"id": 1, "weight": 2},\n {"id": 2', encoding="utf-8")
        self.fails(DAMAGED, "import", place / "mapping.json", says=["animals.csv:2", "does not end"])
        typed = {**self.MAPPING, "sources": [{**self.MAPPING["sources"][0], "properties": {"weight": "int64"}}]}
        (place / "mapping.json").write_text(json.dumps(typed), encoding="utf-8")
        self.fails(DAMAGED, "import", place / "mapping.json", "-q", says=["animals.csv:2", "does not end"])
        self.assertEqual(self.json("get", "zoo/animals/1")[0]["weight"], 2)

    def test_lines_that_end_in_a_carriage_return_alone_are_not_taken_for_a_header(self):
        place = self.prepare("")
        (place / "animals.csv").write_bytes(b"id,name\r1,Ada\r2,Bob\r")
        self.fails(USAGE, "import", place / "mapping.json", says=["animals.csv:1", "carriage return"])

    def test_ctrl_c_stops_between_two_commits_and_running_again_finishes(self):
        count = 400000
        place = self.prepare("".join(f"{i},animal {i},{i % 97}.5\n" for i in range(count)))
        command = [PROGRAM, "-d", str(self.root), "import", str(place / "mapping.json"), "--batch", "500"]
        leader, follower = pty.openpty()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=follower) as process:
            os.close(follower)
            seen = b""
            while b"rows" not in seen and select.select([leader], [], [], 60)[0]:
                seen += os.read(leader, 4096)
            process.send_signal(signal.SIGINT)
            while True:
                try:
                    part = os.read(leader, 4096)
                except OSError:
                    break
                seen += part
            self.assertEqual(process.wait(), INTERRUPTED)
        os.close(leader)
        self.assertRegex(seen.decode(), r"\[1/1\] \S*animals\.csv  [\d,]+ rows")
        self.assertIn("running it again finishes it", seen.decode())
        self.assertEqual(self.json("check", "zoo")[0]["problems"], 0)
        self.assertLess(self.json("stats", "zoo")[0]["entities"], count)
        self.done("import", place / "mapping.json", "-q")
        self.assertEqual(self.json("stats", "zoo")[0]["entities"], count)


@unittest.skipUnless(shutil.which("bash"), "there is no bash")
class Completion(Program):
    """Completion in bash; that no command or option is missing is tested with the manual."""

    SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "cli" / "completion" / "hyperspatial.bash"

    def complete(self, *words):
        """What is offered for the last of the words that stand behind the program's name."""
        done = subprocess.run(
            ["bash", "--norc", "-c", 'source "$0"; COMP_WORDS=(hyperspatial "$@"); COMP_CWORD=$#; _hyperspatial; '
             'printf "%s\\n" "${COMPREPLY[@]}"', self.SCRIPT, *map(str, words)], text=True, check=True,
            stdout=subprocess.PIPE, env={**os.environ, "PATH": f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}"})
        return done.stdout.split()

    def test_commands_options_and_values(self):
        self.assertEqual(self.complete("st"), ["stats"])
        self.assertEqual(self.complete("-d", "x", "help", "e"), ["edges", "export"])
        self.assertEqual(self.complete("drop", "--"), ["--directory", "--format", "--help", "--version", "--yes"])
        self.assertEqual(self.complete("--format", ""), ["table", "json", "csv"])
        self.assertEqual(self.complete("nearest", "-m", "c"), ["cosine"])

    def test_collections_and_their_types(self):
        self.assertEqual(self.complete("-d", self.root, "get", ""), ["clinic"])
        self.assertEqual(self.complete("-d", self.root, "list", "clinic/p"), ["clinic/patients"])
        self.assertEqual(self.complete("-d", self.root, "list", "nowhere/"), [])


class Tap(unittest.TestResult):
    """Reports each test as a line of TAP."""

    number = 0

    def report(self, test, good, note="", detail=""):
        self.number += 1
        name = re.sub(r"^test_", "", test.id().split(".")[-1])
        print(f"{'ok' if good else 'not ok'} {self.number} - {name}{note}", flush=True)
        for line in detail.splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        self.report(test, True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.report(test, False, detail=self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.report(test, False, detail=self.errors[-1][1])

    def addSkip(self, test, reason):
        self.report(test, True, note=f" # SKIP {reason}")


def main():
    suite = unittest.TestSuite()
    loader = unittest.TestLoader()
    wanted = sys.argv[3:]
    for case in (CommandLine, Asking, Writing, Exporting, BadFiles, Terminal, Importing, Completion):
        for test in loader.loadTestsFromTestCase(case):
            if not wanted or any(word in test.id() for word in wanted):
                suite.addTest(test)
    print(f"1..{suite.countTestCases()}")
    return 0 if suite.run(Tap()).wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())

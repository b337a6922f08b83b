#!/usr/bin/env python3
"""test_questions.py HYPERSPATIAL: imports a generated hospital and compares answers with those taken from its files.

The files are read here by other means (Python's csv), so that import, stores and command line are judged from outside.
"""
import csv
import gzip
import json
import math
import subprocess
import sys
import tempfile
import unittest
from collections import defaultdict
from datetime import datetime
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import tap
from generate import TABLES, generate

PROGRAM = sys.argv.pop(1)
MAPPING = Path(__file__).parent / "mapping.json"


def read(directory, name):
    opener = gzip.open if name.endswith(".gz") else open
    with opener(Path(directory, name), "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


class QuestionsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.data = Path(cls.temporary.name, "data")
        generate(40, 7, cls.data)
        cls.tables = {Path(name).name.split(".")[0]: read(cls.data, name) for name in TABLES}
        cls.import_into("root")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def run_program(cls, *arguments, root="root"):
        command = [PROGRAM, "-d", str(Path(cls.temporary.name, root)), *arguments]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr.decode()}")
        return done.stdout

    @classmethod
    def import_into(cls, root):
        cls.run_program("import", str(MAPPING), str(cls.data), "--quiet", root=root)

    def ask(self, *arguments):
        return json.loads(self.run_program(*arguments, "--format", "json"))

    def keys(self, *arguments):
        return sorted(row["key"] for row in self.ask(*arguments))

    def readings(self, label):
        """The points that the files hold of a charted item, by stay and time."""
        itemid = next(row["itemid"] for row in self.tables["d_items"] if row["label"] == label)
        series = defaultdict(dict)
        for row in self.tables["chartevents"]:
            if row["itemid"] == itemid and row["valuenum"]:
                series[row["stay_id"]][row["charttime"]] = float(row["valuenum"])
        return series

    def test_every_row_is_an_entity_and_every_number_a_point(self):
        stats = {row["entity_type"]: row for row in self.ask("stats", "medical")}
        for name, rows in self.tables.items():
            if name != "stay_vectors":
                self.assertEqual(stats[{"chartevents": "chart_events"}.get(name, name)]["entities"], len(rows))
        self.assertEqual(stats["icustays"]["vectors"], len(self.tables["stay_vectors"]))
        points = {(row["stay_id"], row["itemid"], row["charttime"])
                  for row in self.tables["chartevents"] if row["valuenum"]}
        self.assertEqual(stats["icustays"]["points"], len(points))
        self.assertEqual(stats["icustays"]["series"], len({point[:2] for point in points}))

    def test_a_record_holds_what_its_row_says(self):
        for row in self.tables["d_icd_diagnoses"]:
            record, = self.ask("get", f"medical/d_icd_diagnoses/{row['icd_code']}-{row['icd_version']}")
            self.assertEqual(record["long_title"], row["long_title"])
            self.assertEqual(record["icd_code"], row["icd_code"])

    def test_the_admissions_of_each_patient_are_found_from_the_patient(self):
        admissions = defaultdict(list)
        for row in self.tables["admissions"]:
            admissions[row["subject_id"]].append(row["hadm_id"])
        for patient, expected in admissions.items():
            found = self.keys("edges", f"medical/patients/{patient}", "--in", "--type", "of_patient")
            self.assertEqual(found, sorted(expected))

    def test_who_shares_a_diagnosis_takes_two_hops(self):
        patients = defaultdict(set)
        for row in self.tables["diagnoses_icd"]:
            patients[f"{row['icd_code']}-{row['icd_version']}"].add(row["subject_id"])
        somebody = self.tables["diagnoses_icd"][0]["subject_id"]
        for code in self.keys("edges", f"medical/patients/{somebody}", "--out", "--type", "diagnosed_with"):
            found = self.keys("edges", f"medical/d_icd_diagnoses/{code}", "--in", "--type", "diagnosed_with")
            self.assertIn(somebody, found)
            self.assertEqual(found, sorted(patients[code]))

    def test_the_hourly_heart_rate_is_that_of_the_chart(self):
        for stay, points in list(self.readings("Heart Rate").items())[:5]:
            hours = defaultdict(list)
            for time, value in points.items():
                hours[time[:13].replace(" ", "T") + ":00:00Z"].append(value)
            rows = self.ask("series", f"medical/icustays/{stay}", "Heart Rate", "--every", "1h", "--agg", "avg")
            self.assertEqual([row["start"] for row in rows], sorted(hours))
            for row in rows:
                self.assertEqual(row["count"], len(hours[row["start"]]))
                self.assertAlmostEqual(row["avg"], sum(hours[row["start"]]) / row["count"])

    def test_the_nearest_stays_are_the_nearest(self):
        vectors = {row["stay_id"]: [float(row[column]) for column in row if column != "stay_id"]
                   for row in self.tables["stay_vectors"]}
        for stay in list(vectors)[:5]:
            distances = sorted(math.dist(vectors[stay], vector) for key, vector in vectors.items() if key != stay)
            rows = self.ask("nearest", "medical/icustays", "features", stay, "-k", "7")
            self.assertEqual(len(rows), 7)
            for row, distance in zip(rows, distances):
                self.assertAlmostEqual(row["distance"], distance, places=4)
                self.assertAlmostEqual(math.dist(vectors[stay], vectors[row["key"]]), distance, places=4)

    def test_a_condition_selects_the_rows_that_meet_it(self):
        expected = sorted(row["hadm_id"] for row in self.tables["admissions"] if row["insurance"] == "Medicaid"
                          and row["admittime"] >= "2150" and row["discharge_location"] != "")
        found = self.ask("list", "medical/admissions", "--where",
                         'insurance = "Medicaid" and admittime >= "2150-01-01" and discharge_location is not null')
        self.assertTrue(expected)
        self.assertEqual(sorted(row["_key"] for row in found), expected)

    def test_a_measure_sums_up_the_stays_of_a_patient(self):
        stays = defaultdict(list)
        for row in self.tables["icustays"]:
            stays[row["subject_id"]].append((datetime.fromisoformat(row["outtime"]), float(row["los"])))
        patient = max(stays, key=lambda subject: len(stays[subject]))
        self.assertGreater(len(stays[patient]), 1)
        measure, = self.ask("measures", f"medical/patients/{patient}")
        self.assertEqual((measure["count"], measure["unit"]), (len(stays[patient]), "d"))
        self.assertAlmostEqual(measure["value"], max(stays[patient])[1])
        self.assertAlmostEqual(measure["max"], max(length for _, length in stays[patient]))

    def test_the_collection_checks_clean(self):
        result, = self.ask("check", "medical")
        self.assertEqual(result["problems"], 0)
        self.assertEqual(result["entities"],
                         sum(len(rows) for name, rows in self.tables.items() if name != "stay_vectors"))

    def test_the_nearest_to_a_diagnosis_is_its_category(self):
        tree = Path(__file__).parent / "diagnoses_tree.py"
        subprocess.run([sys.executable, str(tree), str(self.data)], check=True)
        self.run_program("import", str(tree.with_suffix(".json")), str(self.data), "--quiet")
        self.run_program("position", "init", "icd/codes", "--strategy", "tree", "--type", "is_a", "--dimension", "2",
                         "--radius", "3")
        above = {row["code"]: row["parent"] for row in read(self.data, "hosp/icd_tree.csv")}
        self.assertEqual([code for code, parent in above.items() if parent == ""], ["ICD"])
        leaves = sorted(set(above) - set(above.values()))
        for code in leaves[::7]:
            (nearest,) = self.ask("nearest", "icd/codes", "graph", code, "--metric", "hyperbolic", "-k", "1")
            self.assertEqual(nearest["key"], above[code])
            self.assertAlmostEqual(nearest["distance"], 3, 3)

    def test_importing_again_changes_nothing_and_another_root_gets_the_same_content(self):
        before = self.run_program("export", "medical", "--meta")
        self.import_into("root")
        self.assertEqual(self.run_program("export", "medical", "--meta"), before)
        self.import_into("other")
        content = self.run_program("export", "medical")
        self.assertEqual(self.run_program("export", "medical", root="other"), content)


if __name__ == "__main__":
    tap.main()

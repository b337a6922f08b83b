#!/usr/bin/env python3
"""The generated hospital: the same bytes twice, and keys, counts and values that an import may rely on."""
import csv
import gzip
import math
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

import tap
from generate import TABLES, generate

PATIENTS, SEED = 40, 7


def read(directory, name):
    opener = gzip.open if name.endswith(".gz") else open
    with opener(Path(directory, name), "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def bytes_of(directory):
    return {name: Path(directory, name).read_bytes() for name in TABLES}


class HospitalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.rows = generate(PATIENTS, SEED, cls.directory.name)
        cls.tables = {name: read(cls.directory.name, name) for name in TABLES}

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def keys(self, name, *columns):
        return [tuple(row[column] for column in columns) for row in self.tables[name]]

    def assert_refers(self, name, columns, target, may_be_empty=False):
        known = set(self.keys(target, *columns))
        for key in self.keys(name, *columns):
            if not (may_be_empty and key == ("",)):
                self.assertIn(key, known, f"{name} {columns} refers to nothing in {target}")

    def test_same_seed_and_size_give_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as again:
            generate(PATIENTS, SEED, again)
            self.assertEqual(bytes_of(again), bytes_of(self.directory.name))

    def test_another_seed_gives_another_hospital(self):
        with tempfile.TemporaryDirectory() as other:
            generate(PATIENTS, SEED + 1, other)
            self.assertNotEqual(bytes_of(other)["hosp/patients.csv"],
                                bytes_of(self.directory.name)["hosp/patients.csv"])

    def test_more_patients_leave_the_first_ones_as_they_were(self):
        with tempfile.TemporaryDirectory() as larger:
            generate(PATIENTS + 3, SEED, larger)
            for name in ("hosp/patients.csv", "hosp/admissions.csv", "icu/chartevents.csv.gz"):
                rows = read(larger, name)
                self.assertEqual(rows[:self.rows[name]], self.tables[name])
                self.assertGreater(len(rows), self.rows[name])

    def test_every_file_has_its_header_and_the_rows_that_were_counted(self):
        for name, header in TABLES.items():
            self.assertEqual(list(self.tables[name][0]), header.split(","))
            self.assertEqual(len(self.tables[name]), self.rows[name])
        self.assertEqual(self.rows["hosp/patients.csv"], PATIENTS)
        self.assertEqual(self.rows["icu/icustays.csv"], self.rows["icu/stay_vectors.csv"])
        self.assertGreater(self.rows["icu/chartevents.csv.gz"], 100 * PATIENTS)

    def test_keys_are_unique(self):
        for name, columns in (("hosp/patients.csv", ["subject_id"]), ("hosp/admissions.csv", ["hadm_id"]),
                              ("icu/icustays.csv", ["stay_id"]), ("icu/stay_vectors.csv", ["stay_id"]),
                              ("hosp/labevents.csv.gz", ["labevent_id"]), ("hosp/d_labitems.csv", ["itemid"]),
                              ("icu/d_items.csv", ["itemid"]),
                              ("hosp/d_icd_diagnoses.csv", ["icd_code", "icd_version"]),
                              ("hosp/diagnoses_icd.csv.gz", ["hadm_id", "seq_num"]),
                              ("hosp/diagnoses_icd.csv.gz", ["hadm_id", "icd_code", "icd_version"]),
                              ("icu/chartevents.csv.gz", ["stay_id", "itemid", "charttime"])):
            keys = self.keys(name, *columns)
            self.assertEqual(len(keys), len(set(keys)), f"{name} {columns}")

    def test_foreign_keys_lead_somewhere(self):
        for name in ("hosp/admissions.csv", "hosp/diagnoses_icd.csv.gz", "hosp/labevents.csv.gz", "icu/icustays.csv",
                     "icu/chartevents.csv.gz"):
            self.assert_refers(name, ["subject_id"], "hosp/patients.csv")
        for name in ("hosp/diagnoses_icd.csv.gz", "icu/icustays.csv", "icu/chartevents.csv.gz"):
            self.assert_refers(name, ["subject_id", "hadm_id"], "hosp/admissions.csv")
        self.assert_refers("hosp/labevents.csv.gz", ["hadm_id"], "hosp/admissions.csv", may_be_empty=True)
        self.assert_refers("hosp/labevents.csv.gz", ["itemid"], "hosp/d_labitems.csv")
        self.assert_refers("hosp/diagnoses_icd.csv.gz", ["icd_code", "icd_version"], "hosp/d_icd_diagnoses.csv")
        self.assert_refers("icu/chartevents.csv.gz", ["stay_id"], "icu/icustays.csv")
        self.assert_refers("icu/chartevents.csv.gz", ["itemid"], "icu/d_items.csv")
        self.assert_refers("icu/stay_vectors.csv", ["stay_id"], "icu/icustays.csv")

    def test_readings_lie_within_their_stay(self):
        stays = {row["stay_id"]: row for row in self.tables["icu/icustays.csv"]}
        for row in self.tables["icu/chartevents.csv.gz"]:
            stay = stays[row["stay_id"]]
            self.assertTrue(stay["intime"] <= row["charttime"] < stay["outtime"], row)

    def test_some_values_are_missing_quoted_or_beyond_ascii(self):
        packed = Path(self.directory.name, "icu/chartevents.csv.gz").read_bytes()
        text = gzip.decompress(packed).decode()
        self.assertIn('"unable to obtain, patient moved"', text)
        self.assertIn("°F", text)
        self.assertTrue(any(row["hadm_id"] == "" for row in self.tables["hosp/labevents.csv.gz"]))
        self.assertTrue(any('"' in row["comments"] for row in self.tables["hosp/labevents.csv.gz"]))
        self.assertTrue(any("Ménière" in row["long_title"] for row in self.tables["hosp/d_icd_diagnoses.csv"]))

    def test_vectors_are_finite_and_tell_the_stays_apart(self):
        vectors = [tuple(float(row[column]) for column in row if column != "stay_id")
                   for row in self.tables["icu/stay_vectors.csv"]]
        self.assertTrue(all(len(vector) == 16 and all(map(math.isfinite, vector)) for vector in vectors))
        self.assertEqual(len(vectors), len(set(vectors)))


if __name__ == "__main__":
    tap.main()

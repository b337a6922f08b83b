#!/usr/bin/env python3
"""Makes a hospital that never was: CSV files with the shapes and column names of MIMIC-IV, for demos and tests.

    generate.py --patients 300 --seed 1 --out DIR

The same seed and number of patients give the same bytes, and patient n is the same whatever the number of patients:
each has dice of their own, which use nothing but the guaranteed random(), and sums and products of it.
No line of it comes from a real patient; conditions.py holds the medicine.
"""
import argparse
import csv
import gzip
import io
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True  # leave no __pycache__ in the source tree

from conditions import ACUTE, CHRONIC, FEATURES, LABS, MEAN_PRESSURE, OTHER_ITEMS, RHYTHM, VITALS, WEIGHT

# Packed ones end in .gz, as a MIMIC-IV download does; the small ones are plain, so that both ways are travelled.
TABLES = {
    "hosp/patients.csv": "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod",
    "hosp/admissions.csv": "subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,"
                           "admission_location,discharge_location,insurance,language,marital_status,race,edregtime,"
                           "edouttime,hospital_expire_flag",
    "hosp/d_icd_diagnoses.csv": "icd_code,icd_version,long_title",
    "hosp/diagnoses_icd.csv.gz": "subject_id,hadm_id,seq_num,icd_code,icd_version",
    "hosp/d_labitems.csv": "itemid,label,fluid,category",
    "hosp/labevents.csv.gz": "labevent_id,subject_id,hadm_id,specimen_id,itemid,order_provider_id,charttime,storetime,"
                             "value,valuenum,valueuom,ref_range_lower,ref_range_upper,flag,priority,comments",
    "icu/d_items.csv": "itemid,label,abbreviation,linksto,category,unitname,param_type,lownormalvalue,highnormalvalue",
    "icu/icustays.csv": "subject_id,hadm_id,stay_id,first_careunit,last_careunit,intime,outtime,los",
    "icu/chartevents.csv.gz": "subject_id,hadm_id,stay_id,caregiver_id,charttime,storetime,itemid,value,valuenum,"
                              "valueuom,warning",
    "icu/stay_vectors.csv": "stay_id," + ",".join(name for name, _, _, _ in FEATURES),
}
UNITS = ("Medical Intensive Care Unit (MICU)", "Surgical Intensive Care Unit (SICU)",
         "Coronary Care Unit (CCU)", "Neuro Surgical Intensive Care Unit (Neuro SICU)",
         "Medical/Surgical Intensive Care Unit (MICU/SICU)")
COMMENTS = ("HEMOLYZED, RESULT MAY BE RAISED.", 'Read back by "Dr. Núñez", 2nd call.', "SEE COMMENT, ABOVE.",
            "Sample 4 °C, re-run.", 'DISCREPANT: "delta check", ± 20 %.')
# The daily rhythm by hour: cos(2π · (hour − 16) / 24), as numbers, so that no libm decides a byte.
RHYTHM_BY_HOUR = (-.5, -.7071, -.866, -.9659, -1, -.9659, -.866, -.7071, -.5, -.2588, 0, .2588,
                  .5, .7071, .866, .9659, 1, .9659, .866, .7071, .5, .2588, 0, -.2588)


class Dice:
    """Random numbers from one seed, by exact arithmetic on random() alone."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        return int(self.random() * limit)

    def between(self, low, high):
        return low + int(self.random() * (high - low + 1))

    def chance(self, probability):
        return self.random() < probability

    def normal(self):
        """Mean 0, deviation 1, never beyond 3: the sum of three."""
        return 2 * (self.random() + self.random() + self.random() - 1.5)

    def pick(self, *choices):
        return choices[self.below(len(choices))]

    def weighted(self, things, weight):
        mark = self.random() * sum(weight(thing) for thing in things)
        for thing in things:
            mark -= weight(thing)
            if mark < 0:
                return thing
        return things[-1]


class Files:
    """The CSV files under one directory, written side by side."""

    def __init__(self, directory):
        self.rows = dict.fromkeys(TABLES, 0)
        self.files = []
        self.writers = {}
        for name, header in TABLES.items():
            path = Path(directory, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            stream = open(path, "wb")
            self.files.append(stream)
            if name.endswith(".gz"):  # without a name and a time in its header: the same bytes every time
                stream = gzip.GzipFile(filename="", mode="wb", compresslevel=4, fileobj=stream, mtime=0)
                self.files.insert(0, stream)
            text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
            self.files.insert(0, text)
            self.writers[name] = csv.writer(text, lineterminator="\n").writerow
            self.writers[name](header.split(","))

    def add(self, name, *row):
        self.rows[name] += 1
        self.writers[name](row)

    def close(self):
        for file in self.files:  # texts first, then what they are packed in
            file.close()


class Course:
    """How ill somebody is: from 0 (well) to 1, by hours since admission."""

    def __init__(self, conditions, severity, hours, dies):
        self.severity, self.hours, self.dies = severity, hours, dies
        self.effects = {}
        for condition in conditions:
            chronic = condition in CHRONIC
            for name, shift in condition.effects.items():
                always, ill = self.effects.get(name, (0, 0))
                self.effects[name] = (always + shift, ill) if chronic else (always, ill + shift)

    def at(self, hour):
        if self.dies:
            return self.severity + (1.1 - self.severity) * min(hour / self.hours, 1)
        return self.severity * 30 / (30 + hour)

    def shift(self, name, hour):
        always, ill = self.effects.get(name, (0, 0))
        return always + ill * self.at(hour)


class Hospital:
    def __init__(self, seed, files):
        self.seed, self.files = seed, files
        self.admissions = self.stays = self.labevents = self.specimens = 0

    def write_dictionaries(self):
        for version in (9, 10):
            titles = {(c.icd9 if version == 9 else c.icd10): c.title for c in CHRONIC + ACUTE}
            for code in sorted(titles):
                self.files.add("hosp/d_icd_diagnoses.csv", code, version, titles[code])
        for lab in sorted(LABS, key=lambda lab: lab.itemid):
            self.files.add("hosp/d_labitems.csv", lab.itemid, lab.label, lab.fluid, lab.category)
        items = [(v.itemid, v.label, v.abbreviation, v.category, v.unit, "Numeric",
                  round(v.normal - 3 * v.spread, 1), round(v.normal + 3 * v.spread, 1)) for v in VITALS]
        for itemid, label, abbreviation, category, unit, kind, low, high in sorted(items + list(OTHER_ITEMS)):
            self.files.add("icu/d_items.csv", itemid, label, abbreviation, "chartevents", category, unit, kind, low,
                           high)

    def write_patient(self, number):
        dice = Dice(f"hospital {self.seed} patient {number}")
        patient = Patient(10_000_000 + 31 * number + dice.below(31), dice)
        time = patient.first_admission
        died = None
        for _ in range(1 + (dice.chance(0.42) and dice.between(1, 3))):
            self.write_outpatient_labs(patient, time - timedelta(days=dice.between(20, 90)))
            time, died = self.write_admission(patient, time)
            if died:
                break
            time += timedelta(days=dice.between(9, 500), minutes=dice.below(1440))
        if not died and dice.chance(0.12):
            died = time + timedelta(days=dice.between(1, 300))
        self.files.add("hosp/patients.csv", patient.id, patient.gender, patient.age, patient.year, patient.year_group,
                       died.date() if died else "")

    def write_admission(self, patient, start):
        """One stay in hospital; returns when it ended, and the time of death or None."""
        dice = patient.dice
        self.admissions += 1
        hadm_id = 20_000_000 + 17 * self.admissions + dice.below(17)
        acute = [dice.weighted(ACUTE, lambda condition: condition.share)]
        if dice.chance(0.3):
            second = dice.weighted(ACUTE, lambda condition: condition.share)
            acute += [second] if second not in acute else []
        severity = 0.25 + 0.75 * dice.random()
        days = 1.2 + 5 * dice.random() * (0.5 + severity) + (dice.chance(0.15) and 12 * dice.random())
        end = start + timedelta(minutes=int(days * 1440))
        dies = dice.chance(0.02 + 0.16 * severity * severity * (patient.age / 70))
        course = Course(patient.chronic + acute, severity, days * 24, dies)

        emergency = dice.chance(0.8)
        registered = start - timedelta(minutes=dice.between(40, 400))
        self.files.add("hosp/admissions.csv", patient.id, hadm_id, start, end, end if dies else "",
                       dice.pick("EW EMER.", "URGENT", "OBSERVATION ADMIT") if emergency else "ELECTIVE",
                       patient.provider, "EMERGENCY ROOM" if emergency else "PHYSICIAN REFERRAL",
                       "DIED" if dies else dice.pick("HOME", "HOME", "HOME HEALTH CARE", "REHAB", ""),
                       patient.insurance, patient.language, patient.marital_status, patient.race,
                       registered if emergency else "", start + timedelta(minutes=35) if emergency else "", int(dies))
        coded = acute + [condition for condition in patient.chronic if dice.chance(0.9)]
        for place, condition in enumerate(coded, 1):
            code = (condition.icd9, 9) if patient.old_codes else (condition.icd10, 10)
            self.files.add("hosp/diagnoses_icd.csv.gz", patient.id, hadm_id, place, *code)

        intensive = dice.chance(0.25 + 0.6 * severity)
        readings = self.write_labs(patient, hadm_id, start, days, course, intensive)
        if intensive:
            self.write_stay(patient, hadm_id, start, days, course, readings)
        return end, end if dies else None

    def write_labs(self, patient, hadm_id, start, days, course, intensive):
        """The panels of a stay in hospital; returns the results by name."""
        dice, readings = patient.dice, {}
        cardiac = "troponin" in course.effects
        time = start + timedelta(minutes=dice.between(15, 90))
        while time < start + timedelta(days=days):
            hour = (time - start).total_seconds() / 3600
            panels = ["daily"]
            panels += ["blood gas"] if intensive and dice.chance(0.7) else []
            panels += ["cardiac"] if cardiac and hour < 60 else []
            for panel in panels:
                self.write_panel(patient, hadm_id, panel, time, course, hour, readings)
            next_day = time + timedelta(days=0 if time.hour < 4 else 1)
            time = next_day.replace(hour=5, minute=dice.below(60))
        return readings

    def write_outpatient_labs(self, patient, time):
        if patient.dice.chance(0.5):
            self.write_panel(patient, "", "daily", time, Course(patient.chronic, 0, 1, False), 0, {})

    def write_panel(self, patient, hadm_id, panel, time, course, hour, readings):
        dice = patient.dice
        self.specimens += 1
        stored = time + timedelta(minutes=dice.between(25, 120))
        for lab in LABS:
            if lab.panel != panel or dice.chance(0.02):
                continue
            self.labevents += 1
            number = lab.normal + lab.spread * patient.trait(lab.name) + course.shift(lab.name, hour)
            number = round(max(number + lab.noise * dice.normal(), lab.floor), lab.digits or None)
            low, high = number < lab.lower, number > lab.upper
            lost = dice.chance(0.006)
            if not lost:
                readings.setdefault(lab.name, []).append(number)
            self.files.add("hosp/labevents.csv.gz", self.labevents, patient.id, hadm_id, self.specimens, lab.itemid,
                           patient.provider if hadm_id else "", time, stored if dice.chance(0.99) else "",
                           "___" if lost else number, "" if lost else number, lab.unit, lab.lower, lab.upper,
                           "abnormal" if (low or high) and not lost else "",
                           "STAT" if hadm_id and hour < 3 else "ROUTINE",
                           dice.pick(*COMMENTS) if lost or dice.chance(0.01) else "")

    def write_stay(self, patient, hadm_id, start, days, course, readings):
        dice = patient.dice
        self.stays += 1
        stay_id = 30_000_000 + 13 * self.stays + dice.below(13)
        delay = timedelta(minutes=dice.between(30, 300))
        intime = start + delay + timedelta(seconds=dice.below(60))
        length = (days - 0.25) * (1 if course.dies else 0.3 + 0.6 * dice.random())
        outtime = intime + timedelta(seconds=int(length * 86400))
        unit = dice.pick(*UNITS)
        los = round((outtime - intime).total_seconds() / 86400, 10)
        self.files.add("icu/icustays.csv", patient.id, hadm_id, stay_id, unit,
                       unit if dice.chance(0.85) else dice.pick(*UNITS), intime, outtime, los)
        self.write_chart(patient, hadm_id, stay_id, start, intime, outtime, course, readings)
        readings["age"], readings["los"] = [patient.age], [los]
        self.write_vector(stay_id, readings)

    def write_chart(self, patient, hadm_id, stay_id, start, intime, outtime, course, readings):
        """What the nurses chart: mostly on the hour, more often at first."""
        dice = patient.dice
        drift = {vital.name: 0.0 for vital in VITALS}
        first = intime.replace(minute=0, second=0) + timedelta(hours=1)
        tick = 0  # in quarters of an hour
        while True:
            time = first + timedelta(minutes=15 * tick + (dice.chance(0.1) and dice.between(1, 5)))
            if time >= outtime:
                break
            hour = (time - start).total_seconds() / 3600
            chart = Chart(self.files, (patient.id, hadm_id, stay_id), dice, time)
            values = {}
            for vital in VITALS:
                due = tick % (4 * vital.every) == 0 or (vital.name == "heart_rate" and tick < 16)
                if not due or dice.chance(0.015):
                    continue
                drift[vital.name] = 0.8 * drift[vital.name] + 0.6 * vital.noise * dice.normal()
                number = (vital.normal + vital.spread * patient.trait(vital.name) + course.shift(vital.name, hour)
                          + vital.rhythm * RHYTHM_BY_HOUR[time.hour] + drift[vital.name])
                number = min(max(number, vital.low), vital.high)
                number = round(number, 1) if vital.name == "temperature" else round(number)
                values[vital.name] = number
                readings.setdefault(vital.name, []).append(number)
                chart.number(vital.itemid, number, vital.unit, not vital.normal - 3 * vital.spread <= number)
            if "systolic" in values and "diastolic" in values:
                mean = round((values["systolic"] + 2 * values["diastolic"]) / 3)
                chart.number(MEAN_PRESSURE, mean, "mmHg", mean < 60)
            if "heart_rate" in values and tick % 4 == 0:
                chart.text(RHYTHM, patient.rhythm(values["heart_rate"]))
            if tick % 96 == 0:
                chart.number(WEIGHT, round(patient.weight + 0.4 * dice.normal(), 1), "kg", False)
            tick += 1 if tick < 16 else 4

    def write_vector(self, stay_id, readings):
        row = []
        for name, _, centre, scale in FEATURES:
            measured, _, how = name.rpartition("_")
            values = readings.get(measured if how in ("mean", "min", "max") else name)
            if not values:
                row.append(0)  # never measured: as everybody
                continue
            value = {"min": min, "max": max}.get(how, mean)(values)
            row.append(round((value - centre) / scale, 4))
        self.files.add("icu/stay_vectors.csv", stay_id, *row)


class Patient:
    def __init__(self, subject_id, dice):
        self.id, self.dice = subject_id, dice
        self.gender = dice.pick("F", "M")
        self.age = dice.between(19, 55) if dice.chance(0.3) else dice.between(50, 91)
        self.year = dice.between(2110, 2190)
        self.year_group = dice.pick("2008 - 2010", "2011 - 2013", "2014 - 2016", "2017 - 2019", "2020 - 2022")
        self.old_codes = self.year_group < "2014"
        self.chronic = [condition for condition in CHRONIC if dice.chance(condition.share * self.age / 60)]
        self.weight = round(62 + 20 * (self.gender == "M") + 11 * dice.normal(), 1)
        self.insurance = "Medicare" if self.age >= 65 else dice.pick("Medicaid", "Private", "Private", "Other", "")
        self.language = dice.pick("English", "English", "English", "English", "Spanish", "Chinese", "Portuguese", "")
        self.marital_status = dice.pick("MARRIED", "MARRIED", "SINGLE", "WIDOWED", "DIVORCED", "")
        self.race = dice.pick("WHITE", "WHITE", "BLACK/AFRICAN AMERICAN", "HISPANIC/LATINO - PUERTO RICAN",
                              "ASIAN - CHINESE", "UNKNOWN")
        self.provider = f"P{dice.below(100):02d}{dice.pick(*'ABCDEFGHIJ')}{dice.below(10)}{dice.pick(*'KLMNPQRS')}"
        self.first_admission = datetime(self.year, 1, 1) + timedelta(days=dice.below(365), minutes=dice.below(1440))
        self.traits = {}

    def trait(self, name):
        """How far this patient's normal lies from everybody's, in deviations; drawn once."""
        if name not in self.traits:
            self.traits[name] = self.dice.normal()
        return self.traits[name]

    def rhythm(self, heart_rate):
        if any(condition.icd10 == "I4891" for condition in self.chronic):
            return "AF (Atrial Fibrillation)"
        return "ST (Sinus Tachycardia)" if heart_rate > 100 else "SR (Sinus Rhythm)"


class Chart:
    """The readings of one round at one bed."""

    def __init__(self, files, ids, dice, time):
        self.files, self.ids, self.dice, self.time = files, ids, dice, time
        self.caregiver = 100 + dice.below(60)
        self.stored = time + timedelta(minutes=dice.between(1, 40)) if dice.chance(0.97) else ""

    def number(self, itemid, number, unit, warning):
        unusable = self.dice.chance(0.003)
        self.files.add("icu/chartevents.csv.gz", *self.ids, self.caregiver, self.time, self.stored, itemid,
                       "unable to obtain, patient moved" if unusable else number, "" if unusable else number, unit,
                       int(warning))

    def text(self, itemid, text):
        self.files.add("icu/chartevents.csv.gz", *self.ids, self.caregiver, self.time, self.stored, itemid, text, "",
                       "", 0)


def mean(values):
    return sum(values) / len(values)


def generate(patients, seed, directory):
    """Writes the files and returns the number of rows of each."""
    files = Files(directory)
    try:
        hospital = Hospital(seed, files)
        hospital.write_dictionaries()
        for number in range(1, patients + 1):
            hospital.write_patient(number)
    finally:
        files.close()
    return files.rows


def main():
    parser = argparse.ArgumentParser(description="Makes a hospital that never was, in the shapes of MIMIC-IV.")
    parser.add_argument("--patients", type=int, default=300, metavar="N", help="how many (default 300)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another hospital (default 1)")
    parser.add_argument("--out", required=True, metavar="DIR", help="directory for the files; created if missing")
    options = parser.parse_args()
    if not 1 <= options.patients <= 300_000:
        parser.error("--patients must be between 1 and 300000")
    try:
        rows = generate(options.patients, options.seed, options.out)
    except OSError as error:
        sys.exit(f"generate.py: {error}")
    for name, count in rows.items():
        print(f"{count:>12,}  {name}")


if __name__ == "__main__":
    main()

"""The medicine behind the generated hospital: conditions, what is measured, and what each condition does to it.

ICD codes, item ids and units are the public ones, so that the questions of the demo also work on a real MIMIC-IV
download. Prevalences and effects are rough textbook figures: plausible, of no clinical use.
"""
from collections import namedtuple

# icd9, icd10: codes without the dot. share: of 60-year-olds (chronic), or of admissions (acute). effects: the shift of
# a vital sign or laboratory value at full severity.
Condition = namedtuple("Condition", "icd10 icd9 title share effects")

CHRONIC = (
    Condition("I10", "4019", "Essential (primary) hypertension", 0.45, {"systolic": 14, "diastolic": 7}),
    Condition("E785", "2724", "Hyperlipidemia, unspecified", 0.32, {}),
    Condition("E119", "25000", "Type 2 diabetes mellitus without complications", 0.24, {"glucose": 65}),
    Condition("I2510", "41401", "Atherosclerotic heart disease of native coronary artery, without angina", 0.20,
              {"troponin": 0.02}),
    Condition("I4891", "42731", "Unspecified atrial fibrillation", 0.16, {"heart_rate": 12, "inr": 0.9}),
    Condition("J449", "496", "Chronic obstructive pulmonary disease, unspecified", 0.13,
              {"oxygen": -3.5, "respiration": 3, "bicarbonate": 4}),
    Condition("N183", "5853", "Chronic kidney disease, stage 3 (moderate)", 0.13,
              {"creatinine": 1.1, "urea": 18, "potassium": 0.4, "haemoglobin": -1.4}),
    Condition("I5022", "42822", "Chronic systolic (congestive) heart failure", 0.12,
              {"heart_rate": 6, "systolic": -8, "respiration": 2, "sodium": -3}),
    Condition("F329", "311", "Major depressive disorder, single episode, unspecified", 0.14, {}),
    Condition("E039", "2449", "Hypothyroidism, unspecified", 0.09, {"heart_rate": -5, "temperature": -0.3}),
    Condition("K7460", "5715", "Cirrhosis of liver, unspecified", 0.05,
              {"inr": 0.8, "platelets": -110, "sodium": -4, "systolic": -10}),
    Condition("G20", "3320", "Parkinson’s disease", 0.03, {"systolic": -6}),
    Condition("M3500", "7102", "Sjögren syndrome, unspecified", 0.02, {"white_cells": -1.5}),
    Condition("H8103", "38600", "Ménière’s disease, bilateral", 0.02, {}),
)

ACUTE = (
    Condition("A419", "0389", "Sepsis, unspecified organism", 0.16,
              {"heart_rate": 30, "systolic": -28, "diastolic": -14, "respiration": 8, "temperature": 3.2,
               "oxygen": -3, "coma": -2, "white_cells": 10, "lactate": 3.4, "creatinine": 0.8, "platelets": -70,
               "bicarbonate": -5}),
    Condition("J189", "486", "Pneumonia, unspecified organism", 0.15,
              {"heart_rate": 16, "respiration": 9, "temperature": 2.6, "oxygen": -6, "white_cells": 7}),
    Condition("I214", "41071", "Non-ST elevation (NSTEMI) myocardial infarction", 0.12,
              {"heart_rate": 12, "systolic": -10, "troponin": 1.6, "glucose": 20}),
    Condition("J9601", "51881", "Acute respiratory failure with hypoxia", 0.10,
              {"heart_rate": 18, "respiration": 11, "oxygen": -9, "coma": -2, "bicarbonate": 3, "lactate": 1}),
    Condition("N179", "5849", "Acute kidney failure, unspecified", 0.10,
              {"creatinine": 2.9, "urea": 46, "potassium": 1.1, "bicarbonate": -6, "systolic": 8}),
    Condition("K922", "5789", "Gastrointestinal hemorrhage, unspecified", 0.10,
              {"heart_rate": 24, "systolic": -22, "diastolic": -10, "haemoglobin": -4.6, "urea": 22, "lactate": 1.2}),
    Condition("I639", "43491", "Cerebral infarction, unspecified", 0.09,
              {"systolic": 30, "diastolic": 12, "coma": -5}),
    Condition("E1110", "25010", "Type 2 diabetes mellitus with ketoacidosis, without coma", 0.06,
              {"glucose": 330, "bicarbonate": -13, "potassium": 0.9, "heart_rate": 20, "respiration": 9,
               "sodium": -6}),
    Condition("S72001A", "82000", "Fracture of unspecified part of neck of right femur, initial encounter", 0.07,
              {"heart_rate": 10, "haemoglobin": -2.2}),
    Condition("G610", "3570", "Guillain-Barré syndrome", 0.02, {"respiration": 5, "oxygen": -3, "heart_rate": 10}),
    Condition("T391X1A", "9654", 'Poisoning by "aminophenol" derivatives (paracetamol), accidental', 0.03,
              {"inr": 2.4, "coma": -3, "heart_rate": 8, "lactate": 1.8}),
)

# Charted at the bedside. every: hours between two readings; spread: from patient to patient; noise: from reading to
# reading; rhythm: half the difference between 16:00 and 04:00.
Vital = namedtuple("Vital", "name itemid label abbreviation category unit every normal spread noise rhythm low high")

VITALS = (
    Vital("heart_rate", 220045, "Heart Rate", "HR", "Routine Vital Signs", "bpm", 1, 80, 8, 4, 5, 28, 220),
    Vital("systolic", 220179, "Non Invasive Blood Pressure systolic", "NBPs", "Routine Vital Signs", "mmHg",
          1, 122, 9, 7, 4, 50, 240),
    Vital("diastolic", 220180, "Non Invasive Blood Pressure diastolic", "NBPd", "Routine Vital Signs", "mmHg",
          1, 68, 6, 5, 3, 25, 140),
    Vital("respiration", 220210, "Respiratory Rate", "RR", "Respiratory", "insp/min", 1, 17, 2, 2, 1, 6, 55),
    Vital("oxygen", 220277, "O2 saturation pulseoxymetry", "SpO2", "Respiratory", "%", 1, 97, 1, 1, 0, 60, 100),
    Vital("temperature", 223761, "Temperature Fahrenheit", "Temperature F", "Routine Vital Signs", "°F",
          4, 98.4, 0.3, 0.3, 0.4, 90, 107),
    Vital("coma", 226755, "GCS Total", "GCS", "Neurological", "points", 4, 15, 0, 0.4, 0, 3, 15),
)
MEAN_PRESSURE = 220181  # computed from the two others
RHYTHM = 220048  # text
WEIGHT = 224639  # once a day
# Charted items that are not in VITALS: id, label, abbreviation, category, unit, type, low, high.
OTHER_ITEMS = (
    (RHYTHM, "Heart Rhythm", "Heart Rhythm", "Routine Vital Signs", "", "Text", "", ""),
    (MEAN_PRESSURE, "Non Invasive Blood Pressure mean", "NBPm", "Routine Vital Signs", "mmHg", "Numeric", "", ""),
    (WEIGHT, "Daily Weight", "Daily Weight", "General", "kg", "Numeric", "", ""),
    (226228, "Gender", "Gender", "ADT", "", "Text", "", ""),
    (223835, "Inspired O2 Fraction", "FiO2", "Respiratory", "", "Numeric", "", ""),
)

# Drawn in the laboratory. panel: "daily", "blood gas" (intensive care) or "cardiac"; digits: decimals of a result.
Lab = namedtuple("Lab", "name itemid label fluid category unit panel normal spread noise lower upper digits floor")

LABS = (
    Lab("glucose", 50931, "Glucose", "Blood", "Chemistry", "mg/dL", "daily", 98, 9, 14, 70, 105, 0, 25),
    Lab("creatinine", 50912, "Creatinine", "Blood", "Chemistry", "mg/dL", "daily", 0.9, 0.15, 0.08, 0.5, 1.2, 1, 0.2),
    Lab("urea", 51006, "Urea Nitrogen", "Blood", "Chemistry", "mg/dL", "daily", 14, 3, 2, 6, 20, 0, 2),
    Lab("potassium", 50971, "Potassium", "Blood", "Chemistry", "mEq/L", "daily", 4.1, 0.2, 0.2, 3.3, 5.1, 1, 1.8),
    Lab("sodium", 50983, "Sodium", "Blood", "Chemistry", "mEq/L", "daily", 139, 1.5, 1.5, 133, 145, 0, 105),
    Lab("chloride", 50902, "Chloride", "Blood", "Chemistry", "mEq/L", "daily", 102, 2, 2, 96, 108, 0, 75),
    Lab("bicarbonate", 50882, "Bicarbonate", "Blood", "Chemistry", "mEq/L", "daily", 25, 1.5, 1.2, 22, 32, 0, 5),
    Lab("calcium", 50893, "Calcium, Total", "Blood", "Chemistry", "mg/dL", "daily", 9, 0.3, 0.2, 8.4, 10.3, 1, 5),
    Lab("haemoglobin", 51222, "Hemoglobin", "Blood", "Hematology", "g/dL", "daily", 13.2, 1, 0.4, 12, 16, 1, 4),
    Lab("white_cells", 51301, "White Blood Cells", "Blood", "Hematology", "K/uL", "daily",
        7.2, 1.2, 0.9, 4, 11, 1, 0.3),
    Lab("platelets", 51265, "Platelet Count", "Blood", "Hematology", "K/uL", "daily", 232, 40, 14, 150, 440, 0, 8),
    Lab("inr", 51237, "INR(PT)", "Blood", "Hematology", "", "daily", 1.05, 0.06, 0.06, 0.9, 1.1, 1, 0.8),
    Lab("lactate", 50813, "Lactate", "Blood", "Blood Gas", "mmol/L", "blood gas", 1.2, 0.2, 0.3, 0.5, 2, 1, 0.3),
    Lab("acidity", 50820, "pH", "Blood", "Blood Gas", "units", "blood gas", 7.4, 0.01, 0.02, 7.35, 7.45, 2, 6.8),
    Lab("troponin", 51003, "Troponin T", "Blood", "Chemistry", "ng/mL", "cardiac", 0.01, 0, 0.01, 0, 0.01, 2, 0.01),
)

# The features of a stay's vector (icu/stay_vectors.csv): what it is made of, and the centre and scale by which it is
# standardised, so that one unit of distance means about the same in every direction.
FEATURES = (
    ("age", "age", 63, 16),
    ("los", "length of stay, days", 3, 2.5),
    ("heart_rate_mean", "heart rate", 86, 12),
    ("heart_rate_max", "heart rate", 104, 16),
    ("systolic_mean", "systolic pressure", 118, 15),
    ("systolic_min", "systolic pressure", 98, 17),
    ("respiration_mean", "respiratory rate", 19, 3),
    ("oxygen_min", "oxygen saturation", 92, 4),
    ("temperature_max", "temperature", 99.6, 1.1),
    ("coma_min", "Glasgow coma scale", 13.6, 1.7),
    ("glucose_max", "glucose", 160, 60),
    ("creatinine_max", "creatinine", 1.5, 0.8),
    ("haemoglobin_min", "haemoglobin", 11.6, 1.8),
    ("white_cells_max", "white cells", 10, 4),
    ("lactate_max", "lactate", 2, 1.3),
    ("platelets_min", "platelets", 205, 55),
)

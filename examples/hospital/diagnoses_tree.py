#!/usr/bin/env python3
"""diagnoses_tree.py DIRECTORY: writes DIRECTORY/hosp/icd_tree.csv: the diagnoses of hosp/d_icd_diagnoses.csv as a tree.

ICD codes are a hierarchy by themselves: the first three characters are the category (4 of an E code of ICD-9), its first
one or two the chapter or block. A row for each code, category and block: code, parent (empty at the root), title.
"""

import csv
import pathlib
import sys


def ancestors(code, version):
    """The nodes above a code, from the nearest on."""
    category = code[:4] if version == "9" and code.startswith("E") else code[:3]
    block = category[:1] if version == "10" else category[:2]
    names = [f"{category} ({version})", f"{block}- ({version})", "ICD"]
    return names[1:] if code == category else names


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1]) / "hosp"
    rows = {"ICD": ("", "International classification of diseases")}
    with open(folder / "d_icd_diagnoses.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            above = ancestors(row["icd_code"], row["icd_version"])
            rows[f"{row['icd_code']} ({row['icd_version']})"] = (above[0], row["long_title"])
            for node, parent in zip(above, above[1:]):
                rows.setdefault(node, (parent, node))
    with open(folder / "icd_tree.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "parent", "title"))
        writer.writerows((code, parent, title) for code, (parent, title) in sorted(rows.items()))


if __name__ == "__main__":
    main()

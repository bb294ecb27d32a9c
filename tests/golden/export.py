"""Writes the golden cases as Synthea exports, one a layout, and the vocabulary they need.

A case says only what it is about. The rest is filled in: an encounter `visit` where a case has none; the case's first
encounter, and its start, on each event; and on each encounter the clinic, doctor and insurer of everybody.
"""

import csv
import hashlib
import itertools
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from loader.load.raw_tables import PATIENT_COLUMN, RAW_TABLES
from tests.golden.cases import NEWEST, Case, Row

HERE = Path(__file__).parent
VOCABULARY = HERE.parents[1] / "seeds" / "demo" / "vocabulary"
LONGEST_NAME = 8

# What an older release does not write, or writes under another name.
V2_7 = {
    "absent": {
        ("patients", "middle"), ("patients", "fips"), ("patients", "income"), ("conditions", "system"),
        ("procedures", "stop"), ("procedures", "system"), ("observations", "category"), ("payers", "ownership"),
        ("payer_transitions", "memberid"), ("payer_transitions", "secondary_payer"), ("organizations", "npi"),
        ("payer_transitions", "owner_name"), ("providers", "encounters"), ("providers", "procedures"),
        ("providers", "npi"), *(("allergies", name) for name in (
            "system", "type", "category", "reaction1", "description1", "severity1", "reaction2", "description2",
            "severity2",
        )),
    },
    "former": {
        ("procedures", "start"): "DATE", ("payer_transitions", "start_date"): "START_YEAR",
        ("payer_transitions", "end_date"): "END_YEAR", ("payer_transitions", "plan_ownership"): "OWNERSHIP",
    },
    "files": {"claims", "claims_transactions"},
}
V2_5 = {
    "absent": V2_7["absent"] | {
        ("encounters", "provider"), ("imaging_studies", "series_uid"), ("imaging_studies", "instance_uid"),
        ("imaging_studies", "procedure_code"),
    },
    "former": V2_7["former"] | {("encounters", "organization"): "PROVIDER"},
    "files": V2_7["files"] | {"devices", "supplies"},
}
LAYOUTS = {NEWEST: {"absent": set(), "former": {}, "files": set()}, "v2.7": V2_7, "v2.5": V2_5}

EVERYBODY = "everybody"
SHARED: dict[str, dict[str, Row]] = {
    "organizations": {"clinic": {"name": "Clinic", "address": "1 Clinic Road", "city": "Boston", "state": "MA"}},
    "providers": {"doctor": {"organization": "clinic", "name": "Doctor", "gender": "F"}},
    "payers": {"insurer": {"name": "Insurer"}},
}
VISIT = {"visit": "ambulatory 2020-03-01 09:00 2020-03-01 09:30"}
PATIENT = {"birthdate": "1980-01-01", "gender": "F", "race": "white", "ethnicity": "nonhispanic"}
IDS_BY_NAME = {"organization", "provider", "payer", "secondary_payer"}


def uuid(scope: object, name: str) -> str:
    """The id that a name stands for: ids of one scope are in the order of their names."""
    assert len(name) <= LONGEST_NAME, f"{name!r} is longer than {LONGEST_NAME} letters"
    digits = hashlib.sha256(str(scope).encode()).hexdigest()[:16] + name.encode().hex().ljust(16, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def patient_id(case: Case) -> str:
    return uuid(case, "")


def own_names(case: Case, file: str) -> set[str]:
    """The organizations, providers or payers that the case brings; a list where one id has several rows."""
    given = case.given.get(file, {})
    return set(given) if isinstance(given, Mapping) else {row["id"] for row in given}


def shared_id(case: Case, file: str, name: str) -> str:
    """The id of an organization, a provider or a payer: the case's own, everybody's, or one that is nowhere."""
    return uuid(EVERYBODY if name in SHARED[file].keys() - own_names(case, file) else case, name)


def write_exports(cases: Iterable[Case], folder: Path) -> list[Path]:
    """One export a layout, the oldest first; the folders."""
    cases = list(cases)
    folders = []
    for layout in reversed(LAYOUTS):
        files = {name: [] for name in RAW_TABLES if name not in LAYOUTS[layout]["files"] | {"patient_expenses"}}
        for file, rows in SHARED.items():
            files[file] += ({"id": uuid(EVERYBODY, name), **_named(None, row)} for name, row in rows.items())
        counter = itertools.count(1)
        for case in cases:
            if case.layout == layout:
                for file, row in _rows(case, counter):
                    files[file].append(row)
        for file, rows in files.items():
            _write(folder / layout / f"{file}.csv", file, layout, rows)
        folders.append(folder / layout)
    return folders


def _rows(case: Case, counter: Iterator[int]) -> Iterator[tuple[str, Row]]:
    given = dict(case.given)
    encounters = _encounters(given.pop("encounters", VISIT))
    patients = given.pop("patient", {})
    for patient in patients if isinstance(patients, list) else [patients]:
        yield "patients", {"id": patient_id(case)} | PATIENT | patient
    for encounter in encounters:
        defaults = {"organization": "clinic", "payer": "insurer", "code": encounter["id"]}
        if case.layout != "v2.5":
            defaults["provider"] = "doctor"
        yield "encounters", _row(case, "encounters", defaults | encounter)
    claims = given.pop("claims", [])
    for number, claim in enumerate(claims):
        yield from _claim(case, claim, f"claim{number}", encounters, counter)
    for file, rows in given.items():
        for row in [{"id": name} | row for name, row in rows.items()] if isinstance(rows, Mapping) else rows:
            yield file, _row(case, file, row if file in SHARED else _defaults(file, encounters) | row)


def _encounters(given: Mapping[str, str | Row] | list[Row]) -> list[Row]:
    """`name: class start stop`, or whole rows; a list where one id has several rows."""
    if isinstance(given, list):
        return given
    rows = []
    for name, row in given.items():
        if isinstance(row, str):
            kind, *times = row.split()
            start, stop = " ".join(times[:2]), " ".join(times[2:])
            rows.append({"id": name, "encounterclass": kind, "start": start, "stop": stop})
        else:
            rows.append({"id": name} | row)
    return rows


def _defaults(file: str, encounters: list[Row]) -> Row:
    if not encounters:
        return {}
    first = encounters[0]
    columns = {column.name for column in RAW_TABLES[file].columns}
    defaults = {"encounter": first["id"], "start": first["start"], "date": first["start"]}
    return {name: value for name, value in defaults.items() if name in columns}


def _claim(
    case: Case, claim: Row, name: str, encounters: list[Row], counter: Iterator[int]
) -> Iterator[tuple[str, Row]]:
    """`items` has a transaction a line: CHARGE amount code [date time], PAYMENT method amount, or kind type amount."""
    encounter = next(row for row in encounters if row["id"] == claim.get("encounter", encounters[0]["id"]))
    header = {key: value for key, value in claim.items() if key not in {"encounter", "items"}}
    yield "claims", _row(case, "claims", {"id": name, "appointmentid": encounter["id"]} | header)
    charged = {"procedurecode": encounter["id"], "fromdate": encounter["start"]}
    for line in claim.get("items", "").splitlines():
        kind, *words = line.split()
        row = {"type": kind}
        match kind:
            case "CHARGE":
                charged = {"procedurecode": words[1], "fromdate": " ".join(words[2:]) or encounter["start"]}
                row |= {"amount": words[0]}
            case "PAYMENT":
                row |= {"method": words[0], "payments": words[1]}
            case "ADJUSTMENT":
                row |= {"adjustments": words[0]}
            case "TRANSFERIN":
                row |= {"transfertype": words[0], "amount": words[1]}
            case "TRANSFEROUT":
                row |= {"transfertype": words[0], "transfers": words[1]}
        number = next(counter)
        yield (
            "claims_transactions",
            _row(case, "claims_transactions", {
                "id": f"t{number}", "claimid": name, "chargeid": str(number), "appointmentid": encounter["id"],
                "todate": charged["fromdate"], **charged, **row,
            }),
        )


def _row(case: Case, file: str, given: Row) -> Row:
    """The row with ids for names and Synthea's spelling of times."""
    types = {column.name: column.type for column in RAW_TABLES[file].columns}
    unknown = set(given) - set(types)
    assert not unknown, f"{case}: {file} has no column {unknown}"
    row = dict(given)
    for name, value in given.items():
        if types[name] == "uuid" and value and name not in IDS_BY_NAME:
            row[name] = uuid(case, value)
        elif types[name] == "timestamp" and " " in value:
            row[name] = value.replace(" ", "T") + (":00Z" if value.count(":") == 1 else "Z")
        elif types[name] == "date":
            row[name] = value.partition(" ")[0]
    column = PATIENT_COLUMN.get(file, "patient")
    return _named(case, row) | ({column: row.get(column) or patient_id(case)} if column else {})


def _named(case: Case | None, row: Row) -> Row:
    files = {"organization": "organizations", "provider": "providers"}
    return {
        name: (
            (shared_id(case, files.get(name, "payers"), value) if case else uuid(EVERYBODY, value))
            if name in IDS_BY_NAME and value else value
        )
        for name, value in row.items()
    }


def _write(path: Path, file: str, layout: str, rows: list[Row]) -> None:
    absent, former = LAYOUTS[layout]["absent"], LAYOUTS[layout]["former"]
    names = [column.name for column in RAW_TABLES[file].columns if (file, column.name) not in absent]
    if layout == NEWEST and file == "providers":
        names.remove("utilization")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(former.get((file, name), "Id" if name == "id" else name.upper()) for name in names)
        for row in rows:
            unwritten = {name for name, value in row.items() if value} - set(names)
            assert not unwritten, f"{path} has no column {unwritten}: {row}"
            writer.writerow(row.get(name, "") for name in names)


def read_concepts() -> list[Row]:
    """The invented concepts, which only the cases know."""
    with (HERE / "concepts.csv").open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def write_vocabulary(folder: Path) -> Path:
    """The sample's vocabulary with the invented concepts and what they map to."""
    shutil.copytree(VOCABULARY, folder)
    dates = ("19700101", "20991231")
    for concept in read_concepts():
        names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "standard_concept")
        _append(
            folder, "CONCEPT",
            *(concept[name] for name in names), concept["concept_code"], *dates, concept["invalid_reason"],
        )
        for maps_to in concept["maps_to"].split():
            target, _, invalid = maps_to.partition("!")
            _append(folder, "CONCEPT_RELATIONSHIP", concept["concept_id"], target, "Maps to", *dates, invalid)
        for target in concept["maps_to_value"].split():
            _append(folder, "CONCEPT_RELATIONSHIP", concept["concept_id"], target, "Maps to value", *dates, "")
        for ancestor in concept["ingredients"].split():
            _append(folder, "CONCEPT_ANCESTOR", ancestor, concept["concept_id"], "0", "0")
        for strength in concept["strengths"].split():
            ingredient, amount, unit, numerator, invalid = strength.split("/")
            _append(
                folder, "DRUG_STRENGTH", concept["concept_id"], ingredient, amount, unit, numerator,
                unit if numerator else "", "", "", "", *dates, invalid,
            )
    judged = folder / "SOURCE_TO_CONCEPT_MAP.csv"
    shutil.copy(HERE / "source_to_concept_map.csv", judged)
    return folder


def _append(folder: Path, table: str, *fields: str) -> None:
    with (folder / f"{table}.csv").open("a", encoding="utf-8") as output:
        output.write("\t".join(fields) + "\n")

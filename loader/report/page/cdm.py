"""What is in the CDM: its persons, its events, how complete they are, and whether every source row is there."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from loader.databases.base import literal, quoted
from loader.load.raw_tables import RAW_TABLES
from loader.report.accounting import MAPPING_COVERAGE, ROW_ACCOUNTING
from loader.report.page.reading import Reading, Row
from loader.report.summary import EVENT_CONCEPTS

# Table -> the date an event has there, what people call its rows.
EVENTS = {
    "visit_occurrence": ("visit_start_date", "Visits"),
    "condition_occurrence": ("condition_start_date", "Conditions"),
    "drug_exposure": ("drug_exposure_start_date", "Drugs"),
    "procedure_occurrence": ("procedure_date", "Procedures"),
    "device_exposure": ("device_exposure_start_date", "Devices"),
    "measurement": ("measurement_date", "Measurements"),
    "observation": ("observation_date", "Observations"),
    "specimen": ("specimen_date", "Specimens"),
}
PERSON = {"person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"}
BAND = 10
OLDEST_BAND = 90
UNMAPPED_SHOWN = 20
# Years without events are shown too, unless a date is so odd that they would be the most.
LONGEST_SPAN = 150
# Their rows are parts of cost rows, not rows of their own.
PARTS_OF_COSTS = "claims_transactions.csv"


def _event_tables(reading: Reading) -> list[str]:
    """Those that are there with the columns that are read of them; what is broken is the checks' matter."""
    return [
        table for table, (date, _) in EVENTS.items()
        if {date, "person_id", EVENT_CONCEPTS[table], _source_value(table)} <= reading.columns(f"omop.{table}")
    ]


def population(reading: Reading) -> dict[str, Any] | None:
    """Persons by sex and age, the latter in completed years when a person's observation ends."""
    if not PERSON.issubset(reading.columns("omop.person")) or not reading.has("omop.observation_period", "omop.concept"):
        return None
    counts: dict[tuple[str, int | None], int] = defaultdict(int)
    for row in reading.rows("""
        with ends as (
            select person_id, max(observation_period_end_date) as ended_on from omop.observation_period group by person_id
        ),
        born as (
            select
                person.gender_concept_id, ends.ended_on, person.year_of_birth,
                100 * coalesce(person.month_of_birth, 1) + coalesce(person.day_of_birth, 1) as birthday
            from omop.person as person
            left join ends on person.person_id = ends.person_id
        ),
        aged as (
            select
                gender_concept_id,
                cast(
                    extract(year from ended_on) - year_of_birth - case
                        when 100 * extract(month from ended_on) + extract(day from ended_on) < birthday then 1 else 0
                    end as integer
                ) as age
            from born
        )
        select coalesce(concept.concept_name, 'No matching concept') as sex, aged.age, count(*) as persons
        from aged
        left join omop.concept as concept on aged.gender_concept_id = concept.concept_id
        group by concept.concept_name, aged.age
        order by 1, 2"""):
        counts[_sex(row["sex"]), _band(row["age"])] += row["persons"]
    if not counts:
        return None
    sexes = sorted({sex for sex, _ in counts})
    bands = [*range(OLDEST_BAND, -1, -BAND), *([None] if any(band is None for _, band in counts) else [])]
    rows = [
        {"age": _band_name(band), "counts": [counts[sex, band] for sex in sexes]} for band in bands
    ]
    return {
        "sexes": sexes, "bands": rows, "totals": [sum(row["counts"][number] for row in rows) for number in range(len(sexes))],
        "persons": sum(counts.values()), "largest": max(counts.values()),
    }


def _sex(name: str) -> str:
    return name.capitalize() if name.isupper() else name


def _band(age: int | None) -> int | None:
    return None if age is None else min(max(age, 0) // BAND * BAND, OLDEST_BAND)


def _band_name(band: int | None) -> str:
    if band is None:
        return "not observed"
    return f"{band} and older" if band == OLDEST_BAND else f"{band}–{band + BAND - 1}"


class Series(NamedTuple):
    """The events of a table, year by year over the years of all tables."""

    table: str
    title: str
    counts: list[int]

    @property
    def total(self) -> int:
        """All events of the table."""
        return sum(self.counts)


def events(reading: Reading) -> dict[str, Any] | None:
    """Events a year of each table that has any."""
    queries = [
        f"select {literal(table)} as name, cast(extract(year from {date}) as integer) as year, count(*) as events"
        f" from {quoted('omop', table)} where {date} is not null group by 2"
        for table, (date, _) in EVENTS.items() if table in _event_tables(reading)
    ]
    rows = reading.rows(" union all ".join(queries)) if queries else []
    if not rows:
        return None
    counts = {(row["name"], row["year"]): row["events"] for row in rows}
    years = sorted({row["year"] for row in rows})
    if years[-1] - years[0] < LONGEST_SPAN:
        years = list(range(years[0], years[-1] + 1))
    series = [
        Series(table, title, [counts.get((table, year), 0) for year in years]) for table, (_, title) in EVENTS.items()
    ]
    return {"years": years, "series": [one for one in series if one.total]}


def completeness(reading: Reading) -> dict[str, Any] | None:
    """How many persons each table of events has rows of, and how much is known of a row."""
    tables = _event_tables(reading)
    if not tables or not reading.has("omop.person"):
        return None
    persons = reading.database.query("select count(*) from omop.person")[0][0]
    queries = []
    for table in tables:
        has = reading.columns(f"omop.{table}")
        visit = "count(visit_occurrence_id)" if "visit_occurrence_id" in has and table != "visit_occurrence" else "null"
        provider = "count(provider_id)" if "provider_id" in has else "null"
        queries.append(
            f"select {literal(table)} as name, count(*) as events, count(distinct person_id) as persons,"
            f" count(case when {EVENT_CONCEPTS[table]} <> 0 then 1 end) as mapped,"
            f" cast({visit} as bigint) as with_visit, cast({provider} as bigint) as with_provider"
            f" from {quoted('omop', table)}"
        )
    rows = {row["name"]: row for row in reading.rows(" union all ".join(queries))}
    filled = [rows[table] | {"title": EVENTS[table][1]} for table in tables if rows[table]["events"]]
    return {"persons": persons, "tables": filled} if filled else None


@dataclass
class Coverage:
    """Rows of the source files with and without a standard concept, and the codes that most of the latter have."""

    files: list[Row]
    codes: list[Row]

    @property
    def rows(self) -> int:
        """All rows that have a code."""
        return sum(row["source_rows"] for row in self.files)

    @property
    def mapped(self) -> int:
        """Those of them with a standard concept."""
        return sum(row["source_rows"] - row["unmapped_rows"] for row in self.files)


def coverage(reading: Reading) -> Coverage | None:
    """Mapping coverage by file and vocabulary, with the most frequent codes that have no standard concept."""
    if not reading.has("quality.mapping_coverage"):
        return None
    files = reading.rows(MAPPING_COVERAGE)
    return Coverage(files, _unmapped_codes(reading)) if files else None


def _unmapped_codes(reading: Reading) -> list[Row]:
    tables = [table for table in _event_tables(reading) if table != "visit_occurrence"]
    if not tables:
        return []
    queries = [
        f"select {literal(table)} as name, {_source_value(table)} as code, count(*) as events"
        f" from {quoted('omop', table)}"
        f" where {EVENT_CONCEPTS[table]} = 0 and {_source_value(table)} is not null group by {_source_value(table)}"
        for table in tables
    ]
    rows = reading.rows(
        f"select * from ({' union all '.join(queries)}) as unmapped order by events desc, name, code limit {UNMAPPED_SHOWN}"
    )
    words = _descriptions(reading, sorted({row["code"] for row in rows}))
    return [row | {"description": words.get(row["code"], "")} for row in rows]


def _source_value(table: str) -> str:
    return EVENT_CONCEPTS[table].removesuffix("concept_id") + "source_value"


def _descriptions(reading: Reading, codes: list[str]) -> dict[str, str]:
    """What the files call the codes."""
    queries = [
        f"select code, min(description) as description from {quoted('raw_synthea', name)}"
        f" where code in ({', '.join(map(literal, codes))}) group by code"
        for name in RAW_TABLES if {"code", "description"} <= reading.columns(f"raw_synthea.{name}")
    ]
    if not codes or not queries:
        return {}
    named = " union all ".join(queries)
    rows = reading.rows(f"select code, min(description) as description from ({named}) as named group by code")
    return {row["code"]: row["description"] or "" for row in rows}


def accounting(reading: Reading) -> dict[str, Any] | None:
    """Per file the rows that were read and what became of them; per CDM table where its rows are from."""
    if not reading.has("quality.row_accounting", "mappings.row_outcomes"):
        return None
    rows = reading.rows(ROW_ACCOUNTING)
    if not rows:
        return None
    files = []
    for name, outcomes in groupby(rows, itemgetter("file_name")):
        listed = list(outcomes)
        kinds: dict[str, int] = defaultdict(int)
        for row in listed:
            kinds[row["kind"]] += row["source_rows"]
        read = listed[0]["rows_read"]
        files.append({
            "name": name, "read": read, "outcomes": listed, "kinds": kinds, "missing": read - sum(kinds.values()),
        })
    return {
        "files": files, "targets": _targets(reading, rows), "read": sum(file["read"] for file in files),
        "wrong": [file["name"] for file in files if file["missing"]],
    }


def _targets(reading: Reading, rows: list[Row]) -> list[Row]:
    counted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row["kind"] == "CDM table":
            counted[row["outcome"]][0] += row["source_rows"] if row["file_name"] != PARTS_OF_COSTS else 0
            counted[row["outcome"]][1] += row["further_rows"]
    targets = []
    for name, count in _table_counts(reading):
        source, further = counted.get(name, (None, None))
        difference = None if source is None or further is None else count - source - further
        targets.append({"name": name, "rows": count, "source": source, "further": further, "difference": difference})
    return targets


def _table_counts(reading: Reading) -> list[tuple[str, int]]:
    """Rows of every table of the CDM, the vocabulary's views left out, whatever columns it has."""
    names = [name for (name,) in reading.database.query(
        "select table_name from information_schema.tables where table_schema = 'omop' and table_type = ?",
        (reading.database.built_as,),
    )]
    if not names:
        return []
    counts = " union all ".join(f"select {literal(name)}, count(*) from {quoted('omop', name)}" for name in names)
    return reading.database.query(f"{counts} order by 1")

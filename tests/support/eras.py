"""Eras computed another way than the models do: slow, plain, and without a running end.

Two intervals are neighbours when no more than the window lies between them, whichever comes first; an era is what can
be reached from neighbour to neighbour. The days without a drug are counted one by one.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.support.comparison import Reader

WINDOW = 30
# What the rulings call by these names.
MEDICATION = 32838
INGREDIENT_VOCABULARIES = ("RxNorm", "RxNorm Extension")


@dataclass(frozen=True)
class Interval:
    """Days, both ends included; `key` is what only intervals of one era share: the person, the concept, the dose."""

    key: tuple[Hashable, ...]
    start: date
    end: date


@dataclass(frozen=True)
class Era:
    """The intervals that belong together: first and last day, how many they are, and the days in none of them."""

    key: tuple[Hashable, ...]
    start: date
    end: date
    intervals: int
    empty_days: int


def eras(intervals: Iterable[Interval], window: int = WINDOW) -> list[Era]:
    """All eras, in the order of their keys and days."""
    by_key = defaultdict(list)
    for interval in intervals:
        by_key[interval.key].append(interval)
    found = [_era(members) for some in by_key.values() for members in _connected(some, timedelta(window))]
    return sorted(found, key=lambda era: (era.key, era.start))


def _connected(intervals: list[Interval], window: timedelta) -> Iterable[list[Interval]]:
    left = list(intervals)
    while left:
        reached, members = [left.pop()], []
        while reached:
            one = reached.pop()
            members.append(one)
            near = [other for other in left if other.start - one.end <= window and one.start - other.end <= window]
            left = [other for other in left if not (other.start - one.end <= window and one.start - other.end <= window)]
            reached += near
        yield members


def _era(members: list[Interval]) -> Era:
    start, end = min(one.start for one in members), max(one.end for one in members)
    covered = {day for one in members for day in range(one.start.toordinal(), one.end.toordinal() + 1)}
    days = (end - start).days + 1
    return Era(members[0].key, start, end, len(members), days - len(covered))


def condition_intervals(rows: Iterable[Mapping[str, Any]]) -> list[Interval]:
    """Conditions with a concept; an open one lasts until the next day."""
    return [
        Interval(
            (row["person_id"], row["condition_concept_id"]),
            row["condition_start_date"],
            row["condition_end_date"] or row["condition_start_date"] + timedelta(1),
        )
        for row in rows
        if row["condition_concept_id"] != 0
    ]


def drug_intervals(rows: Iterable[Mapping[str, Any]], ingredients: Mapping[int, set[int]]) -> list[Interval]:
    """Each exposure once for each ingredient of its drug."""
    return [
        Interval((row["person_id"], ingredient), row["drug_exposure_start_date"], row["drug_exposure_end_date"])
        for row in rows
        if row["drug_concept_id"] != 0
        for ingredient in ingredients.get(row["drug_concept_id"], ())
    ]


def dose_intervals(rows: Iterable[Mapping[str, Any]], doses: Mapping[int, tuple[Any, ...]]) -> list[Interval]:
    """Prescriptions of a drug that has one dose: (ingredient, unit, amount)."""
    return [
        Interval(
            (row["person_id"], *doses[row["drug_concept_id"]]),
            row["drug_exposure_start_date"],
            row["drug_exposure_end_date"],
        )
        for row in rows
        if row["drug_type_concept_id"] == MEDICATION and row["drug_concept_id"] in doses
    ]


def read_ingredients(reader: Reader) -> dict[int, set[int]]:
    """Drug -> its ingredients, by the vocabulary's hierarchy."""
    names = ", ".join(f"'{name}'" for name in INGREDIENT_VOCABULARIES)
    standard = {
        concept_id
        for (concept_id,) in reader.query(f"""
            select concept_id from omop.concept
            where concept_class_id = 'Ingredient' and standard_concept = 'S' and vocabulary_id in ({names})""")
    }
    found = defaultdict(set)
    for ancestor, descendant in reader.query(
        "select ancestor_concept_id, descendant_concept_id from omop.concept_ancestor"
    ):
        if ancestor in standard:
            found[descendant].add(ancestor)
    return found


def read_doses(reader: Reader) -> dict[int, tuple[Any, ...]]:
    """Drug -> (ingredient, unit, amount) of the drugs with one row of strength, a valid amount in a standard unit."""
    units = {
        concept_id
        for (concept_id,) in reader.query("""
            select concept_id from omop.concept
            where domain_id = 'Unit' and standard_concept = 'S' and invalid_reason is null""")
    }
    strengths = defaultdict(list)
    for drug, *strength in reader.query("""
        select
            drug_concept_id, ingredient_concept_id, amount_unit_concept_id, amount_value, numerator_value, invalid_reason
        from omop.drug_strength"""):
        strengths[drug].append(strength)
    return {
        drug: (ingredient, unit, amount)
        for drug, ((ingredient, unit, amount, *neither), *others) in strengths.items()
        if not others and unit in units and amount and amount > 0 and neither == [None, None]
    }


def read(reader: Reader, table: str) -> list[dict[str, Any]]:
    """The rows of a CDM table that eras are made of."""
    columns = {
        "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date", "condition_end_date"),
        "drug_exposure": (
            "person_id", "drug_concept_id", "drug_type_concept_id", "drug_exposure_start_date",
            "drug_exposure_end_date",
        ),
    }[table]
    rows = reader.query(f"select {', '.join(columns)} from omop.{table}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def expected_eras(reader: Reader) -> dict[str, list[tuple[Any, ...]]]:
    """Table -> the rows that it should have, by this computation and from the built events."""
    exposures = read(reader, "drug_exposure")
    drugs = eras(drug_intervals(exposures, read_ingredients(reader)))
    conditions = eras(condition_intervals(read(reader, "condition_occurrence")))
    return {
        "condition_era": [(*era.key, era.start, era.end, era.intervals) for era in conditions],
        "drug_era": [(*era.key, era.start, era.end, era.intervals, era.empty_days) for era in drugs],
        "dose_era": [
            (*era.key, era.start, era.end) for era in eras(dose_intervals(exposures, read_doses(reader)))
        ],
    }


ERA_COLUMNS = {
    "condition_era": (
        "person_id", "condition_concept_id", "condition_era_start_date", "condition_era_end_date",
        "condition_occurrence_count",
    ),
    "drug_era": (
        "person_id", "drug_concept_id", "drug_era_start_date", "drug_era_end_date", "drug_exposure_count", "gap_days",
    ),
    "dose_era": (
        "person_id", "drug_concept_id", "unit_concept_id", "dose_value", "dose_era_start_date", "dose_era_end_date",
    ),
}


def built_eras(reader: Reader, table: str, relation: str | None = None) -> list[tuple[Any, ...]]:
    """The rows of an era table, or of another relation with its columns, without the id."""
    return sorted(reader.query(f"select {', '.join(ERA_COLUMNS[table])} from {relation or f'omop.{table}'}"))

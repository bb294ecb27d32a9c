"""The tests of concepts and references leave out no column that a table of the CDM fills."""

import csv
import re

from tests.project.conftest import Model, set_in
from tests.support.environments import REPOSITORY

# Ids that are no reference: texts of the source, and keys that two tables share.
NO_REFERENCES = {"unique_device_id", "production_id", "specimen_source_id", "cost_domain_id"}
# What is a person's own and that rows refer to.
OF_THE_SAME_PERSON = ("visit_occurrence", "visit_detail", "payer_plan_period")
TESTS = REPOSITORY / "tests" / "omop"
SEEDS = REPOSITORY / "seeds" / "quality"


def test_every_concept_that_a_table_fills_is_tested(models: list[Model]) -> None:
    listed = {(row["cdm_table_name"].lower(), row["cdm_field_name"]) for row in _rows("standard_concept_columns")}
    filled = {
        (model.name, name)
        for model in _tables(models)
        for name in _filled(model)
        if name.endswith("concept_id") and "source_concept" not in name
    }
    assert filled - listed == set()


def test_a_column_of_concepts_has_a_domain_or_a_reason_to_have_none(models: list[Model]) -> None:
    columns = {(model.name, name) for model in _tables(models) for name in model.node["columns"]}
    rows = _rows("standard_concept_columns")
    assert {(row["cdm_table_name"].lower(), row["cdm_field_name"]) for row in rows} <= columns
    assert [row for row in rows if bool(row["domain_id"]) == bool(row["reason"])] == []


def test_every_reference_that_a_table_fills_is_tested(models: list[Model]) -> None:
    tested = {
        (row["cdm_table_name"].lower(), row["cdm_field_name"].lower())
        for row in _rows("dqd_checks")
        if row["check_name"] == "isForeignKey"
    }
    tested |= set(re.findall(r"'(\w+)\.(\w+)' as referred_by", (TESTS / "every_event_referred_to_exists.sql").read_text()))
    filled = {
        (model.name, name)
        for model in _tables(models)
        for name in _filled(model) - NO_REFERENCES - {f"{model.name}_id"}
        if name.endswith("_id") and "concept" not in name
    }
    assert filled - tested == set()


def test_every_key_of_a_persons_row_and_every_visit_of_it_is_looked_for_in_the_persons_range(models: list[Model]) -> None:
    tested = set_in(TESTS / "every_id_is_in_the_range_of_its_person.sql", "ids")
    of_persons = {
        model.name: [f"{model.name}_id", *sorted(_ids_of_the_same_person(model))]
        for model in _tables(models)
        if f"{model.name}_id" in model.node["columns"] and (model.name == "cost" or "person_id" in model.node["columns"])
        and model.name != "person"
    }
    assert {name: columns[0] for name, columns in tested.items()} == {name: ids[0] for name, ids in of_persons.items()}
    assert {name: missing for name, ids in of_persons.items() if (missing := set(ids) - set(tested[name]))} == {}


def _ids_of_the_same_person(model: Model) -> set[str]:
    return {name for name in _filled(model) for parent in OF_THE_SAME_PERSON if name.endswith(f"{parent}_id")}


def _rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))


def _tables(models: list[Model]) -> list[Model]:
    """Those that have rows of their own: the vocabulary's are views, and a table that Synthea cannot fill has none."""
    return [
        model
        for model in models
        if model.room == "omop" and model.folders[1] != "vocabulary" and "no_rows()" not in model.sql
    ]


def _filled(model: Model) -> set[str]:
    empty = set(re.findall(r"cast\(null as [a-z]+\) as (\w+)", model.sql))
    return set(model.node["columns"]) - empty

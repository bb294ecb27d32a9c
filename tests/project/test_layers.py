"""Folders are the data's road: source, staging, intermediate, omop or rates, quality. Nobody reads backwards."""

import re
from typing import Any

from tests.project.conftest import ROOMS, Model

# The change set is the one model that reads the loader's ledger: what is pending is no source data.
READ_SOURCES_OUTSIDE_STAGING = {"int_changes__persons"}
SCHEMAS = "raw_synthea|raw_vocabulary|raw_rates|etl|mappings|staging|intermediate|omop|rates|quality|information_schema"


def test_every_model_lies_in_a_known_room(models: list[Model]) -> None:
    assert [model.name for model in models if model.room not in ROOMS] == []


def test_only_staging_reads_sources(models: list[Model]) -> None:
    readers = {
        model.name
        for model in models
        if model.room != "staging" and any(parent.startswith("source.") for parent in model.node["depends_on"]["nodes"])
    }
    assert readers <= READ_SOURCES_OUTSIDE_STAGING


def test_staging_reads_one_source_table_and_nothing_else(models: list[Model]) -> None:
    parents = {model.name: model.node["depends_on"]["nodes"] for model in models if model.room == "staging"}
    assert {
        name: found for name, found in parents.items() if len(found) != 1 or not found[0].startswith("source.")
    } == {}


def test_no_model_reads_from_a_later_room(manifest: dict[str, Any], models: list[Model]) -> None:
    rooms = {model.node["unique_id"]: ROOMS.index(model.room) for model in models}
    backwards = [
        (model.name, parent)
        for model in models
        for parent in model.node["depends_on"]["nodes"]
        if parent in rooms and rooms[parent] > ROOMS.index(model.room)
    ]
    assert backwards == []


def test_the_two_roads_do_not_read_each_other(models: list[Model]) -> None:
    roads = {model.node["unique_id"]: "rates" in model.folders for model in models}
    assert [
        (model.name, parent)
        for model in models
        for parent in model.node["depends_on"]["nodes"]
        if parent in roads and roads[parent] != roads[model.node["unique_id"]]
    ] == []


def test_models_name_no_relation_by_hand(models: list[Model]) -> None:
    assert _matching(models, rf"\b({SCHEMAS})\s*\.\s*[a-z_]") == []


def test_models_neither_branch_on_the_engine_nor_ask_the_database(models: list[Model]) -> None:
    assert _matching(models, r"\btarget\s*\.|\badapter\s*\.|\brun_query\b") == []


def test_ids_are_counted_over_a_whole_table_only_in_the_key_tables(models: list[Model]) -> None:
    others = [model for model in models if model.folders != ("intermediate", "keys")]
    assert _matching(others, r"\b(row_number|rank|dense_rank)\s*\(\s*\)\s*over\s*\(\s*(?!partition\b)\S") == []


def _matching(models: list[Model], pattern: str) -> list[tuple[str, str]]:
    found = ((model.name, re.search(pattern, model.sql, flags=re.IGNORECASE)) for model in models)
    return [(name, match[0]) for name, match in found if match]

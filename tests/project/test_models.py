"""Every model is the same page: a name that says its room, its grain in line 1, its words and tests beside it."""

import re
from pathlib import Path
from typing import Any

from tests.project.conftest import Model, set_in
from tests.support.environments import REPOSITORY

MODELS = REPOSITORY / "models"
LONGEST_MODEL = 120
LONGER_MODELS = {
    # It names every column of an event twice, before and after the window that numbers them.
    "int_events__mapped": 170,
    # It asks twice who is still there, and orders by all columns of an encounter.
    "int_visits__encounters": 135,
    # Joins by four columns, one a line, for each of two shapes or months.
    "int_rates__encoded": 125,
    "rate_changes": 125,
}
LONGEST_YAML = 150
# A contract names up to 27 columns.
LONGEST_YAML_OF_MARTS = 260


def test_every_model_has_its_yaml_beside_it_and_every_yaml_its_model() -> None:
    sql = {path.with_suffix("") for path in MODELS.rglob("*.sql")}
    yaml = {path.with_suffix("") for path in MODELS.rglob("*.yml") if not path.name.startswith("_")}
    assert sorted(str(path.relative_to(MODELS)) for path in sql ^ yaml) == []


def test_a_yaml_describes_its_own_model_only(models: list[Model]) -> None:
    elsewhere = [
        model.name for model in models if Path(model.node["patch_path"]).name != model.sql_file.with_suffix(".yml").name
    ]
    assert elsewhere == []


def test_the_working_set_is_stored(models: list[Model]) -> None:
    """As a view it has no statistics, and DuckDB holds the events in memory once a join (DECISIONS.md)."""
    stored = {model.name: model.node["config"]["materialized"] for model in models}
    assert stored["int_events__collected"] == "table"


def test_names_say_the_room(models: list[Model]) -> None:
    assert [model.name for model in models if not re.fullmatch(_name_pattern(model), model.name)] == []


def _name_pattern(model: Model) -> str:
    if model.room == "staging":
        return rf"stg_{model.folders[1]}__[a-z_]+"
    if model.room == "intermediate":
        return rf"int_{model.folders[1]}__[a-z_]+"
    return r"(?!stg_|int_)[a-z_]+"


def test_line_1_is_the_grain_and_the_descriptions_first_sentence(models: list[Model]) -> None:
    different = {}
    for model in models:
        line = model.sql_file.read_text().splitlines()[0]
        sentence = re.split(r"(?<=\.)\s", model.node["description"].strip())[0]
        if line != f"-- {sentence}":
            different[model.name] = (line, sentence)
    assert different == {}


def test_the_last_line_selects_from_the_cte_named_as_the_model(models: list[Model]) -> None:
    odd = {}
    for model in models:
        last_line = model.sql.rstrip().splitlines()[-1]
        name = "renamed" if model.room == "staging" else model.name.split("__")[-1]
        # A body that a macro writes has no CTE of its own.
        if last_line != f"select * from {name}" and not last_line.endswith("}}"):
            odd[model.name] = last_line
    assert odd == {}


def test_every_model_and_column_is_described(models: list[Model]) -> None:
    silent = [model.name for model in models if not model.node["description"].strip() or not model.node["columns"]]
    silent += [
        f"{model.name}.{column['name']}"
        for model in models
        for column in model.node["columns"].values()
        if not column["description"].strip()
    ]
    assert silent == []


def test_every_column_of_a_staging_model_is_described(models: list[Model]) -> None:
    """Elsewhere the contract, or a test on the built tables, sees a column that the YAML has not."""
    undescribed = {}
    for model in models:
        if model.room == "staging":
            renamed = re.findall(r"\bas ([a-z_0-9]+),?\s*$|^\s+([a-z_0-9]+),?\s*$", _last_select(model), re.MULTILINE)
            names = {alias or plain for alias, plain in renamed}
            if missing := names - set(model.node["columns"]):
                undescribed[model.name] = missing
    assert undescribed == {}


def _last_select(model: Model) -> str:
    return model.sql.rsplit("select * from", 1)[0].rsplit("select", 1)[1].rsplit("from", 1)[0]


def test_both_columns_of_every_key_table_are_tested(models: list[Model]) -> None:
    test = REPOSITORY / "tests" / "omop" / "key_tables_are_one_to_one_and_leave_room_for_ids.sql"
    tested = {name: (number, key) for name, (number, key, _) in set_in(test, "key_tables").items()}
    keys = {model.name: tuple(model.node["columns"])[:2] for model in models if model.folders[-1] == "keys"}
    assert keys and tested == keys


def test_what_others_read_is_under_contract(models: list[Model]) -> None:
    assert [
        model.name
        for model in models
        if model.room in ("omop", "rates", "quality") and not model.node["config"]["contract"]["enforced"]
    ] == []


def test_a_model_that_is_incremental_by_file_takes_new_files_only(models: list[Model]) -> None:
    by_file = [model for model in models if model.node["config"].get("incremental_strategy") == "replace_files"]
    assert by_file and [model.name for model in by_file if "of_new_files()" not in model.sql] == []


def test_incremental_models_stop_when_their_columns_change(models: list[Model]) -> None:
    assert [
        model.name
        for model in models
        if model.node["config"]["materialized"] == "incremental" and model.node["config"]["on_schema_change"] != "fail"
    ] == []


def test_unit_tests_are_named_as_sentences(manifest: dict[str, Any]) -> None:
    names = [node["name"] for node in manifest["unit_tests"].values()]
    assert [name for name in names if name.count("_") < 3 or name.startswith("test_")] == []
    # PostgreSQL cuts names at 63 characters, and dbt names a table after the test.
    assert [name for name in names if len(name) > 63] == []


def test_no_page_is_too_long() -> None:
    too_long = {}
    for path in [*MODELS.rglob("*.sql"), *MODELS.rglob("*.yml")]:
        allowed = LONGER_MODELS.get(path.stem, LONGEST_MODEL)
        if path.suffix == ".yml":
            with_contract = path.relative_to(MODELS).parts[0] in ("omop", "rates")
            allowed = LONGEST_YAML_OF_MARTS if with_contract else LONGEST_YAML
        lines = len(path.read_text().splitlines())
        if lines > allowed and not path.name.startswith("_"):
            too_long[str(path.relative_to(MODELS))] = lines
    assert too_long == {}

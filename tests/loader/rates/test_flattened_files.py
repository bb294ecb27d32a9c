"""Flattened rates and providers of both generations, as Parquet and CSV, into the raw tables of both engines."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.tic import Kind, document
from bench.tic_flattened import FIRST_PROVIDERS, FIRST_RATES, flatten, write_flattened, write_rows, write_small
from loader.errors import LoaderError
from loader.rates.tables import PROVIDER_COLUMNS, RATE_COLUMNS
from tests.loader.command_line import query
from tests.loader.rates.loads import ledger, load, raw, rejected

Environment = Mapping[str, str]


def as_texts(rows: list[dict], columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    def text(value: object) -> str:
        if isinstance(value, list):
            return json.dumps(value, separators=(",", ":"))
        return "" if value is None else str(value)

    return sorted(tuple(text(row.get(name)) for name in columns) for row in rows)


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("shape", [15, 25])
def test_every_value_arrives_as_the_file_has_it(
    engine_environment: Environment, tmp_path: Path, form: str, shape: int
) -> None:
    found = document(Kind(rates=60))
    rates, providers = write_small(tmp_path, found, form, shape)
    load(engine_environment, rates, providers=[providers])
    expected_rates, expected_providers = flatten(found, shape)
    if form == "csv":
        # A CSV file has no lists: DuckDB wrote them in its own way.
        for row in expected_rates:
            for name in row:
                if isinstance(row[name], list):
                    row[name] = f"[{', '.join(row[name])}]"
    assert raw(engine_environment, "flattened_rate") == as_texts(expected_rates, RATE_COLUMNS)
    assert raw(engine_environment, "flattened_provider") == as_texts(expected_providers, PROVIDER_COLUMNS)
    assert ledger(engine_environment) == [
        (rates.name, len(expected_rates), len(expected_rates), 0, "loaded"),
        (providers.name, len(expected_providers), len(expected_providers), 0, "loaded"),
    ]


def test_the_pair_shares_a_set_and_a_month(engine_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_small(tmp_path, document(Kind(rates=20)))
    load(engine_environment, rates, providers=[providers], payer_slug="nw")
    assert ledger(engine_environment, "kind, file_set, year_month, payer, payer_slug, state, run_id") == [
        ("flattened rates", "202508_northwind_ga", "2025-08", "northwind", "nw", "GA", 1),
        ("flattened providers", "202508_northwind_ga", "2025-08", "northwind", "nw", "GA", 1),
    ]


@pytest.mark.parametrize("chunk_size", [1, 7, 1_000_000])
def test_the_rows_do_not_depend_on_the_chunk_size(
    engine_environment: Environment, tmp_path: Path, chunk_size: int
) -> None:
    found = document(Kind(rates=20))
    rates, providers = write_small(tmp_path, found)
    load(engine_environment, rates, providers=[providers], chunk_size=chunk_size)
    assert raw(engine_environment, "flattened_rate") == as_texts(flatten(found)[0], RATE_COLUMNS)


def test_many_row_groups_arrive_once(duckdb_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_flattened(tmp_path, 300_000)
    load(duckdb_environment, rates, providers=[providers], chunk_size=70_000)
    sql = "select count(*), count(distinct negotiated_rate) > 1000 from raw_rates.flattened_rate"
    assert query(duckdb_environment, sql) == [(300_000, True)]


def test_other_types_and_names_of_columns(engine_environment: Environment, tmp_path: Path) -> None:
    rates, providers = (list(rows) for rows in flatten(document(Kind(rates=2))))
    types = {
        "provider_reference_id": "double", "negotiated_rate": "varchar", "last_updated_on": "date",
        "billing_code": "integer",
    }
    rows = [row | {"billing_code": 450, "negotiated_rate": " 95.50 "} for row in rates]
    upper = {name: name.upper() for name in FIRST_RATES}
    path = write_rows(
        tmp_path / "a_rates.parquet", [{upper[name]: value for name, value in row.items()} for row in rows],
        tuple(upper.values()), {upper[name]: type_ for name, type_ in types.items()},
    )
    others = {"npi": "bigint", "provider_group_id": "varchar"}
    other = write_rows(tmp_path / "a_providers.parquet", providers, FIRST_PROVIDERS, others)
    load(engine_environment, path, providers=[other])
    assert query(
        engine_environment,
        "select distinct negotiated_rate, billing_code, last_updated_on from raw_rates.flattened_rate",
    ) == [(95.5, "450", "2025-08-03")]
    ids = {row[0] for row in query(engine_environment, "select provider_reference_id from raw_rates.flattened_rate")}
    assert ids == {str(row["provider_reference_id"]) for row in rates}
    assert len(query(engine_environment, "select 1 from raw_rates.flattened_provider")) == len(providers)


def test_a_nul_character_is_written_out(engine_environment: Environment, tmp_path: Path) -> None:
    rates = flatten(document(Kind(rates=20)))[0]
    rates[0]["description"] = "a\0b"
    load(engine_environment, write_rows(tmp_path / "rates.parquet", rates, FIRST_RATES))
    sql = "select description from raw_rates.flattened_rate where description like 'a%'"
    assert query(engine_environment, sql) == [("a\\x00b",)]


def test_a_rate_that_is_no_number_is_set_apart(engine_environment: Environment, tmp_path: Path) -> None:
    rates = flatten(document(Kind(rates=20)))[0]
    rates[3]["negotiated_rate"] = "call us"
    path = write_rows(tmp_path / "rates.parquet", rates, FIRST_RATES, {"negotiated_rate": "varchar"})
    load(engine_environment, path)
    assert rejected(engine_environment) == [("row 4", "negotiated_rate", "call us", "the rate is no number")]
    assert ledger(engine_environment) == [(path.name, len(rates), len(rates) - 1, 1, "loaded")]


def test_lines_that_cannot_be_read_are_set_apart(engine_environment: Environment, tmp_path: Path) -> None:
    header = "provider_reference_id,negotiated_rate,billing_code,billing_code_type,service_codes"
    lines = [
        header, "1,95.5,99213,CPT,\"['11', '22']\"", "2,much,99213,CPT,[]", "3,1.5,99213", "4,,99213,CPT,", "5,2,3,4,5,6",
    ]
    path = tmp_path / "rates.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    load(engine_environment, path)
    assert query(
        engine_environment,
        "select provider_reference_id, negotiated_rate, service_codes from raw_rates.flattened_rate order by 1",
    ) == [("1", 95.5, "['11', '22']"), ("4", None, None)]
    found = rejected(engine_environment)
    assert [(place, column) for place, column, _, _ in found] == [
        ("line 3", "negotiated_rate"), ("line 4", "billing_code_type"), ("line 6", None),
    ]
    assert ledger(engine_environment) == [(path.name, 5, 2, 3, "loaded")]


def test_a_file_of_which_no_row_can_be_read_is_refused(engine_environment: Environment, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text("provider_reference_id,negotiated_rate,billing_code\n1,x,2\n2,y,3\n")
    with pytest.raises(LoaderError, match="2 records cannot be read"):
        load(engine_environment, path)
    assert ledger(engine_environment) == []


def test_an_empty_file_of_rates_is_loaded_as_such(engine_environment: Environment, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rates.parquet", [], FIRST_RATES)
    load(engine_environment, path)
    assert ledger(engine_environment) == [(path.name, 0, 0, 0, "loaded")]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_missing_column_is_named(duckdb_environment: Environment, tmp_path: Path, form: str) -> None:
    path = write_rows(tmp_path / f"x.{form}", [{"npi": "1"}], ("npi", "tin_value"))
    missing = "column provider_reference_id of flattened rates is missing; it has npi, tin_value"
    with pytest.raises(LoaderError, match=missing):
        load(duckdb_environment, path)


@pytest.mark.parametrize("keep", [10, 2000])
def test_a_cut_off_file_is_refused_whole(engine_environment: Environment, tmp_path: Path, keep: int) -> None:
    rates, _ = write_small(tmp_path, document())
    rates.write_bytes(rates.read_bytes()[:keep])
    with pytest.raises(LoaderError, match=rates.name):
        load(engine_environment, rates)


def test_a_cut_off_archive_of_csv_is_refused_whole(engine_environment: Environment, tmp_path: Path) -> None:
    rates, _ = write_small(tmp_path, document(Kind(rates=20_000)), "csv")
    load(engine_environment, rates)
    packed = tmp_path / "more_rates.csv.gz"
    packed.write_bytes(gzip.compress(rates.read_bytes())[:-5000])
    with pytest.raises(LoaderError, match=r"more_rates.csv.gz"):
        load(engine_environment, packed)
    assert [name for name, *_ in ledger(engine_environment)] == [rates.name]


def test_names_are_only_names(engine_environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "o'brien [1]*; drop"
    found = document(Kind(rates=20))
    rates, providers = write_small(tmp_path, found)
    folder.mkdir()
    load(engine_environment, rates.rename(folder / "r'1.parquet"), providers=[providers], payer="o'brien; --")
    assert ledger(engine_environment, "payer, file_name")[0] == ("o'brien; --", "r'1.parquet")

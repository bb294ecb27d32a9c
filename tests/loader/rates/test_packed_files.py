"""JSON packed as .gz or .zip: the same rows as the plain file's, and refused whole where it is cut off."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.tic import Kind, document, write_document, write_json
from bench.tic_oddities import ODDITIES
from loader.errors import LoaderError
from loader.rates.tables import RATES_TABLES
from tests.loader.rates.loads import ledger, load, raw

Environment = Mapping[str, str]
JSON_TABLES = [name for name in RATES_TABLES if name.startswith("json_")]


@pytest.mark.parametrize("schema", [1, 2])
@pytest.mark.parametrize("ending", [".json", ".json.gz", ".zip"])
def test_packing_and_order_of_attributes_make_no_difference(
    duckdb_environment: Environment, tmp_path: Path, ending: str, schema: int
) -> None:
    kind = Kind(rates=1000, schema=schema)
    load(duckdb_environment, write_document(tmp_path / f"northwind{ending}", document(kind)))
    before = {name: raw(duckdb_environment, name) for name in JSON_TABLES}
    backwards = document(kind)
    ODDITIES["attributes backwards"](backwards)
    load(duckdb_environment, write_document(tmp_path / f"turned{ending}", backwards), force_cleanup=True)
    assert {name: raw(duckdb_environment, name) for name in JSON_TABLES} == before
    assert before["json_price"]


def test_a_gz_file_of_several_members_and_filled_up_is_read_whole(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    plain = write_json(tmp_path / "a.json", Kind(rates=30_000))
    load(duckdb_environment, plain)
    before, text = {name: raw(duckdb_environment, name) for name in JSON_TABLES}, plain.read_bytes()
    parts = [text[:10], b"", text[10:200_000], text[200_000:]]
    assert parts[-1]
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(b"\0\0".join(map(gzip.compress, parts)) + bytes(100_000))
    load(duckdb_environment, packed, force_cleanup=True)
    assert {name: raw(duckdb_environment, name) for name in JSON_TABLES} == before
    packed.write_bytes(gzip.compress(text) + b"no member")
    with pytest.raises(LoaderError, match="cannot be read to its end"):
        load(duckdb_environment, packed, force_cleanup=True)


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".zip"])
def test_a_cut_off_file_is_refused_whole(engine_environment: Environment, tmp_path: Path, ending: str) -> None:
    load(engine_environment, write_json(tmp_path / f"whole{ending}", Kind(rates=100)))
    before = {name: raw(engine_environment, name) for name in JSON_TABLES}
    path = write_json(tmp_path / f"cut{ending}", Kind(rates=200_000, seed=2))
    path.write_bytes(path.read_bytes()[: -path.stat().st_size // 3])
    with pytest.raises(LoaderError, match=f"cut{ending}"):
        load(engine_environment, path, chunk_size=500, force_cleanup=True)
    assert {name: raw(engine_environment, name) for name in JSON_TABLES} == before
    assert [row[0] for row in ledger(engine_environment)] == [f"whole{ending}"]

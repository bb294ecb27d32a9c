"""The generator of price-transparency files: the same seed gives the same bytes, and both writers the same file."""

import gzip
import json
from pathlib import Path
from random import Random
from zipfile import ZipFile

import duckdb
import pytest

from bench.tic import Kind, document, npi, write_document, write_json
from bench.tic_flattened import flatten, write_flattened
from bench.tic_oddities import ODDITIES


@pytest.mark.parametrize(
    "kind",
    [Kind(), Kind(schema=2), Kind(inline=True), Kind(locations=True), Kind(references_last=True), Kind(one_item=True),
     Kind(lists=3), Kind(rates=0), Kind(rates=60_000, one_item=True)],
)
def test_a_file_written_in_pieces_is_the_document(tmp_path: Path, kind: Kind) -> None:
    found = json.loads(write_json(tmp_path / "a.json", kind).read_text())
    assert found == document(kind)
    assert list(found) == list(json.loads(write_document(tmp_path / "b.json", document(kind)).read_text()))


def test_packed_files_hold_the_same(tmp_path: Path) -> None:
    plain = write_json(tmp_path / "a.json").read_bytes()
    packed = write_json(tmp_path / "a.json.gz").read_bytes()
    assert gzip.decompress(packed) == plain and packed == write_json(tmp_path / "b.json.gz").read_bytes()
    with ZipFile(write_json(tmp_path / "c.zip")) as archive:
        assert archive.namelist() == ["c.json"] and archive.read("c.json") == plain


def test_the_size_is_the_number_of_flattened_rates() -> None:
    assert len(flatten(document(Kind(rates=1000)))[0]) == 1000
    assert len(flatten(document(Kind(rates=1000)), 25)[0]) == 1000


def test_npis_are_valid() -> None:
    random = Random(1)
    for _ in range(100):
        digits = [int(digit) for digit in f"80840{npi(random)}"]
        assert sum(digits[-1::-2]) % 10 == -sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]) % 10


@pytest.mark.parametrize("name", ODDITIES)
def test_every_oddity_changes_the_document(name: str) -> None:
    found = document()
    ODDITIES[name](found)
    assert json.dumps(found) != json.dumps(document())


def test_most_flattened_rates_repeat_others(tmp_path: Path) -> None:
    rates, providers = write_flattened(tmp_path, 100_000)
    count, different = duckdb.execute(f"select count(*), count(distinct rates) from '{rates}' as rates").fetchall()[0]
    # Of 22,000 rates a few are alike by chance.
    assert count == 100_000 and 21_900 <= different <= 22_000
    counted = f"select count(*), count(distinct provider_group_id) from '{providers}'"
    assert duckdb.execute(counted).fetchall() == [(2000, 2000)]


def test_hostile_rates_have_no_small_dictionary(tmp_path: Path) -> None:
    rates, _ = write_flattened(tmp_path, 100_000, hostile=True)
    counts = duckdb.execute(
        "select count(distinct description), count(distinct service_codes), count(distinct expiration_date)"
        f" from '{rates}'"
    ).fetchall()[0]
    assert min(counts) > 20_000

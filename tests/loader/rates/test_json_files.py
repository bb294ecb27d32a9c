"""CMS in-network JSON of both schemas into the raw tables: everything is kept, in any order, nothing is multiplied."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.tic import Kind, document, location_files, write_document, write_json
from bench.tic_oddities import ODDITIES
from loader.errors import LoaderError
from loader.load.rejects import Limit
from loader.rates.tables import RATES_TABLES
from tests.loader.command_line import query
from tests.loader.rates.loads import ledger, load, raw, rejected

Environment = Mapping[str, str]
JSON_TABLES = [name for name in RATES_TABLES if name.startswith("json_")]


def strings(*rows: tuple[Any, ...]) -> list[tuple[str, ...]]:
    return sorted(tuple("" if value is None else str(value) for value in row) for row in rows)


def test_a_file_arrives_piece_by_piece(engine_environment: Environment, tmp_path: Path) -> None:
    """Rebuilds the raw rows from the document in the plainest way."""
    found = document(Kind(rates=400, schema=2))
    load(engine_environment, write_document(tmp_path / "northwind.json", found))
    items, prices, sets, groups = [], [], [], []
    for number, item in enumerate(found["in_network"]):
        items.append((number, *(item.get(name) for name in (
            "negotiation_arrangement", "name", "billing_code_type", "billing_code_type_version", "billing_code",
            "description", "severity_of_illness",
        ))))
        for element_number, element in enumerate(item["negotiated_rates"]):
            sets.append((number, element_number, json.dumps(element["provider_references"], separators=(",", ":"))))
            for price_number, price in enumerate(element["negotiated_prices"]):
                modifiers = price.get("billing_code_modifier")
                prices.append((
                    number, element_number, price_number, price["negotiated_type"], price["negotiated_rate"],
                    price["negotiated_rate"], price["expiration_date"], json.dumps(price["service_code"]),
                    price["billing_class"], price["setting"], json.dumps(modifiers) if modifiers else None,
                    price.get("additional_information"),
                ))
    counted = 0
    for reference in found["provider_references"]:
        for group in reference["provider_groups"]:
            tin = group["tin"]
            groups += [
                (
                    reference["provider_group_id"], counted, npi, tin["type"], tin["value"], tin["business_name"],
                    json.dumps(reference["network_name"]), None,
                )
                for npi in group["npi"]
            ]
            counted += 1
    assert raw(engine_environment, "json_item") == strings(*items)
    assert raw(engine_environment, "json_price") == strings(*prices)
    assert raw(engine_environment, "json_provider") == strings(*groups)
    assert sorted(map(str, query(
        engine_environment,
        "select element.item_number, element.element_number, provider_group_ids from raw_rates.json_element as element"
        " inner join raw_rates.json_group_set using (file_id, set_number)",
    ))) == sorted(map(str, sets))
    root = [found.get(column.name) for column in RATES_TABLES["json_file"][1:]]
    assert raw(engine_environment, "json_file") == strings(tuple(root))
    assert ledger(engine_environment) == [("northwind.json", len(prices), len(prices), 0, "loaded")]


@pytest.mark.parametrize("options", [{"inline": True}, {"references_last": True}, {"one_item": True}])
def test_what_is_written_piece_by_piece_is_read_like_the_whole(
    duckdb_environment: Environment, tmp_path: Path, options: dict[str, bool]
) -> None:
    kind = Kind(rates=30_000, **options)
    load(duckdb_environment, write_document(tmp_path / "a.json", document(kind)), chunk_size=100)
    before = {name: raw(duckdb_environment, name) for name in JSON_TABLES}
    load(duckdb_environment, write_json(tmp_path / "b.json", kind), force_cleanup=True)
    assert {name: raw(duckdb_environment, name) for name in JSON_TABLES} == before


def test_inline_groups_are_known_by_their_content(engine_environment: Environment, tmp_path: Path) -> None:
    found = document(Kind(rates=40, inline=True))
    one, other = found["in_network"][0]["negotiated_rates"][:2]
    group = {"npi": [1234567893, 1780643411], "tin": {"type": "ein", "value": "1"}}
    one["provider_groups"], other["provider_groups"] = [group], [group | {"npi": group["npi"][::-1]}]
    found["in_network"] = [found["in_network"][0] | {"negotiated_rates": [one, other]}]
    load(engine_environment, write_document(tmp_path / "northwind.json", found))
    sets = query(engine_environment, "select provider_group_ids from raw_rates.json_group_set")
    (name,) = json.loads(sets[0][0])
    assert len(sets) == 1 and name.startswith("inline:") and len(name) == len("inline:") + 32
    assert query(engine_environment, "select provider_group_id, npi from raw_rates.json_provider order by npi") == [
        (name, "1234567893"), (name, "1780643411"),
    ]
    sql = "select count(*), count(distinct set_number) from raw_rates.json_element"
    assert query(engine_environment, sql) == [(2, 1)]


@pytest.mark.parametrize("lists", [None, 50])
def test_lists_are_told_apart_whether_they_repeat_or_not(
    duckdb_environment: Environment, tmp_path: Path, lists: int | None
) -> None:
    """After some thousand lists that were all new, the parser gives up looking for them."""
    kind = Kind(rates=200_000, references_a_rate=6, groups=60, lists=lists)
    load(duckdb_environment, write_json(tmp_path / "northwind.json", kind))
    found = query(
        duckdb_environment,
        "select element.item_number, element.element_number, replace(provider_group_ids, ',', ', ')"
        " from raw_rates.json_element as element inner join raw_rates.json_group_set using (file_id, set_number)",
    )
    expected = [
        (number, element_number, str(element["provider_references"]))
        for number, item in enumerate(document(kind)["in_network"])
        for element_number, element in enumerate(item["negotiated_rates"])
    ]
    assert sorted(found) == sorted(expected)
    (sets,) = query(duckdb_environment, "select count(*) from raw_rates.json_group_set")[0:1]
    assert sets == ((lists,) if lists else (len(expected),))


def test_bundled_and_covered_codes_are_kept(engine_environment: Environment, tmp_path: Path) -> None:
    found = document(Kind(rates=20))
    for name in ("bundle", "capitation", "severity"):
        ODDITIES[name](found)
    load(engine_environment, write_document(tmp_path / "northwind.json", found))
    assert query(
        engine_environment,
        "select item_number, role, code_number, billing_code_type, billing_code from raw_rates.json_item_code"
        " order by 2, 3",
    ) == [(0, "bundled", 0, "CPT", "99213"), (0, "bundled", 1, "CPT", "99214"), (0, "covered", 0, "CPT", "99213")]
    assert query(engine_environment, "select severity_of_illness from raw_rates.json_item") == [("2",)]


# What a document with one oddity has less, or set apart, than the same without it.
FIRST_RATE = "in_network[0].negotiated_rates[0]"
SET_APART = {
    "item is no object": ("in_network[0]", None, None, "an object was expected"),
    "element is no object": ("in_network[0].negotiated_rates[10]", None, None, "an object was expected"),
    "price is no object": (f"{FIRST_RATE}.negotiated_prices[2]", None, None, "an object was expected"),
    "no rate": (f"{FIRST_RATE}.negotiated_prices[0]", "negotiated_rate", None, "the rate is missing"),
    "rate is a word": (
        f"{FIRST_RATE}.negotiated_prices[0]", "negotiated_rate", "call us", "the rate is no number"
    ),
    "rate is beyond numbers": (
        f"{FIRST_RATE}.negotiated_prices[0]", "negotiated_rate", "1e999",
        "the rate is beyond what a number holds",
    ),
}


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_malformed_records_are_set_apart_with_their_place(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    environment = request.getfixturevalue(f"{engine}_environment")
    for number, (name, expected) in enumerate(SET_APART.items()):
        found = document(Kind(rates=200))
        ODDITIES[name](found)
        load(environment, write_document(tmp_path / f"{number}.json", found))
        assert rejected(environment)[number] == expected
        assert ledger(environment)[number][3] == 1


def test_every_oddity_loads_on_both_engines(
    duckdb_environment: Environment, postgres_environment: Environment, tmp_path: Path
) -> None:
    paths = []
    for number, oddity in enumerate(ODDITIES.values()):
        found = document(Kind(rates=60, seed=number, schema=1 + number % 2))
        oddity(found)
        paths.append(write_document(tmp_path / f"{number:03}.json", found))
    for environment in (duckdb_environment, postgres_environment):
        load(environment, *paths)
        assert len(ledger(environment)) == len(ODDITIES)
    for table in (*JSON_TABLES, "json_price"):
        assert raw(duckdb_environment, table) == raw(postgres_environment, table), table
    assert rejected(duckdb_environment) == rejected(postgres_environment)
    # Nothing but what cannot be read is missing.
    assert len(rejected(duckdb_environment)) == len(SET_APART)


def test_odd_values_are_kept_as_they_are(engine_environment: Environment, tmp_path: Path) -> None:
    found = document(Kind(rates=20))
    for name in (
        "place is a text", "text with quotes and lines", "modifier is a text", "hyphen in TIN", "no NPIs",
        "texts for numbers",
    ):
        ODDITIES[name](found)
    load(engine_environment, write_document(tmp_path / "northwind.json", found))
    assert query(
        engine_environment,
        "select service_codes, billing_code_modifier, additional_information, negotiated_rate = cast(rate_text as"
        " double precision) from raw_rates.json_price where item_number = 0 and element_number = 0 and price_number = 0",
    ) == [('["11"]', '["25"]', 'a "b", \\ c\nd\te', True)]
    assert query(
        engine_environment, "select npi, tin_type, tin_value from raw_rates.json_provider where group_number = 0"
    ) == [(None, "ein", " 22-2222222 ")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is empty"),
        (b"   ", "is no whole JSON text"),
        (b"[]", "does not begin with an object"),
        (b'{"in_network": [{"name": "a"', "is no whole JSON text"),
        (b'{"in_network": []} {}', "is no whole JSON text"),
        (b'{"in_network": [\xff]}', "is no whole JSON text"),
        (b'{"a": 1}', "neither in_network nor provider_groups"),
        (b'{"reporting_structure": []}', "table of contents"),
        (b'{"reporting_entity_name": "x", "out_of_network": []}', "allowed amounts"),
        (b'{"provider_groups": []}', "give it with --location"),
    ],
)
def test_a_file_without_rates_is_refused(
    duckdb_environment: Environment, tmp_path: Path, text: bytes, reason: str
) -> None:
    path = tmp_path / "northwind.json"
    path.write_bytes(text)
    with pytest.raises(LoaderError, match=reason) as error:
        load(duckdb_environment, path)
    assert str(path) in str(error.value)


def test_too_many_malformed_records_are_refused(duckdb_environment: Environment, tmp_path: Path) -> None:
    found = document(Kind(rates=200))
    for item in found["in_network"]:
        for element in item["negotiated_rates"]:
            del element["negotiated_prices"][0]["negotiated_rate"]
    path = write_document(tmp_path / "northwind.json", found)
    with pytest.raises(LoaderError, match="--max-rejects allows 10 %"):
        load(duckdb_environment, path, max_rejects=Limit(percent=10))
    load(duckdb_environment, path, max_rejects=Limit(percent=50))


def test_locations_are_joined_by_their_url(engine_environment: Environment, tmp_path: Path) -> None:
    kind = Kind(rates=200, groups=4, locations=True, references_a_rate=4)
    path = write_json(tmp_path / "2025-08_northwind_in-network-rates.json", kind)
    files = [write_document(tmp_path / "elsewhere" / name, content) for name, content in location_files(kind)]
    _, said = load(engine_environment, path)
    assert "2 locations of provider groups are not loaded" in said
    # One by its URL, the other by its name in the folder.
    load(engine_environment, locations=[("https://payer.example/locations/1.json", files[0])])
    _, said = load(engine_environment, folder=tmp_path)
    assert "not loaded" not in said and "left alone" in said
    assert query(
        engine_environment,
        "select url, file_set, year_month, rows_loaded from etl.rate_file where kind = 'provider reference json'"
        " order by 1",
    ) == [
        (f"https://payer.example/locations/{name}", "2025-08_northwind_in-network-rates", "2025-08",
         sum(max(len(group["npi"]), 1) for group in content["provider_groups"]))
        for name, content in location_files(kind)
    ]
    assert query(
        engine_environment,
        "select distinct location, provider_group_id from raw_rates.json_provider where location is not null"
        " and npi is null order by 1",
    ) == [("https://payer.example/locations/1.json", "1"), ("https://payer.example/locations/3.json", "3")]
    assert query(
        engine_environment, "select count(distinct location) from raw_rates.json_provider where npi is not null"
    ) == [(2,)]

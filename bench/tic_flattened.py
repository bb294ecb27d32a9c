"""Flattened rates and providers, as the extractors of price-transparency JSON write them, in both generations."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from loader.databases.base import literal, quoted
from loader.databases.streams import reading_session
from loader.rates.tables import PROVIDER_COLUMNS, RATE_COLUMNS

Record = dict[str, Any]
ROOT = ("reporting_entity_name", "reporting_entity_type", "last_updated_on", "version")
FIRST_RATES = (
    "provider_reference_id", "negotiated_rate", "negotiated_type", "billing_class", "expiration_date", "service_codes",
    "billing_code", "billing_code_type", "description", "name", "negotiation_arrangement", *ROOT,
)
FIRST_PROVIDERS = ("provider_group_id", "npi", "tin_type", "tin_value", *ROOT)
LISTS = ("service_codes", "billing_code_modifier", "plan_name", "plan_id_type", "plan_id", "plan_market_type")
PREFIX = "202508_northwind_ga"


def flatten(found: Record, shape: int = 15) -> tuple[list[Record], list[Record]]:
    """The rows of both files that an extractor makes of a document with references: of 15 and 8 columns, or 25 and 10.

    The first generation keeps the printed form of Python's lists and loses modifiers; a missing rate becomes 0.0.
    """
    root = {name: found.get(name) for name in ROOT}
    newer = {} if shape == 15 else {
        "structure_id": "", "network_id": "", "plan_name_alt": "",
        **{name: _list(found.get(name)) for name in LISTS if name.startswith("plan_")},
    }
    names = FIRST_RATES if shape == 15 else RATE_COLUMNS
    rates = [
        {name: rate[name] for name in names}
        for rate in ({**root, **newer, **rate} for rate in _rates(found, shape))
    ]
    return rates, [{**root, **provider} for provider in _providers(found, shape)]


def _rates(found: Record, shape: int) -> Iterator[Record]:
    for item in found["in_network"]:
        for element in item["negotiated_rates"]:
            for reference in element.get("provider_references", ()):
                for price in element["negotiated_prices"]:
                    kept = ("negotiated_type", "billing_class", "expiration_date")
                    row = {name: price.get(name, "") for name in kept}
                    row |= {name: item.get(name, "") for name in (
                        "billing_code", "billing_code_type", "description", "name", "negotiation_arrangement",
                    )}
                    row["provider_reference_id"] = reference
                    row["negotiated_rate"] = float(price.get("negotiated_rate", 0))
                    places = price.get("service_code", [])
                    row["service_codes"] = str(places) if shape == 15 else _list(places)
                    if shape == 25:
                        row["billing_code_modifier"] = _list(price.get("billing_code_modifier"))
                        row["additional_information"] = price.get("additional_information", "")
                        row["billing_code_type_version"] = item.get("billing_code_type_version", "")
                    yield row


def _providers(found: Record, shape: int) -> Iterator[Record]:
    for reference in found.get("provider_references", ()):
        for group in reference.get("provider_groups", ()):
            tin = group.get("tin") or {}
            for npi in group["npi"]:
                row = {
                    "provider_group_id": reference["provider_group_id"], "npi": str(npi),
                    "tin_type": tin.get("type", ""), "tin_value": tin.get("value", "").strip(),
                }
                yield row if shape == 15 else row | {"location": reference.get("location", ""), "network_id": ""}


def _list(value: Any) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else value


def write_rows(path: Path, rows: list[Record], columns: tuple[str, ...], types: dict[str, str] | None = None) -> Path:
    """Write rows as Parquet or CSV, as the name's ending says. `types` are those that differ from the usual ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_list = any(isinstance(row.get("service_codes"), list) for row in rows)
    kinds = {name: "varchar[]" if name in LISTS and is_list else "varchar" for name in columns}
    kinds |= {name: "bigint" for name in ("provider_reference_id", "provider_group_id") if name in kinds}
    kinds |= {"negotiated_rate": "double"} if "negotiated_rate" in kinds else {}
    kinds |= types or {}
    fields = ", ".join(f"cast({quoted(name)} as {kind}) as {quoted(name)}" for name, kind in kinds.items())
    described = ", ".join(f"{literal(name)}: 'json'" for name in kinds)
    source = path.with_name(f"{path.name}.ndjson")
    source.write_text("".join(json.dumps({name: row.get(name) for name in columns}) + "\n" for row in rows))
    texts = ", ".join(
        f"case when json_type({quoted(name)}) = 'VARCHAR' then json_extract_string({quoted(name)}, '$')"
        f" when json_type({quoted(name)}) <> 'NULL' then cast({quoted(name)} as varchar) end as {quoted(name)}"
        for name in columns if not kinds[name].endswith("[]")
    )
    lists = "".join(
        f", from_json({quoted(name)}, '[\"varchar\"]') as {quoted(name)}"
        for name in columns if kinds[name].endswith("[]")
    )
    with duckdb.connect() as connection:
        read = f"read_json({literal(str(source))}, format = 'newline_delimited', columns = {{{described}}})"
        connection.execute(f"copy (select {fields} from (select {texts}{lists} from {read}))"
                           f" to {literal(str(path))} {_options(path)}")
    source.unlink()
    return path


def write_small(
    folder: Path, found: Record, form: str = "parquet", shape: int = 15, prefix: str = PREFIX
) -> list[Path]:
    """Write the two flattened files of a document; their paths, the rates first."""
    rates, providers = flatten(found, shape)
    names, others = (FIRST_RATES, FIRST_PROVIDERS) if shape == 15 else (RATE_COLUMNS, PROVIDER_COLUMNS)
    return [
        write_rows(folder / f"{prefix}_rates.{form}", rates, names),
        write_rows(folder / f"{prefix}_providers.{form}", providers, others),
    ]


def write_flattened(
    folder: Path, rates: int, form: str = "parquet", shape: int = 15, seed: int = 1, hostile: bool = False,
    prefix: str = PREFIX, duplicates: float = 0.78, groups: int = 2000,
) -> list[Path]:
    """Write so many rates, and a provider for a hundred of them, with DuckDB; the paths, the rates first.

    Of the rates the share of `duplicates` repeats others, far apart. With `hostile` a dictionary is of no use: as many
    as a million different descriptions, POS lists and dates.
    """
    folder.mkdir(parents=True, exist_ok=True)
    distinct = max(int(rates * (1 - duplicates)), 1)
    paths = [folder / f"{prefix}_rates.{form}", folder / f"{prefix}_providers.{form}"]
    root = """'Northwind Health Plan, Inc.' as reporting_entity_name, 'Insurer' as reporting_entity_type,
        '2025-08-03' as last_updated_on, '1.0.0' as version"""
    # n is the number of the distinct rate; its multiplier is prime, so that repeats of a rate lie far apart.
    pick = f"hash(n, {seed}, {{}}) % {{}}"
    code, term = pick.format(1, 3700), pick.format(2, 18)
    lists = ("[]", "['11']", "['11', '22']", "['02', '05', '06', '07', '08', '19', '21', '22', '23', '24', '26']")
    places = f"list_extract([{', '.join(map(literal, lists))}], cast({term} % 4 as integer) + 1)"
    day, text = "'9999-12-31'", "''"
    if hostile:
        many = "(n * 7919) % 1000000"
        places = f"concat('[''', {many}, ''', ''', {many} + 1, ''']')"
        day = f"cast(cast(date '1500-01-01' + cast({many} as integer) as date) as varchar)"
        text = f"concat(' ', {many})"
    service = places if shape == 15 else f"string_split(translate({places}, '[]'' ', ''), ',')"
    fields = {
        "provider_reference_id": f"cast({pick.format(3, groups)} as bigint)",
        "negotiated_rate": f"cast({pick.format(4, 200000)} as double) / 100 + 5",
        "negotiated_type": f"case when {term} % 9 = 0 then 'fee schedule' else 'negotiated' end",
        "billing_class": f"case when {term} % 2 = 0 then 'professional' else 'institutional' end",
        "expiration_date": day, "service_codes": service,
        "billing_code_modifier": "cast([] as varchar[])", "additional_information": "''",
        "billing_code": f"cast(10000 + {code} as varchar)",
        "billing_code_type": f"case when {code} % 5 = 0 then 'HCPCS' else 'CPT' end",
        "billing_code_type_version": "'2025'", "description": f"concat('Description of the service ', {code}, {text})",
        "name": f"concat('SERVICE ', {code})", "negotiation_arrangement": "'ffs'",
        "structure_id": "''", "plan_name": "['Silver']", "plan_id_type": "['HIOS']", "plan_id": "['12345GA001']",
        "plan_market_type": "['group']", "network_id": "''", "plan_name_alt": "''",
    }
    wanted = FIRST_RATES if shape == 15 else RATE_COLUMNS
    chosen = ", ".join(f"{expression} as {name}" for name, expression in fields.items() if name in wanted)
    members = "location, network_id" if shape == 25 else ""
    with reading_session("600MB") as connection:
        connection.execute(
            f"copy (select {chosen}, {root} from"
            f" (select (i * 7368787) % {distinct} as n from range({rates}) as numbers(i)))"
            f" to {literal(str(paths[0]))} {_options(paths[0])}"
        )
        connection.execute(
            f"copy (select i % {groups} as provider_group_id,"
            f" cast(1000000000 + hash(i, {seed}) % 1000000000 as varchar) as npi, 'ein' as tin_type,"
            f" cast(100000000 + i % 7919 as varchar) as tin_value,"
            f" {''.join(f''' '' as {name},''' for name in members.split(', ') if name)} {root}"
            f" from range({max(rates // 100, groups)}) as numbers(i)) to {literal(str(paths[1]))} {_options(paths[1])}"
        )
    return paths


def _options(path: Path) -> str:
    return "(format csv, header)" if path.name.endswith(".csv") else "(format parquet, compression zstd)"

"""Price-transparency files, each case a payer of its own, and what becomes of them in three builds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.support.commands import synthea_omop
from tests.support.comparison import Table
from tests.support.environments import REPOSITORY
from tests.support.rates import MEMBER, RATE, Loading, build_rates, lines, star_of

DEMO = REPOSITORY / "seeds" / "demo" / "rates"
WORKED_EXAMPLE = REPOSITORY / "tests" / "fixtures" / "rates" / "worked_example.json"
ORPHANS = {"reporting_entity_name": "orphans"}
UNITED = {"reporting_entity_name": "UnitedHealthcare of Georgia Inc.", "service_codes": "[]"}
PG_UIDS = {
    876: "2fb9b1fcfceaec741dd7ea83bde1f60c", 772: "b8b29688e92394ea7cc3d736446337d0",
    222: "049049fa50d881db5db61293fa01cb5e", 416: "33c5ebf41b7fe9461b8ccf3202cb6604",
    69: "11ce3cbdcf491bc5ea76386e84a55b4d",
}
MANY_PLACES = [
    "02", "05", "06", "07", "08", "19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61",
]
POS_SETS = {
    str(MANY_PLACES): "17b00c58b3dcdb9c20cb2a70b52a4cc1",
    "['n', 'u', 'l', 'l']": "3b3743c43fbdc8f1b8eedc16b264f3db",
    "[]": "d41d8cd98f00b204e9800998ecf8427e",
    "['11']": "6512bd43d9caa6e02c990b0a82652dca",
    "CSTM-00": "0d946a7c3ea8307ddd44b58cfa1d6f1e",
}
SPELLINGS = ["['11', '22']", "['22', '11']", '["11","22"]', "[11, 22]", "11;22", "{22|11, 11}"]
FOURTEEN = [f"{place:02}" for place in range(1, 15)]
DATES = {
    "20250801": "2025-08", "2025/08/01": "2025-08", "2025-08": "2025-08", "202508": "2025-08",
    "2025-08-01T00:00:00Z": "2025-08", "2025-13-01": "", "2025-02-30": "", "08/01/2025": "",
}
EXAMPLE = {
    "cf48fe5a63e5fd4ac80687449466b94f": 95.5, "b3ac0e345a4aa6f494b71f098434ab0f": 95.5,
    "259d7f22460f6e93245ce33235fd0700": 62.5,
}
BUILT, RELOADED, REFRESHED = "built", "after a reload and a withdrawal", "a full refresh"


@dataclass
class Star:
    """A database, and the tables that it had after each build."""

    environment: Mapping[str, str]
    states: dict[str, dict[str, Table]]
    exported: Path


def built_star(environment: Mapping[str, str], folder: Path) -> Star:
    loading = Loading(environment, folder)
    with loading.open():
        load_all(loading, folder)
    build_rates(environment)
    star = Star(environment, {BUILT: star_of(environment)}, folder / "exported")
    # The same content under another number, a month less, and an empty file: one run of the incremental models.
    with loading.open():
        loading.flattened("once_more", [*_ones("once_more"), *lines(RATE, {"negotiated_rate": 7})])
        loading.flattened("once_more", _ones("once_more"))
        loading.files("withdrawn", [], remove=[f"202508_withdrawn_ga_{kind}.csv" for kind in ("rates", "providers")])
        loading.flattened("empty", [])
    build_rates(environment)
    star.states[RELOADED] = star_of(environment)
    build_rates(environment, "--full-refresh")
    star.states[REFRESHED] = star_of(environment)
    synthea_omop("rates", "--payer", "northwind", "--export", str(star.exported), environment=environment)
    return star


def _ones(entity: str) -> list[dict[str, Any]]:
    return lines(RATE, *({"reporting_entity_name": entity, "negotiated_rate": rate} for rate in (1, 2.5, 1e9, 0)))


def load_all(loading: Loading, folder: Path) -> None:
    """Every case, each as a payer of its own."""
    loading.flattened("united", lines(RATE | UNITED, *(
        {"provider_reference_id": group, "negotiated_rate": 752.23, "billing_code": "33216"} for group in PG_UIDS
    )))
    loading.flattened("aetna", lines(RATE, {"reporting_entity_name": "Aetna Health Inc. - Georgia"}))
    loading.flattened("places", lines(RATE, *(
        {"service_codes": spelling, "reporting_entity_name": "places"} for spelling in POS_SETS
    )))
    for chunk_size in (1, 5, 1_000):
        loading.flattened(f"ten {chunk_size}", lines(RATE, *[{}] * 10), chunk_size=chunk_size, slug=f"ten-{chunk_size}")
    loading.flattened(
        "orphans",
        lines(RATE | ORPHANS, *({"provider_reference_id": group} for group in range(10))),
        lines(MEMBER | ORPHANS, *({"provider_group_id": group} for group in (5, 6, 7))),
    )
    loading.flattened("once_more", _ones("once_more"))
    loading.flattened("withdrawn", _ones("withdrawn"), lines(MEMBER, {"reporting_entity_name": "withdrawn"}))
    loading.flattened("spelled", lines(RATE, *(
        {"service_codes": spelling, "reporting_entity_name": "spelled"} for spelling in SPELLINGS
    )))
    listed = folder / "202508_listed_ga_rates.parquet"
    duckdb.sql(
        f"copy (select * replace (['11', '22'] as service_codes, 'listed' as reporting_entity_name)"
        f" from read_csv('{folder}/202508_aetna_ga_rates.csv', all_varchar = true)) to '{listed}'"
    )
    loading.files("listed", [listed])
    loading.flattened("fourteen", lines(RATE, *(
        {"service_codes": str([*FOURTEEN[:7], middle, *FOURTEEN[8:]]), "reporting_entity_name": "fourteen"}
        for middle in ("08", "65")
    )))
    for number, date in enumerate(DATES):
        loading.flattened(f"dated {number}", lines(RATE, {"last_updated_on": date}), slug=f"dated-{number}")
    blank = ("reporting_entity_name", "last_updated_on", "service_codes")
    loading.flattened("blank", lines(RATE, dict.fromkeys(blank)))
    loading.flattened("described", lines(
        RATE, *({"reporting_entity_name": "described", "billing_code": "D0120", "description": words}
                for words in ("Oral check", "Check of the mouth", "Oral check")),
    ))
    loading.flattened("decimals", lines(RATE, *(
        {"negotiated_rate": rate, "reporting_entity_name": "decimals"} for rate in (2.00001, 2.00002)
    )))
    mixed = lines(RATE, *(
        {"negotiated_rate": number % 7, "service_codes": SPELLINGS[number % 5], "billing_code": str(number % 3),
         "description": f"words {number % 4}", "expiration_date": f"2025-0{number % 2 + 1}-01",
         "provider_reference_id": number % 2, "reporting_entity_name": "mixed"}
        for number in range(60)
    ))
    loading.flattened("mixed", mixed)
    loading.flattened("mixed the other way", mixed[::-1], chunk_size=7)
    loading.files("northwind", [DEMO / "202508_northwind_ga_rates.csv"], [DEMO / "202508_northwind_ga_providers.csv"])
    loading.files("northwind", [DEMO / "202509_northwind_ga_in-network-rates.json"])
    loading.files("northwind", [WORKED_EXAMPLE], state="FL", slug="northwind-json")

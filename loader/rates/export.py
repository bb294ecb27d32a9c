"""The star as Parquet files of the published names and columns: one row a published key, whatever is told apart inside."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from loader.databases.base import Database
from loader.errors import LoaderError
from loader.rates.ledger import is_built

TEXT = "text"
# In the order of the published columns; the amount is the one that is no text.
FACT = {
    name: "double precision" if name == "negotiated_rate" else TEXT for name in (
        "fact_uid", "state", "year_month", "payer_slug", "billing_class", "code_type", "code", "pg_uid", "pos_set_id",
        "negotiated_type", "negotiation_arrangement", "negotiated_rate", "expiration_date", "provider_group_id_raw",
        "reporting_entity_name",
    )
}
_SAME = ", ".join(f"rate.{name}" for name in FACT)
_FIRST = ", ".join(
    f"min(rate.{name})" if type_ != TEXT else f'min(rate.{name} collate "C")' for name, type_ in FACT.items()
)
# Few rates share their published key with another one, so only those are grouped.
_FACT_QUERY = f"""
    with shared as (select fact_uid from rates.fact_rate group by fact_uid having count(*) > 1)
    select {_SAME} from rates.fact_rate as rate left join shared on rate.fact_uid = shared.fact_uid
    where shared.fact_uid is null
    union all
    select {_FIRST} from rates.fact_rate as rate inner join shared on rate.fact_uid = shared.fact_uid
    group by rate.fact_uid"""


@dataclass(frozen=True)
class Exported:
    """A published file: its columns with their types, and the query that gives its rows on either engine."""

    columns: Mapping[str, str]
    query: str


def _texts(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, TEXT)


FILES = {
    "dims/dim_code.parquet": Exported(
        _texts("code_type", "code", "code_description", "code_name"),
        "select code_type, code, code_description, code_name from rates.dim_code",
    ),
    "dims/dim_payer.parquet": Exported(
        _texts("payer_slug", "reporting_entity_name", "version"),
        "select payer_slug, reporting_entity_name, version from rates.dim_payer",
    ),
    "dims/dim_provider_group.parquet": Exported(
        _texts("pg_uid", "payer_slug", "provider_group_id_raw", "version"),
        "select distinct pg_uid, payer_slug, provider_group_id_raw, version from rates.dim_provider_group",
    ),
    "dims/dim_pos_set.parquet": Exported(
        {"pos_set_id": TEXT, "pos_members": "text[]"}, "select pos_set_id, pos_members from rates.dim_pos_set"
    ),
    "xrefs/xref_pg_member_npi.parquet": Exported(
        _texts("pg_uid", "npi"), "select distinct pg_uid, npi from rates.xref_pg_member_npi"
    ),
    "xrefs/xref_pg_member_tin.parquet": Exported(
        _texts("pg_uid", "tin_type", "tin_value"),
        "select distinct pg_uid, tin_type, tin_value from rates.xref_pg_member_tin",
    ),
    "gold/fact_rate.parquet": Exported(FACT, _FACT_QUERY),
}


def export_rates(database: Database, folder: Path) -> dict[str, int]:
    """Write the star into the folder, in place of what a former export left there; the rows of each file.

    Until all files are written the former ones stay. LoaderError when there is no star yet.
    """
    if not is_built(database):
        raise LoaderError(
            f"No rates were built yet in the {database.place}, so there is nothing to export."
            " Load a payer's files first: --rates FILE, or --input-dir DIR."
        )
    unfinished = {name: (folder / name).with_suffix(".unfinished") for name in FILES}
    try:
        written = {}
        for name, path in unfinished.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            written[name] = database.write_parquet(FILES[name].query, FILES[name].columns, path)
        for name, path in unfinished.items():
            path.replace(folder / name)
    except OSError as error:
        raise LoaderError(f"The rates cannot be exported to {folder}: {error.strerror}.") from error
    else:
        return written
    finally:
        for path in unfinished.values():
            # Where no folder could be made there is none of them, and what failed is said already.
            with suppress(OSError):
                path.unlink()

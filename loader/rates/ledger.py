"""The ledger of the rates: a row a file that was ever loaded. The rows of a file are a slice that comes and goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from loader.databases.base import Database, quoted
from loader.errors import LoaderError
from loader.rates.inputs import plain
from loader.rates.tables import RATES_TABLES

# What a file is: `loaded` ones are there, `lost` ones were before a crash of PostgreSQL emptied the raw tables.
LIVE = "('loaded', 'lost')"


@dataclass(frozen=True)
class KnownFile:
    """A file that stands in the ledger as loaded."""

    file_id: int
    name: str
    kind: str
    year_month: str
    bytes: int
    sha256: str
    outcome: str
    url: str | None = None
    payer_slug: str | None = None


@dataclass(frozen=True)
class LoadedFile:
    """What a file gave."""

    file_id: int
    name: str
    kind: str
    loaded: int
    rejected: int
    seconds: float
    replaced: bool = False


def known_files(database: Database, payer: str, state: str) -> list[KnownFile]:
    """The files of a payer and state that count as loaded."""
    return [
        KnownFile(*row) for row in database.query(
            "select file_id, file_name, kind, year_month, bytes, sha256, outcome, url, payer_slug"
            " from etl.rate_file"
            f" where payer = ? and state = ? and outcome in {LIVE} order by file_id",
            (payer, state),
        )
    ]


def as_known(database: Database, payer: str) -> str:
    """The payer as the ledger spells it: files are found by any spelling, and another one is not to count them twice."""
    spelled = [
        known for (known,) in database.query("select payer from etl.rate_file group by payer order by min(file_id)")
        if plain(known) == plain(payer)
    ]
    return payer if payer in spelled else next(iter(spelled), payer)


def to_withdraw(
    known: Sequence[KnownFile], payer: str, state: str, remove: Sequence[str], all_of_them: bool
) -> list[KnownFile]:
    """The loaded files that are to go: those named, or all; LoaderError when one that is named is none of them."""
    gone = [file for file in known if all_of_them or file.name in remove]
    if missing := sorted(set(remove) - {file.name for file in gone}):
        there = ", ".join(file.name for file in known) or "none"
        raise LoaderError(
            f"{missing[0]} is no loaded file of payer {payer!r} and state {state!r}. Those are: {there}."
            " Nothing was changed."
        )
    return gone


def next_ids(database: Database) -> tuple[int, int]:
    """The ids of the next run and of the next file; none was ever used."""
    return database.query(
        "select coalesce(max(run_id), 0) + 1, coalesce(max(file_id), 0) + 1 from etl.rate_file"
    )[0]


def call_lost(database: Database) -> int:
    """Files whose rows a crash of PostgreSQL took: their rates stay built until they are loaded again. How many."""
    if database.query("select exists (select 1 from raw_rates.alive)")[0][0]:
        return 0
    return database.execute("update etl.rate_file set outcome = 'lost' where outcome = 'loaded'")


def withdraw(database: Database, file_ids: Sequence[int], outcome: str) -> None:
    """Take the rows of files away, inside the transaction; the ledger says why."""
    if not file_ids:
        return
    ids = ", ".join(str(int(file_id)) for file_id in file_ids)
    for table in RATES_TABLES:
        database.execute(f"delete from {quoted('raw_rates', table)} where file_id in ({ids})")
    database.execute(f"delete from etl.rejected_rate where file_id in ({ids})")
    database.execute(
        f"update etl.rate_file set outcome = ?, built_at = null, tested_at = null where file_id in ({ids})", (outcome,)
    )


def mark_alive(database: Database, file_id: int) -> None:
    """Say that the raw tables hold what the ledger says."""
    database.execute("delete from raw_rates.alive")
    database.execute("insert into raw_rates.alive (file_id) values (?)", (file_id,))


def has_unbuilt(database: Database, tests: bool) -> bool:
    """Whether a file came or went that no build has seen, or none whose data tests passed where these are wanted."""
    seen = "tested_at" if tests else "built_at"
    found: bool = database.query(f"select exists (select 1 from etl.rate_file where {seen} is null)")[0][0]
    return found


def is_built(database: Database) -> bool:
    """Whether there is a star, of whatever files."""
    return bool(database.query(
        "select 1 from information_schema.tables where table_schema = 'rates' and table_name = 'fact_rate'"
    ))


def call_built(database: Database, tests: bool) -> None:
    """Say that the build which has just ended, with its data tests or without any, has seen everything."""
    for seen in ("built_at", "tested_at") if tests else ("built_at",):
        database.execute(f"update etl.rate_file set {seen} = ? where {seen} is null", (database.clock(),))

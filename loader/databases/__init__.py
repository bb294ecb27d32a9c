"""One file an engine, with the same functions; everything that differs between the engines is in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from loader.databases.base import Database
from loader.databases.tables import LEDGER
from loader.errors import LoaderError
from loader.settings import Settings

if TYPE_CHECKING:
    from loader.databases.duckdb import DuckdbDatabase
    from loader.databases.postgres import PostgresDatabase
    from loader.databases.spark import SparkDatabase


def place_of(settings: Settings) -> Path:
    """The file or folder of the database, where it has one."""
    return settings.warehouse if settings.target == "spark" else settings.database


@contextmanager
def open_database(settings: Settings, only_look: bool = False) -> Iterator[Database]:
    """The database of the settings under the loader's lock, with every raw and etl table in place.

    With `only_look` nothing is made and PostgreSQL takes no lock; LoaderError when the loader was never there.
    """
    engine = _engine(settings)
    try:
        database = engine(settings, only_look)
    except engine.errors as error:
        raise _refused(f"database on {settings.target}", error) from error
    try:
        if not only_look:
            database.create_tables()
        elif LEDGER[0] in database.missing_tables():
            # Of what a role may not look into, information_schema says nothing.
            if database.query(
                "select 1 from pg_catalog.pg_class as tables inner join pg_catalog.pg_namespace as schemas"
                " on tables.relnamespace = schemas.oid where schemas.nspname = ? and tables.relname = ?",
                (LEDGER[0].schema, LEDGER[0].name),
            ):
                raise LoaderError(
                    f"This role may not look into schema etl of the {database.place}. Its owner gives the right:"
                    " grant usage on schema etl, and select on all tables in it; or look as its owner."
                )
            raise LoaderError(f"Nothing was loaded yet into the {database.place}. Start with synthea-omop load DIR.")
        yield database
    except database.errors as error:
        raise _refused(database.place, error) from error
    finally:
        database.close()


def _refused(place: str, error: Exception) -> LoaderError:
    return LoaderError(f"{place}: {' '.join(str(error).split())}. Nothing of this step was kept.")


def _engine(settings: Settings) -> "type[DuckdbDatabase | PostgresDatabase | SparkDatabase]":
    if settings.target == "postgres":
        from loader.databases.postgres import PostgresDatabase

        return PostgresDatabase
    if settings.target == "spark":
        from loader.databases.spark import SparkDatabase

        return SparkDatabase
    from loader.databases.duckdb import DuckdbDatabase

    return DuckdbDatabase

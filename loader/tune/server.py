"""PostgreSQL's settings: what they are, who may set them, and setting those that a role may set in its database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from loader.databases.pool import SECONDS_TO_CONNECT
from loader.errors import LoaderError
from loader.tune.proposals import Proposal

# What `--apply` found, for `--reset`: a row a role and setting, NULL where the role had no value of its own.
REMEMBERED = sql.SQL("etl.tuned_setting")
LOCAL_HOSTS = ("", "localhost", "127.0.0.1", "::1")
# pg_settings.context -> who may set it.
WHO = {
    "user": "session, role or database",
    "superuser": "session, role or database, of a superuser",
    "backend": "at connection",
    "superuser-backend": "at connection, by a superuser",
    "sighup": "server; reload",
    "postmaster": "server; restart",
}


@dataclass(frozen=True)
class Present:
    """A setting as a new session of the role finds it."""

    value: str
    context: str

    @property
    def who(self) -> str:
        return WHO.get(self.context, "nobody")

    @property
    def is_ours(self) -> bool:
        return self.context == "user"


@contextmanager
def plain_session() -> Iterator[Connection]:
    """A session without the options of a load, which would hide what is set. LoaderError when there is no server."""
    try:
        connection = psycopg2.connect(
            application_name="synthea-omop tune", connect_timeout=SECONDS_TO_CONNECT, options=""
        )
    except psycopg2.Error as error:
        raise LoaderError(
            f"PostgreSQL cannot be reached: {' '.join(str(error).split())}"
            " Set PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD (or ~/.pgpass)."
        ) from error
    try:
        with connection:
            yield connection
    except psycopg2.Error as error:
        raise LoaderError(f"The settings cannot be changed: {' '.join(str(error).split())} Nothing was.") from error
    finally:
        connection.close()


def _rows(connection: Connection, query: sql.Composable | str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


def is_local(connection: Connection) -> bool:
    """Whether the server runs on this machine, as far as the way to it says."""
    host = connection.info.host or ""
    return host.startswith(("/", "@")) or host in LOCAL_HOSTS


def data_folder(connection: Connection) -> Path | None:
    """Where the server keeps its data, if the role may know."""
    found = _rows(connection, "select setting from pg_catalog.pg_settings where name = 'data_directory'")
    return Path(found[0][0]) if found and found[0][0] else None


def present_settings(connection: Connection, names: Sequence[str]) -> dict[str, Present]:
    """Those of the settings that the server has."""
    return {
        name: Present(value, context) for name, value, context in _rows(
            connection,
            "select name, current_setting(name), context from pg_catalog.pg_settings where name = any (%s)",
            (list(names),),
        )
    }


def server_of(connection: Connection) -> str:
    """The database and the role, for a person."""
    info = connection.info
    return f"role {info.user} in database {info.dbname} at {info.host or 'the local socket'}:{info.port}"


def apply(connection: Connection, proposals: Sequence[Proposal]) -> list[str]:
    """Set for the role in its database what it may set, and remember what was there; the names of what was set."""
    _rows(connection, _made())
    present, before = present_settings(connection, [proposal.name for proposal in proposals]), _of_the_role(connection)
    done = []
    for proposal in proposals:
        if proposal.value is None or proposal.name not in present or not present[proposal.name].is_ours:
            continue
        _rows(
            connection,
            sql.SQL(
                "insert into {} (role_name, name, value_before, value_set) values (current_user, %s, %s, %s)"
                " on conflict (role_name, name) do update set value_set = excluded.value_set"
            ).format(REMEMBERED),
            (proposal.name, before.get(proposal.name), proposal.value),
        )
        _set(connection, proposal.name, proposal.value)
        done.append(proposal.name)
    return done


def reset(connection: Connection) -> tuple[list[str], list[str]]:
    """Set back what `apply` set, as it was; the names, and of those that somebody has changed since and that stay."""
    if not _rows(connection, "select to_regclass('etl.tuned_setting')")[0][0]:
        return [], []
    now, done, left = _of_the_role(connection), [], []
    for name, value_before, value_set in _rows(
        connection,
        sql.SQL("select name, value_before, value_set from {} where role_name = current_user order by name").format(
            REMEMBERED
        ),
    ):
        if now.get(name) != value_set:
            left.append(name)
            continue
        _set(connection, name, value_before)
        done.append(name)
    _rows(connection, sql.SQL("delete from {} where role_name = current_user").format(REMEMBERED))
    return done, left


def _made() -> sql.Composable:
    return sql.SQL(
        "do $$ begin if to_regnamespace('etl') is null then create schema etl; end if; end $$;"
        " create table if not exists {} (role_name text, name text, value_before text, value_set text,"
        " primary key (role_name, name))"
    ).format(REMEMBERED)


def _of_the_role(connection: Connection) -> dict[str, str]:
    """What `alter role ... in database ... set` has set for this role in this database."""
    return dict(_rows(
        connection,
        "select split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)"
        " from pg_catalog.pg_db_role_setting cross join unnest(setconfig) as setting"
        " where setrole = (select oid from pg_catalog.pg_roles where rolname = current_user)"
        " and setdatabase = (select oid from pg_catalog.pg_database where datname = current_database())",
    ))


def _set(connection: Connection, name: str, value: str | None) -> None:
    statement = sql.SQL("alter role {} in database {} ").format(
        sql.Identifier(connection.info.user), sql.Identifier(connection.info.dbname)
    )
    statement += (
        sql.SQL("reset {}").format(sql.Identifier(name)) if value is None
        else sql.SQL("set {} to {}").format(sql.Identifier(name), sql.Literal(value))
    )
    _rows(connection, statement)

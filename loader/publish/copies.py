"""Copies of tables beside the CDM: what an incremental build starts from, and what analysts wrote into tables that no build
fills.
"""

from collections.abc import Collection, Iterator

from loader.databases.base import Database, quoted

_INDEXES = """
    select
        quote_ident(index_class.relname),
        pg_get_indexdef(indexes.indexrelid),
        (
            select pg_get_constraintdef(oid) from pg_catalog.pg_constraint
            where conindid = indexes.indexrelid and contype = 'p'
        )
    from pg_catalog.pg_index as indexes
    inner join pg_catalog.pg_class as index_class on indexes.indexrelid = index_class.oid
    where indexes.indrelid = cast(? as regclass)
    order by 1
"""


def copy_tables(database: Database, tables: Collection[tuple[str, str]], suffix: str) -> list[int]:
    """Copy those of the tables that are there into the schemas with the suffix, with their keys and indexes but without
    foreign keys, which the end of the build makes; the rows of each.
    """
    return [_copied(database, quoted(schema, name), schema, suffix) for schema, name in _there(database, tables)]


def refresh_copies(database: Database, tables: Collection[tuple[str, str]], suffix: str) -> list[str]:
    """In the transaction that publishes: what was written into these tables since they were copied. Nobody writes into
    them from here on.
    """
    changed = []
    for schema, name in _there(database, tables):
        table, copy = quoted(schema, name), quoted(f"{schema}{suffix}", name)
        database.execute(f"lock table {table} in share row exclusive mode")
        if database.query(
            f"select 1 from (table {table} except all table {copy}) as gone"
            f" union all select 1 from (table {copy} except all table {table}) as come limit 1"
        ):
            changed.append((schema, name))
    for schema, name in changed:
        _take_keys_off(database, quoted(f"{schema}{suffix}", name))
    for schema, name in changed:
        copy = quoted(f"{schema}{suffix}", name)
        database.execute(f"delete from {copy}; insert into {copy} select * from {quoted(schema, name)}")
    return [
        f"{schema}.{name} was written to while the CDM was built: its foreign keys come back with the next build."
        for schema, name in changed
    ]


def _there(database: Database, tables: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    there = set(database.query(
        "select nspname, relname from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where relkind = 'r'"
    ))
    return iter(sorted(there & set(tables)))


def _copied(database: Database, table: str, schema: str, suffix: str) -> int:
    copy = table.replace(quoted(schema), quoted(f"{schema}{suffix}"), 1)
    database.execute(f"create table {copy} (like {table} including all excluding indexes)")
    rows = database.execute(f"insert into {copy} select * from {table}")
    for name, definition, key in database.query(_INDEXES, (table,)):
        if key:
            database.execute(f"alter table {copy} add constraint {name} {key}")
        else:
            head, _, columns = definition.partition(" USING ")
            database.execute(f"{head[:head.rindex(' ON ')]} on {copy} using {columns}")
    database.analyze(copy)
    return rows


def _take_keys_off(database: Database, table: str) -> None:
    """The foreign keys of and to the table."""
    for child, key in database.query(
        "select cast(cast(conrelid as regclass) as text), conname from pg_catalog.pg_constraint"
        " where contype = 'f' and conparentid = 0 and cast(? as regclass) in (conrelid, confrelid)",
        (table,),
    ):
        database.execute(f"alter table {child} drop constraint {quoted(key)}")

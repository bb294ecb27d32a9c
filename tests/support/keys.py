"""The keys and indexes that a database has on the CDM's tables, by the CDM's names."""

from dataclasses import dataclass

from tests.support.comparison import Reader

# Tables of the vocabulary are the loader's: their keys count as those of the views on them.
PRIMARY_KEYS = """
    select tables.relname, attributes.attname
    from pg_catalog.pg_constraint as constraints
    inner join pg_catalog.pg_class as tables on constraints.conrelid = tables.oid
    inner join pg_catalog.pg_attribute as attributes
        on constraints.conrelid = attributes.attrelid and constraints.conkey = array[attributes.attnum]
    where constraints.contype = 'p'
        and cast(cast(tables.relnamespace as regnamespace) as text) in ('omop', 'raw_vocabulary')
"""
FOREIGN_KEYS = """
    select children.relname, child_columns.attname, parents.relname, parent_columns.attname
    from pg_catalog.pg_constraint as constraints
    inner join pg_catalog.pg_class as children on constraints.conrelid = children.oid
    inner join pg_catalog.pg_class as parents on constraints.confrelid = parents.oid
    inner join pg_catalog.pg_attribute as child_columns
        on constraints.conrelid = child_columns.attrelid and constraints.conkey = array[child_columns.attnum]
    inner join pg_catalog.pg_attribute as parent_columns
        on constraints.confrelid = parent_columns.attrelid and constraints.confkey = array[parent_columns.attnum]
    where constraints.contype = 'f' and constraints.convalidated
"""
# An index serves a column if it begins with it.
INDEXED_COLUMNS = """
    select tables.relname, attributes.attname
    from pg_catalog.pg_index as indexes
    inner join pg_catalog.pg_class as tables on indexes.indrelid = tables.oid
    inner join pg_catalog.pg_attribute as attributes
        on indexes.indrelid = attributes.attrelid and indexes.indkey[0] = attributes.attnum
    where indexes.indisvalid and indexes.indpred is null
        and cast(cast(tables.relnamespace as regnamespace) as text) in ('omop', 'raw_vocabulary')
"""
DUCKDB_KEYS = """
    select table_name, constraint_type from duckdb_constraints()
    where schema_name = 'omop' and constraint_type in ('PRIMARY KEY', 'FOREIGN KEY', 'UNIQUE')
"""
DUCKDB_INDEXES = "select table_name, index_name from duckdb_indexes() where schema_name = 'omop'"


@dataclass(frozen=True)
class Keys:
    """Primary keys as (table, column), foreign keys as (table, column) -> (table, column), columns that an index serves."""

    primary: frozenset[tuple[str, str]]
    foreign: dict[tuple[str, str], tuple[str, str]]
    indexed: frozenset[tuple[str, str]]


def keys_of(reader: Reader) -> Keys:
    """What there is now; on DuckDB whatever there is counts as primary or indexed."""
    if not reader.is_postgres:
        return Keys(frozenset(reader.query(DUCKDB_KEYS)), {}, frozenset(reader.query(DUCKDB_INDEXES)))
    return Keys(
        frozenset(reader.query(PRIMARY_KEYS)),
        {(child, column): (parent, key) for child, column, parent, key in reader.query(FOREIGN_KEYS)},
        frozenset(reader.query(INDEXED_COLUMNS)),
    )

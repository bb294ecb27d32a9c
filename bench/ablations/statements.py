"""Switches of the SQL itself, on a built CDM: look-ups, scans, indexes, statements run again and again."""

from collections.abc import Callable, Iterator

from bench.ablations.ground import seconds_of
from bench.ablations.switches import Switch
from loader.databases.base import Database, literal, quoted

# The table of the CDM on which scans and indexes are tried.
TABLE = "measurement"
LOOKED_UP = 5000
_CODES = "select distinct vocabulary_id, source_code from intermediate.int_events__mapped where source_code is not null"
_LINKED = """
    select {codes}.vocabulary_id, {codes}.source_code, concepts.concept_id
    from {codes}
    left join raw_vocabulary.concept as sources
        on {codes}.vocabulary_id = sources.vocabulary_id and {codes}.source_code = sources.concept_code
    left join raw_vocabulary.concept_relationship as relationships
        on sources.concept_id = relationships.concept_id_1
            and relationships.relationship_id = 'Maps to' and relationships.invalid_reason is null
    left join raw_vocabulary.concept as concepts
        on relationships.concept_id_2 = concepts.concept_id and concepts.standard_concept = 'S'"""


# A full download of the vocabulary has about six million concepts; the one at hand may be small.
CONCEPTS_MADE_UP, FIRST_MADE_UP = 1_000_000, 1_500_000_000


def statement_switches(database: Database) -> Iterator[Switch]:
    """All of them; the CDM is not changed, the vocabulary is, at the end."""
    yield _look_ups(database)
    yield _scans(database)
    if database.name == "postgres":
        yield _indexes(database)
        yield from _prepared(database)
    _make_up_concepts(database)
    yield _look_ups(database)


def _timed(database: Database, *statements: str) -> Callable[[], float]:
    return lambda: seconds_of(database, *statements)


def _look_ups(database: Database) -> Switch:
    """Every event gets its standard concept: over the map of the distinct codes, or over the vocabulary itself."""
    cached = (
        f"create temp table codes_present as {_CODES}",
        f"create temp table code_map as {_LINKED.format(codes='codes_present')}",
        """create temp table answer as
            select events.event_id, code_map.concept_id from intermediate.int_events__mapped as events
            left join code_map on events.vocabulary_id = code_map.vocabulary_id and events.source_code = code_map.source_code""",
        "drop table codes_present", "drop table code_map", "drop table answer",
    )
    joined = (
        "create temp table answer as "
        + _LINKED.format(codes="events").replace("from events", "from intermediate.int_events__mapped as events"),
        "drop table answer",
    )
    ((events,),) = database.query("select count(*) from intermediate.int_events__mapped")
    ((concepts,),) = database.query("select count(*) from raw_vocabulary.concept")
    return Switch(
        "look-ups cached against joined each time", database.name,
        f"{events:,} events and {concepts:,} concepts: distinct codes mapped once and joined, making the map included",
        _timed(database, *cached), _timed(database, *joined), "cached, and extended by new codes",
    )


def _make_up_concepts(database: Database) -> None:
    """As many concepts of no code that occurs, each mapped to another."""
    numbers = f"generate_series({FIRST_MADE_UP}, {FIRST_MADE_UP + CONCEPTS_MADE_UP - 1}) as made_up (number)"
    valid = "date '1970-01-01', date '2099-12-31'"
    database.execute(
        "insert into raw_vocabulary.concept (concept_id, concept_name, domain_id, vocabulary_id, concept_class_id,"
        " standard_concept, concept_code, valid_start_date, valid_end_date)"
        " select number, 'Made up', 'Condition', 'SNOMED', 'Disorder', 'S', 'made up ' || cast(number as text),"
        f" {valid} from {numbers}"
    )
    database.execute(
        "insert into raw_vocabulary.concept_relationship (concept_id_1, concept_id_2, relationship_id, valid_start_date,"
        f" valid_end_date) select number, number, 'Maps to', {valid} from {numbers}"
    )
    for table in ("concept", "concept_relationship"):
        database.analyze(quoted("raw_vocabulary", table))


def _scans(database: Database) -> Switch:
    """As the checks do it: all counts of a table in one pass."""
    columns = [name for (name,) in database.query(
        f"select column_name from information_schema.columns where table_schema = 'omop' and table_name = '{TABLE}'"
    )]
    counts = [f"count(case when {quoted(name)} is null then 1 end)" for name in columns]
    ((rows,),) = database.query(f"select count(*) from omop.{TABLE}")
    return Switch(
        "optimised SQL: one scan against one a question", database.name,
        f"{len(counts)} counts over {rows:,} rows of {TABLE}",
        _timed(database, f"select {', '.join(counts)} from omop.{TABLE}"),
        _timed(database, *(f"select {count} from omop.{TABLE}" for count in counts)),
        "one scan a table, at most 50 counts a query",
    )


def _indexes(database: Database) -> Switch:
    """The table of the CDM anew, with the primary key and all indexes that it has."""
    definitions = [
        definition.replace(f" INDEX {name} ", f" INDEX new_{name} ").replace(f"omop.{TABLE} ", "new_table ")
        for name, definition in database.query(
            f"select indexname, indexdef from pg_catalog.pg_indexes where schemaname = 'omop' and tablename = '{TABLE}'"
        )
    ]
    made, filled = f"create table new_table (like omop.{TABLE})", f"insert into new_table select * from omop.{TABLE}"
    drop = "drop table if exists new_table"
    ((rows,),) = database.query(f"select count(*) from omop.{TABLE}")

    def run(*statements: str) -> Callable[[], float]:
        def timed() -> float:
            database.execute(drop)
            seconds = seconds_of(database, *statements)
            database.execute(drop)
            return seconds

        return timed

    return Switch(
        "indexes after against before the data", "postgres", f"{rows:,} rows of {TABLE}, {len(definitions)} indexes",
        run(made, filled, *definitions), run(made, *definitions, filled),
        "after, in full builds; small changes leave them in place",
    )


def _prepared(database: Database) -> Iterator[Switch]:
    """Look-ups one at a time, prepared or not, and all of them in one statement."""
    codes = database.query(
        f"select vocabulary_id, concept_code from raw_vocabulary.concept order by concept_id limit {LOOKED_UP}"
    )
    question = "select concept_id from raw_vocabulary.concept where vocabulary_id = {} and concept_code = {}"
    prepare = f"prepare looked_up (text, text) as {question.format('$1', '$2')}"
    prepared = [f"execute looked_up ({literal(vocabulary)}, {literal(code)})" for vocabulary, code in codes]
    plain = [question.format(literal(vocabulary), literal(code)) for vocabulary, code in codes]
    at_once = (
        "select count(concepts.concept_id) from (select vocabulary_id, concept_code from raw_vocabulary.concept"
        f" order by concept_id limit {LOOKED_UP}) as codes inner join raw_vocabulary.concept as concepts"
        " on codes.vocabulary_id = concepts.vocabulary_id and codes.concept_code = concepts.concept_code"
    )
    yield Switch(
        "prepared statements against plain ones", "postgres", f"{len(codes):,} look-ups of a code, one at a time",
        _timed(database, prepare, *prepared, "deallocate looked_up"), _timed(database, *plain),
        "neither: no statement of the project runs again and again with other values", is_default=False,
    )
    yield Switch(
        "optimised SQL: sets against a look-up a code", "postgres", f"the same {len(codes):,}, prepared, against one join",
        _timed(database, at_once), _timed(database, prepare, *prepared, "deallocate looked_up"), "sets",
    )

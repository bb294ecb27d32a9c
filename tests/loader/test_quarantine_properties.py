"""For any mix of good and bad rows: what is loaded are the good ones, the rest is rejected, on both engines alike."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader.csv_file import CsvFile
from loader.databases import open_database
from loader.databases.base import Database
from loader.errors import LoaderError
from loader.load import records
from loader.load.copying import copy_file
from loader.load.lines import Lines
from loader.load.raw_tables import Column
from loader.load.rejects import ANY_NUMBER, Rejects
from loader.settings import Settings

Environment = Mapping[str, str]
TYPES = ("uuid", "date", "timestamp", "integer", "numeric(18,2)", "double precision", "text")
COLUMNS = tuple(Column(f"f{number}", type_) for number, type_ in enumerate(TYPES))
HEADER = tuple(column.name.upper() for column in COLUMNS)
ID = "a0000000-0000-0000-0000-00000000000f"

# Type -> a spelling and the value that it stands for, on both engines.
DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
TIMES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda time: time.replace(microsecond=0, fold=0))
NUMBERS = st.decimals(Decimal("-9999999999999999.99"), Decimal("9999999999999999.99"), places=2)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
GOOD: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    "uuid": st.uuids().flatmap(
        lambda one: st.sampled_from([(text, str(one)) for text in (str(one), str(one).upper(), one.hex, f"{{{one}}}")])
    ),
    "date": st.one_of(
        DAYS.map(lambda day: (day.isoformat(), day)),
        st.sampled_from([("2020-1-5", date(2020, 1, 5)), (" 2020-01-05\t", date(2020, 1, 5))]),
    ),
    "timestamp": st.one_of(
        TIMES.map(lambda time: (f"{time.isoformat()}Z", time)), TIMES.map(lambda time: (time.isoformat(), time)),
        TIMES.map(lambda time: (time.isoformat(" "), time)),
        DAYS.map(lambda day: (day.isoformat(), datetime(day.year, day.month, day.day))),
        st.just(("2020-01-05T10:00:00.5Z", datetime(2020, 1, 5, 10, 0, 0, 500_000))),
    ),
    "integer": st.one_of(
        st.integers(-(2**31), 2**31 - 1).map(lambda number: (str(number), number)),
        st.sampled_from([
            ("007", 7), ("+1", 1), ("-0", 0), ("1.0", 1), ("1e3", 1000), ("1_000", 1000), (" 1", 1),
            ("-2147483648", -(2**31)), ("2147483647", 2**31 - 1),
        ]),
    ),
    "numeric(18,2)": st.one_of(
        NUMBERS.map(lambda number: (f"{number:f}", number)),
        st.sampled_from([
            ("27461.280000000002", Decimal("27461.28")), ("1.235", Decimal("1.24")), ("-1.235", Decimal("-1.24")),
            ("1.2345678E7", Decimal(12345678)), ("9999999999999999.994", Decimal("9999999999999999.99")),
            ("0", Decimal(0)), (".5", Decimal("0.5")), ("1_000.5", Decimal("1000.5")), ("1 ", Decimal(1)),
            ("0.0049999999999999999999", Decimal(0)),
        ]),
    ),
    "double precision": st.one_of(
        DOUBLES.map(lambda number: (repr(number), number)), st.just(("42.347", 42.347)), st.just(("1E5", 1e5)),
    ),
    "text": st.one_of(
        LETTERS, st.sampled_from(['5" tube', "a, b", "NaN", "null", " x ", "\\N", "\ufeffx", '"', 'a\n"b', "a\r\nb"])
    ).map(lambda text: (text, text or None)),
}
BAD = {
    "uuid": ("nobody", "{a0000000-0000-0000-0000-00000000000f", "a00000000000000000000000000000", "0", ID + " "),
    "date": ("2020-02-30", "2019-02-29", "1900-02-29", "20-1-5", "20200105", "Jan 5 2020", "today", "infinity",
             "epoch", "0000-01-01", "10000-01-01", "2020/01/05", "2020-01-05T00:00:00Z", "2020 01 05"),
    "timestamp": ("2020-01-05T10:00:00+05:00", "2020-01-05 10:00:00-05", "2020-01-05T24:00:00Z", "now", "later",
                  "2020-01-05T23:59:60Z", "2020-01-05T10:00", "292278994-08-17T07:12:55Z", "2020-01-05T10:00:00 UTC"),
    "integer": ("1.5", "1e-3", "1__000", "0x1F", "2147483648", "-2147483649", "1 1", "true"),
    "numeric(18,2)": ("NaN", "inf", "_1", "9999999999999999.995", "1e400", "1 0", "$5", "-", "."),
    "double precision": ("inf", "Infinity", "1e400", "1_", "0x1p3", "much"),
    "text": (),
}
BAD_LINES = (
    b"<html><body>502 Bad Gateway</body></html>", b"a,b", b"," * 7, b"Exception in thread main", b"\xff\xfe", b" ",
    f"{ID},2020-01-05,,,,,\xff".encode("latin-1"), f"{ID},,,,,,a\0b".encode(), f'{ID},,,,,,"a" b'.encode(),
    f"{ID},2020-01-05,,,,".encode(), f"{ID}x".encode() + b",,,,,,",
)


def _spelled(value: str, quoted: bool) -> bytes:
    if quoted or any(mark in value for mark in ",\r\n") or value.startswith('"'):
        value = '"' + value.replace('"', '""') + '"'
    return value.encode()


@st.composite
def good_rows(draw: st.DrawFn) -> tuple[bytes, tuple[Any, ...] | None]:
    fields, values = [], []
    for type_ in TYPES:
        spelled, value = draw(st.one_of(st.just(("", None)), GOOD[type_]))
        fields.append(_spelled(spelled, draw(st.integers(0, 9)) == 0))
        values.append(value)
    return b",".join(fields), tuple(values)


@st.composite
def bad_rows(draw: st.DrawFn) -> tuple[bytes, tuple[Any, ...] | None]:
    if draw(st.booleans()):
        return draw(st.sampled_from(BAD_LINES)), None
    fields = draw(good_rows().filter(lambda row: b"\n" not in row[0] and b"\r" not in row[0] and b'"' not in row[0]
                                     and row[0].count(b",") == 6))[0].split(b",")
    position = draw(st.integers(0, len(TYPES) - 2))
    fields[position] = draw(st.sampled_from(BAD[TYPES[position]])).encode()
    return b",".join(fields), None


FILES = st.tuples(
    st.lists(st.one_of(good_rows(), good_rows(), bad_rows(), st.just((b"", ())),
                       st.just((",".join(HEADER).encode(), ()))), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.booleans(), st.booleans(), st.sampled_from([40, 300, 1 << 19]),
)


@contextmanager
def database_of(environment: Environment) -> Iterator[Database]:
    place = Path(environment.get("SYNTHEA_OMOP_DATABASE", ""))
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        with open_database(Settings(environment["SYNTHEA_OMOP_TARGET"], place, "500MB")) as database:
            yield database


@pytest.fixture
def databases(
    duckdb_environment: Environment, postgres_environment: Environment
) -> Iterator[dict[str, Database]]:
    with database_of(duckdb_environment) as duckdb, database_of(postgres_environment) as postgres:
        for database in (duckdb, postgres):
            columns = ", ".join(f"{column.name} {column.type}" for column in COLUMNS)
            database.execute(f"create temp table mixed ({columns})")
        yield {"duckdb": duckdb, "postgres": postgres}


def _text(row: tuple[Any, ...]) -> str:
    return repr([f"{value:.2f}" if isinstance(value, Decimal) else value for value in row])


def _loaded(database: Database, file: CsvFile, rejects: Rejects) -> tuple[Any, list[tuple[Any, ...]]]:
    database.execute("delete from mixed")
    result = copy_file(database, file, "mixed", {}, lambda _: None, rejects)
    return result, database.query("select cast(f0 as text), f1, f2, f3, f4, f5, f6 from mixed")


def _check_what_the_engine_would_do_alone(
    database: Database, file: CsvFile, good: list[tuple[Any, ...]], bad: int
) -> None:
    """Where DuckDB finds a file plain and takes it, as many rows as it has lines, it has loaded just the good rows."""
    with database.scratch() as scratch, Lines(scratch, [("organizations", file)]) as lines:
        plain = lines.plain
    if file.path not in plain:
        return
    database.execute("delete from mixed")
    try:
        loaded = database.copy(file, "mixed", {}, lambda _: None, strictly=True)  # type: ignore[call-arg]
    except LoaderError:
        return
    if loaded == plain[file.path]:
        rows = database.query("select cast(f0 as text), f1, f2, f3, f4, f5, f6 from mixed")
        assert sorted(map(_text, rows)) == sorted(map(_text, good)) and not bad


@given(mix=FILES)
@settings(
    max_examples=int(os.environ.get("QUARANTINE_EXAMPLES", "150")), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_loaded_rows_are_the_good_ones_and_the_rest_is_rejected(
    databases: dict[str, Database], tmp_path: Path, mix: tuple[Any, ...]
) -> None:
    rows, line_end, mark, last_line_end, has_header, longest = mix
    path = tmp_path / "mix.csv"
    lines = [",".join(HEADER).encode()] * has_header + [line for line, _ in rows]
    data = line_end.join(lines) + line_end * (last_line_end or not lines or not lines[-1].strip())
    path.write_bytes(b"\xef\xbb\xbf" * mark + data)
    good = [values for _, values in rows if values]
    bad = sum(values is None for _, values in rows)
    file = CsvFile(path, HEADER, COLUMNS, has_header=has_header)
    _check_what_the_engine_would_do_alone(databases["duckdb"], file, good, bad)
    for engine, database in databases.items():
        rejects = Rejects(ANY_NUMBER)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(records, "READ_SIZE", longest)
            result, loaded = _loaded(database, file, rejects)
        assert sorted(map(_text, loaded)) == sorted(map(_text, good)), engine
        assert (result.rows_read, result.rows_loaded, result.rejected) == (len(good) + bad, len(good), bad), engine
        assert rejects.count == bad
        database.execute("delete from etl.rejected_row")
        rejects.save(database, 1)
        assert database.query("select count(*), count(raw_line) from etl.rejected_row") == [(bad, bad)], engine


SPELLINGS = {
    "uuid": [ID, ID.replace("-", ""), "{" + ID + "}"], "date": ["2020-01-05", "1900-02-28"],
    "timestamp": ["2020-01-05T10:11:12Z", "2020-01-05", "2020-01-05T23:59:60Z", "2020-01-05T10:11:12.5Z"],
    "integer": ["12", "-5", "1.5", "1e3", "2147483647"], "numeric(18,2)": ["12.5", "1e3", "1_0.5", "0.125", "-0.005"],
    "double precision": ["12.5", "1e300", "NaN", "inf", ".5", "5.", "1e-400", "1e400"],
}
ODD = st.sampled_from(" \t\v\f-+_.eE0123456789/:TZna{}\\\u00a0\u0660")


@st.composite
def odd_spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A type, and a value of it in which a few characters were changed."""
    type_ = draw(st.sampled_from(sorted(SPELLINGS)))
    value = draw(st.sampled_from(SPELLINGS[type_]))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(value)))
        value = value[:place] + draw(st.one_of(ODD, st.just(""))) + value[place + draw(st.integers(0, 1)):]
    return type_, value


@given(spelled=odd_spellings())
@settings(
    max_examples=int(os.environ.get("QUARANTINE_EXAMPLES", "150")) * 4, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_duckdb_reads_by_itself_is_what_is_read_record_by_record(
    databases: dict[str, Database], tmp_path: Path, spelled: tuple[str, str]
) -> None:
    type_, value = spelled
    database = databases["duckdb"]
    path = tmp_path / "one.csv"
    path.write_text("\n".join((",".join(HEADER), ",".join(value if kind == type_ else "" for kind in TYPES), "")))
    file = CsvFile(path, HEADER, COLUMNS)
    database.execute("delete from mixed")
    try:
        database.copy(file, "mixed", {}, lambda _: None, strictly=True)  # type: ignore[call-arg]
    except LoaderError:
        return
    by_itself = database.query("select cast(f0 as text), f1, f2, f3, f4, f5, f6 from mixed")
    assert list(map(_text, _loaded(database, file, Rejects(ANY_NUMBER))[1])) == list(map(_text, by_itself))


@pytest.mark.parametrize(
    ("type_", "value"), [(type_, value) for type_, values in BAD.items() for value in values]
)
def test_a_spelling_that_only_one_engine_takes_is_refused_by_both(
    databases: dict[str, Database], tmp_path: Path, type_: str, value: str
) -> None:
    fields = [value if column.type == type_ else "" for column in COLUMNS]
    path = tmp_path / "one.csv"
    path.write_text("\n".join((",".join(HEADER), ",".join(fields), ID + ",,,,,,x", "")))
    for database in databases.values():
        rejects = Rejects(ANY_NUMBER)
        result, loaded = _loaded(database, CsvFile(path, HEADER, COLUMNS), rejects)
        assert (result.rows_loaded, result.rejected) == (1, 1)
        assert loaded[0][0] == ID and loaded[0][6] == "x"
        rejects.save(database, 7)
        assert database.query("select batch_id, file_name, line_number, column_name, value, raw_line"
                              " from etl.rejected_row") == [
            (7, "one.csv", 2, f"F{TYPES.index(type_)}", value, ",".join(fields))
        ]
        database.execute("delete from etl.rejected_row")

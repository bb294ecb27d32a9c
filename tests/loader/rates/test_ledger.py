"""Files are slices: they come and go whole, and one that is there is left alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bench.tic import Kind, document, write_document, write_json
from bench.tic_flattened import write_small
from loader.errors import LoaderError
from loader.rates.tables import RATES_TABLES
from tests.loader.command_line import connect_to_postgres, execute, query, succeed
from tests.loader.rates.loads import ledger, load

Environment = Mapping[str, str]


def two_files(folder: Path) -> list[Path]:
    """a.json and b.json."""
    return [write_json(folder / f"{name}.json", Kind(rates=20, seed=seed)) for seed, name in enumerate("ab")]


def slices(environment: Environment) -> set[int]:
    """The ids of the files that have raw rows."""
    return {
        file_id for name in RATES_TABLES
        for (file_id,) in query(environment, f"select distinct file_id from raw_rates.{name}")
    }


def test_a_file_that_is_there_is_left_alone(engine_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_small(tmp_path, document(Kind(rates=20)))
    load(engine_environment, rates, providers=[providers])
    result, said = load(engine_environment, rates, providers=[providers])
    assert result.skipped == [rates.name, providers.name] and not result.changed
    assert f"{rates.name} is loaded already: left alone" in said
    copy = tmp_path / "copy.parquet"
    copy.write_bytes(rates.read_bytes())
    assert load(engine_environment, copy)[0].skipped == ["copy.parquet"]
    assert len(ledger(engine_environment)) == 2


def test_a_corrected_file_replaces_exactly_its_slice(engine_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_small(tmp_path, document(Kind(rates=20)))
    other = write_json(tmp_path / "other.json", Kind(rates=40))
    load(engine_environment, rates, other, providers=[providers])
    write_small(tmp_path, document(Kind(rates=60)))
    result, _ = load(engine_environment, rates)
    assert [(one.file_id, one.replaced) for one in result.loaded] == [(4, True)]
    assert ledger(engine_environment, "file_id, run_id, outcome") == [
        (1, 1, "replaced"), (2, 1, "loaded"), (3, 1, "loaded"), (4, 2, "loaded"),
    ]
    assert slices(engine_environment) == {2, 3, 4}
    assert ledger(engine_environment, "file_set")[0] == ledger(engine_environment, "file_set")[3]


def test_months_payers_and_states_live_side_by_side(engine_environment: Environment, tmp_path: Path) -> None:
    for month in ("08", "09"):
        write_json(tmp_path / month / "northwind.json", Kind(rates=20, day=f"2025-{month}-03"))
        load(engine_environment, tmp_path / month / "northwind.json")
    load(engine_environment, tmp_path / "08" / "northwind.json", state="VA")
    load(engine_environment, tmp_path / "08" / "northwind.json", payer="southwind")
    assert ledger(engine_environment, "payer, state, file_set, year_month, outcome") == [
        ("northwind", "GA", "northwind 2025-08", "2025-08", "loaded"),
        ("northwind", "GA", "northwind 2025-09", "2025-09", "loaded"),
        ("northwind", "VA", "northwind 2025-08", "2025-08", "loaded"),
        ("southwind", "GA", "northwind 2025-08", "2025-08", "loaded"),
    ]
    assert slices(engine_environment) == {1, 2, 3, 4}


def test_status_shows_the_files_that_are_loaded(engine_environment: Environment, tmp_path: Path) -> None:
    load(engine_environment, *two_files(tmp_path))
    load(engine_environment, remove=["a.json"])
    said = succeed(engine_environment, "status")
    assert "Files of rates" in said and "b.json" in said and "a.json" not in said
    execute(engine_environment, "drop table etl.rate_file")
    assert "Files of rates" not in succeed(engine_environment, "status")


def test_another_spelling_is_the_same_payer(engine_environment: Environment, tmp_path: Path) -> None:
    path, _ = two_files(tmp_path)
    load(engine_environment, path, payer="north wind")
    _, said = load(engine_environment, path, payer="North_Wind")
    assert "a.json is loaded already" in said
    load(engine_environment, payer="NORTH-WIND", force_cleanup=True)
    assert ledger(engine_environment, "payer, outcome") == [("north wind", "removed")]


def test_two_files_of_one_name_are_two_months_or_a_mistake(engine_environment: Environment, tmp_path: Path) -> None:
    august, september, again = (
        write_json(tmp_path / str(seed) / "northwind.json", Kind(rates=20, day=day, seed=seed))
        for seed, day in enumerate(("2025-08-03", "2025-09-03", "2025-08-10"))
    )
    with pytest.raises(LoaderError, match="have the same name and month: give one of them"):
        load(engine_environment, august, september, again)
    load(engine_environment, august, september)
    assert ledger(engine_environment, "year_month, outcome") == [("2025-08", "loaded"), ("2025-09", "loaded")]


def test_another_slug_loads_the_file_again(engine_environment: Environment, tmp_path: Path) -> None:
    path, _ = two_files(tmp_path)
    load(engine_environment, path)
    load(engine_environment, path, payer_slug="nw")
    assert ledger(engine_environment, "payer_slug, outcome") == [(None, "replaced"), ("nw", "loaded")]


def test_a_withdrawn_file_is_gone_and_stays_in_the_ledger(engine_environment: Environment, tmp_path: Path) -> None:
    one, other = two_files(tmp_path)
    load(engine_environment, one, other)
    with pytest.raises(LoaderError, match=r"c\.json is no loaded file .* Those are: a\.json, b\.json\."):
        load(engine_environment, remove=["a.json", "c.json"])
    assert slices(engine_environment) == {1, 2}
    result, _ = load(engine_environment, remove=["a.json"])
    assert result.withdrawn == ["a.json"]
    assert ledger(engine_environment, "file_id, outcome") == [(1, "removed"), (2, "loaded")]
    assert slices(engine_environment) == {2}
    load(engine_environment, one)
    assert ledger(engine_environment, "file_id, outcome") == [(1, "removed"), (2, "loaded"), (3, "loaded")]


def test_a_cleanup_takes_only_what_belongs_to_the_payer_and_state(
    engine_environment: Environment, tmp_path: Path
) -> None:
    one, other = two_files(tmp_path)
    load(engine_environment, one)
    load(engine_environment, one, payer="southwind")
    load(engine_environment, other, force_cleanup=True)
    assert ledger(engine_environment, "payer, file_name, outcome") == [
        ("northwind", "a.json", "removed"), ("southwind", "a.json", "loaded"), ("northwind", "b.json", "loaded"),
    ]
    assert slices(engine_environment) == {2, 3}


@pytest.mark.parametrize("damage", ["missing", "empty", "cut off"])
def test_a_cleanup_deletes_nothing_when_an_input_is_bad(
    engine_environment: Environment, tmp_path: Path, damage: str
) -> None:
    one = write_json(tmp_path / "a.json", Kind(rates=20))
    load(engine_environment, one)
    bad = write_json(tmp_path / "b.json", Kind(rates=20_000))
    content = {"missing": None, "empty": b"", "cut off": bad.read_bytes()[:-100]}[damage]
    bad.unlink() if content is None else bad.write_bytes(content)
    with pytest.raises(LoaderError, match=r"b\.json"):
        load(engine_environment, bad, force_cleanup=True)
    assert ledger(engine_environment, "file_id, outcome") == [(1, "loaded")]
    assert slices(engine_environment) == {1}


def test_a_run_is_all_or_nothing(engine_environment: Environment, tmp_path: Path) -> None:
    rates, providers = write_small(tmp_path, document(Kind(rates=20)))
    found = document(Kind(rates=20))
    found["in_network"] = [1]
    with pytest.raises(LoaderError, match="1 records cannot be read, and no other was there"):
        load(engine_environment, rates, write_document(tmp_path / "bad.json", found), providers=[providers])
    assert ledger(engine_environment) == [] and slices(engine_environment) == set()
    assert query(engine_environment, "select count(*) from etl.rejected_rate") == [(0,)]


def test_files_are_found_by_their_published_names(engine_environment: Environment, tmp_path: Path) -> None:
    found = document(Kind(rates=20))
    for prefix in ("202508_North Wind_ga", "202509_north-wind_GA", "202508_other_ga", "202508_north wind_va"):
        write_small(tmp_path / "in", found | {"version": prefix}, prefix=prefix)
    write_json(tmp_path / "in" / "2025-08-01_north-wind-health_in-network-rates.json.gz", Kind(rates=20))
    write_document(tmp_path / "in" / "2025-08-01_north-wind_index.json", {"reporting_structure": []})
    for name in ("empty.json", "other.zip", "cut.json.gz", "notes.txt"):
        (tmp_path / "in" / name).write_bytes(b"")
    load(engine_environment, folder=tmp_path / "in", payer="North Wind", state="ga")
    assert sorted(name for name, *_ in ledger(engine_environment)) == [
        "2025-08-01_north-wind-health_in-network-rates.json.gz", "202508_North Wind_ga_providers.parquet",
        "202508_North Wind_ga_rates.parquet", "202509_north-wind_GA_providers.parquet",
        "202509_north-wind_GA_rates.parquet",
    ]
    with pytest.raises(LoaderError, match=r"no file of payer 'nobody' and state 'ga'.*202508_North Wind_ga_providers"):
        load(engine_environment, folder=tmp_path / "in", payer="nobody", state="ga", force_cleanup=True)
    assert len(slices(engine_environment)) == 5


def test_the_planner_knows_what_came(postgres_environment: Environment, tmp_path: Path) -> None:
    rates, _ = write_small(tmp_path, document(Kind(rates=40)))
    load(postgres_environment, rates)
    sql = "select cast(reltuples as integer) from pg_class where oid = 'raw_rates.flattened_rate'::regclass"
    assert query(postgres_environment, sql) == [(40,)]


def test_rows_that_a_crash_took_come_back_with_the_file(postgres_environment: Environment, tmp_path: Path) -> None:
    """PostgreSQL empties unlogged tables when it recovers from a crash."""
    one, other = two_files(tmp_path)
    load(postgres_environment, one, other)
    connection = connect_to_postgres(postgres_environment)
    with connection, connection.cursor() as cursor:
        cursor.execute("".join(f"truncate raw_rates.{name};" for name in (*RATES_TABLES, "alive")))
    connection.close()
    result, said = load(postgres_environment, one)
    assert "2 files have to be loaded again" in said
    assert [one.replaced for one in result.loaded] == [True]
    assert ledger(postgres_environment, "file_id, file_name, outcome") == [
        (1, "a.json", "replaced"), (2, "b.json", "lost"), (3, "a.json", "loaded"),
    ]

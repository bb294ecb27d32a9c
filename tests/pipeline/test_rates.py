"""The star of the rates on both engines: the published keys, what makes two rates one, and slices that come and go."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from loader.rates.command import IN_STEPS
from loader.rates.export import FILES
from tests.support.commands import CommandFailedError, synthea_omop
from tests.support.comparison import Table, assert_same_tables, reading
from tests.support.environments import ENGINES, duckdb_environment, postgres_environment
from tests.support.postgres_server import PostgresServer
from tests.support.rates import RATE, STAR, Loading, build_rates, lines, star_of
from tests.support.rates_cases import (
    BUILT,
    DATES,
    DEMO,
    EXAMPLE,
    PG_UIDS,
    POS_SETS,
    REFRESHED,
    RELOADED,
    SPELLINGS,
    Star,
    built_star,
)


@pytest.fixture(scope="session")
def stars(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Star]]:
    """Engine -> star of the same files."""
    found = {}
    with postgres_environment(postgres_server, tmp_path_factory.mktemp("postgres_rates")) as postgres:
        for engine, environment in zip(
            ENGINES, (duckdb_environment(tmp_path_factory.mktemp("duckdb_rates")), postgres), strict=True
        ):
            folder = tmp_path_factory.mktemp(f"{engine}_files")
            found[engine] = built_star(environment, folder)
        yield found


@pytest.fixture(params=ENGINES)
def star(request: pytest.FixtureRequest, stars: dict[str, Star]) -> Star:
    return stars[request.param]


def rows(star: Star, query: str) -> list[tuple[Any, ...]]:
    with reading(star.environment) as reader:
        return sorted(reader.query(query))


def test_both_engines_have_the_same_star(stars: dict[str, Star]) -> None:
    for state in (BUILT, RELOADED, REFRESHED):
        assert_same_tables(stars["duckdb"].states[state], stars["postgres"].states[state], ENGINES)


def test_published_keys_are_the_published_ones(star: Star) -> None:
    groups = rows(star, """
        select provider_group_id_raw, pg_uid from rates.dim_provider_group
        where payer_slug = 'unitedhealthcare-of-georgia-inc'""")
    assert {int(group): uid for group, uid in groups} == PG_UIDS
    uids = {uid for (uid,) in rows(star, "select fact_uid from rates.fact_rate")}
    assert {"2c6a6a035d7ab8b5558f9b422ace9a32", "f61dc8a4eb4b3517d4d398317d53f4b2"} <= uids
    places = rows(star, "select distinct pos_set_id from rates.fact_rate where payer_slug = 'places'")
    assert {place for (place,) in places} == set(POS_SETS.values())


def test_equal_lines_are_one_rate_whatever_the_chunks(star: Star) -> None:
    assert rows(star, "select payer_slug, source_rows from rates.fact_rate where payer_slug like 'ten-%'") == [
        ("ten-1", 10), ("ten-1000", 10), ("ten-5", 10),
    ]


def test_the_order_of_lines_changes_nothing(star: Star) -> None:
    one, other = (
        rows(star, f"""
            select fact_uid, source_rows, pos_set_id, is_expired, coalesce(rate_flag, '') from rates.fact_rate
            where file_id = (select file_id from etl.rate_file where payer = '{payer}')""")
        for payer in ("mixed", "mixed the other way")
    )
    assert one == other and sum(times for _, times, *_ in one) == 60 > len(one)


def test_groups_of_rates_and_of_providers_are_united(star: Star) -> None:
    groups = rows(star, """
        select provider_group_id_raw, rates, npis from rates.dim_provider_group where payer_slug = 'orphans'""")
    assert groups == [(str(group), 1, 1 if group in (5, 6, 7) else None) for group in range(10)]
    assert (7,) in rows(star, """
        select occurrences from quality.rates_findings where finding = 'group that has rates and no members'""")


@pytest.mark.parametrize("state", [RELOADED, REFRESHED])
def test_a_slice_comes_and_goes_alone(star: Star, state: str) -> None:
    """A payer loaded again is as before, ids included but for the file's number; one withdrawn is gone everywhere."""
    for table in ("rates.fact_rate", "rates.dim_provider_group"):
        before, after = (star.states[when][table].rows for when in (BUILT, state))
        assert _without(before, "withdrawn", "once_more") == _without(after, "withdrawn", "once_more")
        assert not [row for row in after if "withdrawn" in row]
    # A member has no payer: the withdrawn one is the only one that is gone.
    before, after = (set(star.states[when]["rates.xref_pg_member"].rows) for when in (BUILT, state))
    assert after < before and len(before - after) == 1
    assert _uids(star.states[BUILT], "once-more") == _uids(star.states[state], "once-more")
    assert len(_uids(star.states[state], "once-more")) == 4


def _without(rows: Any, *payers: str) -> list[str]:
    return [row for row in rows if not any(payer in row or payer.replace("_", "-") in row for payer in payers)]


def _uids(tables: Mapping[str, Table], slug: str) -> set[tuple[str, str]]:
    facts = tables["rates.fact_rate"]
    fields = [dict(zip(facts.columns, row.split("\x1f"), strict=True)) for row in facts.rows]
    return {(field["rate_id"], field["fact_uid"]) for field in fields if field["payer_slug"] == slug}


def test_incremental_builds_end_where_a_full_refresh_does(star: Star) -> None:
    assert_same_tables(star.states[RELOADED], star.states[REFRESHED], ("incremental", "refreshed"))


def test_a_build_in_steps_ends_where_another_does(stars: dict[str, Star]) -> None:
    """What the verb does on DuckDB when a build ran out of memory."""
    star = stars["duckdb"]
    build_rates({**star.environment, **IN_STEPS}, "--full-refresh")
    (compiled,) = Path(star.environment["DBT_TARGET_PATH"], "run").rglob("int_rates__encoded.sql")
    assert "from numbered_flattened_lines" in compiled.read_text()
    assert_same_tables(star_of(star.environment), star.states[REFRESHED], ("in steps", "at one go"))


def test_an_empty_file_gives_no_rates(star: Star) -> None:
    assert rows(star, "select outcome, source_rows from quality.rates_accounting where file_name like '%_empty_%'") == [
        ("read", 0)
    ]


def test_every_spelling_of_a_list_is_the_same_set(star: Star) -> None:
    assert rows(star, """
        select payer_slug, pos_set_id, source_rows from rates.fact_rate
        where payer_slug in ('spelled', 'listed')""") == [
        ("listed", "b822c6bc634f70310903b9478b725017", 1),
        ("spelled", "b822c6bc634f70310903b9478b725017", len(SPELLINGS)),
    ]
    assert rows(star, """
        select pos_members from rates.dim_pos_set
        where pos_set_id = 'b822c6bc634f70310903b9478b725017'""") == [(["11", "22"],)]


def test_long_lists_that_differ_in_the_middle_are_two_sets(star: Star) -> None:
    assert len(rows(star, "select pos_set_id from rates.fact_rate where payer_slug = 'fourteen'")) == 2


def test_months_are_read_in_every_spelling(star: Star) -> None:
    found = dict(rows(star, "select payer_slug, year_month from rates.fact_rate where payer_slug like 'dated-%'"))
    assert found == {f"dated-{number}": month for number, month in enumerate(DATES.values())}


def test_what_is_missing_makes_no_orphan(star: Star) -> None:
    ((file_set_id, *keys),) = rows(star, """
        select fact.file_set_id, fact.payer_slug, fact.year_month, sets.pos_set_id, payer.payer_slug
        from rates.fact_rate as fact
        inner join rates.dim_payer as payer on fact.payer_slug = payer.payer_slug
        inner join rates.dim_pos_set as sets on fact.pos_set_id = sets.pos_set_id
        where fact.payer_slug = ''""")
    assert keys == ["", "", "d41d8cd98f00b204e9800998ecf8427e", ""]
    found = rows(star, f"select finding from quality.rates_findings where file_set_id = {file_set_id}")
    assert {("line without a payer name",), ("line without a date of the file",)} <= set(found)


def test_a_code_with_two_descriptions_has_one_row(star: Star) -> None:
    assert rows(star, """
        select code_description, descriptions from rates.dim_code where code = 'D0120'""") == [("Oral check", 2)]
    assert rows(star, "select source_rows from rates.fact_rate where payer_slug = 'described'") == [(3,)]


def test_rates_beyond_the_fourth_decimal_are_two_inside_and_one_outside(star: Star) -> None:
    uids = rows(star, "select fact_uid, negotiated_rate from rates.fact_rate where payer_slug = 'decimals'")
    assert [rate for _, rate in uids] == [2.00001, 2.00002] and uids[0][0] == uids[1][0]
    fact = star.exported / "gold" / "fact_rate.parquet"
    exported = duckdb.sql(f"select fact_uid, negotiated_rate from '{fact}' where payer_slug = 'decimals'").fetchall()
    assert exported == [uids[0]]


def test_the_worked_example_flattened(star: Star) -> None:
    facts = rows(star, """
        select fact_uid, negotiated_rate from rates.fact_rate where year_month = '2025-08' and state = 'GA'
            and payer_slug = 'northwind-health-plan-inc' and file_id = (
                select file_id from etl.rate_file where file_name = '202508_northwind_ga_rates.csv')""")
    assert dict(facts) == EXAMPLE and len(facts) == 3
    assert rows(star, """
        select outcome, source_rows from quality.rates_accounting
        where file_name = '202508_northwind_ga_rates.csv'""") == [("duplicate rate", 2), ("fact_rate", 3), ("read", 5)]


def test_the_worked_example_as_json_tells_more(star: Star) -> None:
    """The price with modifier 25 is a rate of its own, and each list of NPIs keeps its TIN."""
    facts = rows(star, """
        select code, coalesce(modifiers, ''), rate_unit, provider_group_id_raw, is_expired
        from rates.fact_rate where payer_slug = 'northwind-json'""")
    assert facts == [
        ("0450", "", "percent", "12", False),
        ("99213", "", "dollars", "11", False), ("99213", "", "dollars", "12", False),
        ("99213", "25", "dollars", "11", False), ("99213", "25", "dollars", "12", False),
    ]
    members = rows(star, """
        select members.npi, npis.npi_status, members.tin_value, tins.tin_digits
        from rates.xref_pg_member as members
        inner join rates.dim_provider_group as groups
            on members.pg_uid = groups.pg_uid and members.file_set_id = groups.file_set_id
        inner join rates.xref_pg_member_npi as npis
            on members.pg_uid = npis.pg_uid and members.file_set_id = npis.file_set_id and members.npi = npis.npi
        inner join rates.xref_pg_member_tin as tins
            on members.pg_uid = tins.pg_uid and members.file_set_id = tins.file_set_id
            and members.tin_value = tins.tin_value
        where groups.payer_slug = 'northwind-json'""")
    assert members == [
        ("0", "undisclosed", "987654321", "987654321"), ("1003070913", "valid", "22-2222222", "222222222"),
        ("1234567893", "valid", "123456789", "123456789"), ("1780643411", "valid", "123456789", "123456789"),
    ]


def test_a_price_is_new_changed_dropped_or_the_same(star: Star) -> None:
    """September numbers the groups anew; they are known by their members."""
    assert rows(star, """
        select change, code, coalesce(lowest_rate_before, 0), coalesce(lowest_rate, 0) from rates.rate_changes
        where payer_slug = 'northwind-health-plan-inc' and state = 'GA' and code in ('99213', '0450')
            and year_month = '2025-09' and group_key <> '1'""") == [
        ("changed", "99213", 95.5, 98.0), ("dropped", "0450", 62.5, 0), ("new", "99213", 0, 49.0),
        ("unchanged", "99213", 95.5, 95.5),
    ]


def test_the_export_has_the_published_files(star: Star) -> None:
    written = {str(path.relative_to(star.exported)) for path in star.exported.rglob("*.parquet")}
    assert written == set(FILES)
    for name, file in FILES.items():
        described = duckdb.sql(f"describe select * from '{star.exported / name}'").fetchall()
        assert [column for column, *_ in described] == list(file.columns)
        key = list(file.columns)[: 3 if "tin" in name else 2 if "xref" in name or "code" in name else 1]
        counted = f"select count(*), count(distinct ({', '.join(key)})) from '{star.exported / name}'"
        ((total, distinct),) = duckdb.sql(counted).fetchall()
        assert total == distinct > 0


def test_a_payer_that_does_not_exist_removes_nothing(star: Star, tmp_path: Path) -> None:
    before = rows(star, "select file_id, outcome from etl.rate_file")
    with pytest.raises(AssertionError, match="exit code 1"):
        synthea_omop(
            "rates", "--payer", "nobody", "--input-dir", str(DEMO), "--force-cleanup", environment=star.environment
        )
    assert rows(star, "select file_id, outcome from etl.rate_file") == before


def test_no_table_of_the_star_is_empty(star: Star) -> None:
    empty = [table for table in STAR if not list(star.states[BUILT][f"rates.{table}"].rows)]
    assert empty == []


def test_a_build_of_the_rates_is_none_of_the_cdm(star: Star) -> None:
    assert rows(star, "select build_id from etl.build") == []


def test_raw_tables_that_a_crash_emptied_stop_the_build(engine_environment: dict[str, str], tmp_path: Path) -> None:
    """Their files would be taken for withdrawn ones."""
    loading = Loading(engine_environment, tmp_path)
    with loading.open():
        loading.flattened("lost", lines(RATE, {}))
        loading.execute("delete from raw_rates.alive")
    with pytest.raises(CommandFailedError, match="The raw tables of the rates hold no data"):
        build_rates(engine_environment)

"""The page of `synthea-omop report`: what stands on it when there is little, when checks fail, when data is hostile."""

import re
from collections.abc import Mapping
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loader.report.page.writing import breakable, number, rows, seconds, share, shortened, threshold
from tests.loader.command_line import execute, fail, query, succeed
from tests.loader.test_report import DEMO, TABLES
from tests.support.environments import REPOSITORY

Environment = Mapping[str, str]
VOCABULARY = REPOSITORY / "seeds" / "demo" / "vocabulary"
# Of each: check, severity, status, violated, of, table, field, description, query.
CHECKS = [
    ("isRequired", "fatal", "passed", 0, 10, "PERSON", "person_id", "as it should be", "select 1"),
    ("isForeignKey", "fatal", "failed", 2, 1000, "PERSON", "location_id", "<script>alert(1)</script>",
     "select batch_id, layout as \"<b>layout</b>\", '<img src=x>' as markup from etl.load_batch;"),
    ("fkDomain", "convention", "failed", 1, 50000, "COST", "cost_id", "two statements", "select 1; drop table etl.build"),
    ("fkClass", "convention", "failed", 1, 50000, "COST", "cost_event_id", "out of its brackets",
     "select 1) as x, (select build_id from etl.build_of_nowhere"),
    ("plausibleValueLow", "characterization", "failed", 3, 4, "DEATH", "death_date", "writes",
     "with gone as (delete from etl.load_batch returning batch_id) select * from gone"),
    ("cdmDatatype", "fatal", "error", None, None, "COST", "cost_id", "cannot be counted", None),
    ("cdmField", "fatal", "failed", None, None, "COST", "no_such_column", "a column that is missing", None),
    ("plausibleGender", "characterization", "not_applicable", 0, 0, "COST", None, "nothing there", None),
]


class Tags(HTMLParser):
    """The elements of a page, and the texts between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All texts, with single spaces."""
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is one of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def page_of(environment: Environment, folder: Path, code: int = 0) -> Tags:
    command = ("report", "--html", folder / "page.html")
    if code:
        fail(environment, *command, code=code)
    else:
        succeed(environment, *command)
    return Tags((folder / "page.html").read_text(encoding="utf-8"))


def checks_table() -> str:
    """Statements that make the results of the checks as a build leaves them."""
    lines = []
    for check, severity, status, violated, of, table, field, description, sql in CHECKS:
        texts = [check, severity, status, table, field, description, sql]
        values = ["null" if text is None else "'" + text.replace("'", "''") + "'" for text in texts]
        lines.append(
            "select {} as check_name, {} as severity, {} as status, {} as cdm_table_name, {} as cdm_field_name,"
            " {} as check_description, {} as query_text,".format(*values)
            + f" cast({'null' if violated is None else violated} as bigint) as num_violated_rows,"
            f" cast({'null' if of is None else of} as bigint) as num_denominator_rows,"
            " 'FIELD' as check_level, 'Conformance' as category, cast(null as text) as subcategory,"
            " cast(null as text) as concept_id, cast(null as text) as unit_concept_id,"
            " cast(0.5 as numeric(9, 4)) as threshold_value, cast(null as text) as notes_value,"
            " 'no such <i>column</i>' as error, 'id' as checkid"
        )
    return f"create table quality.dqd_results as {' union all '.join(lines)};"


def test_without_an_export_the_page_says_what_to_do(duckdb_environment: Environment, folder: Path) -> None:
    succeed(duckdb_environment, "vocabulary", VOCABULARY)
    page = page_of(duckdb_environment, folder, code=1)
    assert "No export has been loaded yet: synthea-omop load DIR" in page.text


def test_before_a_build_the_page_says_so_in_every_part(engine_environment: Environment, folder: Path) -> None:
    succeed(engine_environment, "load", DEMO)
    page = page_of(engine_environment, folder, code=1)
    for text in (
        "Nothing has been built yet: synthea-omop run", "There are no results yet", "No tests are on record",
        "The CDM has no events yet", "Mapping coverage is measured when the CDM is built", "Rows are accounted for when",
        "There are no persons in the CDM yet", "There are no events in the CDM yet", "17,044 rows",
    ):
        assert text in page.text


def test_hostile_checks_are_shown_and_do_nothing(engine_environment: Environment, folder: Path) -> None:
    succeed(engine_environment, "load", DEMO)
    execute(engine_environment, TABLES)
    execute(engine_environment, checks_table())
    page = page_of(engine_environment, folder)
    assert not page.names & {"script", "img", "b", "i", "iframe", "object"}
    for text in ("<script>alert(1)</script>", "<b>layout</b>", "<img src=x>", "no such <i>column</i>"):
        assert text in page.text
    assert page.text.count("The query is not one select, so it was not run.") == 1
    assert page.text.count("The rows could not be looked up:") == 2
    assert query(engine_environment, "select count(*) from etl.load_batch") == [(1,)]
    assert query(engine_environment, "select count(*) from information_schema.tables where table_name = 'build'") == [(1,)]


def test_failing_checks_stand_with_their_numbers(engine_environment: Environment, folder: Path) -> None:
    succeed(engine_environment, "load", DEMO)
    execute(engine_environment, TABLES)
    execute(engine_environment, checks_table())
    text = page_of(engine_environment, folder).text
    assert "6 of 8 data-quality checks failed, 3 of them fatal" in text
    assert "14.3% of the 7 checks that apply passed" in text
    assert re.search(r"person\. ?location_ ?id 2 1,000 0\.2% 0\.5% fatal", text)
    assert "ended with an error fatal" in text
    assert re.search(r"cdm ?Field cost\. ?no_ ?such_ ?column – – – 0\.5% fatal", text)
    # An example row of the second check: the only batch.
    assert re.search(r"Rows that violate it The first 1 of 2 rows Column Row 1 batch_ ?id 1", text)


def test_checks_of_the_source_stand_beside_the_rows(duckdb_environment: Environment, folder: Path) -> None:
    succeed(duckdb_environment, "load", DEMO)
    execute(duckdb_environment, TABLES + """
        create table quality.source_checks as
            select 'impossible_date' as check_name, 'conditions.csv' as file_name, 'START' as column_name,
                'It starts after <now>.' as description, cast(7 as bigint) as num_violated_rows,
                cast(1400 as bigint) as num_checked_rows, 'failed' as status
            union all select 'reference', 'devices.csv', 'PATIENT', 'It has no patient.', 0, 10, 'passed';""")
    text = page_of(duckdb_environment, folder).text
    assert "impossible date conditions.csv START It starts after <now>. 7 1,400 0.5%" in text
    assert "It has no patient" not in text


def test_a_broken_cdm_has_a_page_too(engine_environment: Environment, folder: Path) -> None:
    """What is missing or NULL where it must not be is the checks' matter; the page shows the rest."""
    succeed(engine_environment, "load", DEMO)
    execute(engine_environment, TABLES + """
        create schema if not exists omop;
        create table omop.person as
            select 1 as person_id, cast(null as integer) as gender_concept_id, cast(null as integer) as year_of_birth,
                cast(null as integer) as month_of_birth, 5 as day_of_birth;
        create table omop.observation_period as
            select 1 as person_id, cast(null as date) as observation_period_end_date;
        create table omop.concept as select 0 as concept_id, 'No matching concept' as concept_name;
        create table omop.measurement as select 1 as person_id;
        create table omop.condition_occurrence as
            select 1 as person_id, cast(null as date) as condition_start_date, cast(null as integer) as condition_concept_id,
                cast(null as text) as condition_source_value
            union all select 1, date '2020-02-29', 0, '<mark>';""")
    page = page_of(engine_environment, folder, code=0)
    assert "not observed 1 1" in page.text
    assert "Conditions : 1, most in 2020 (1)" in page.text
    assert "<mark> condition_ occurrence 1" in page.text


def test_rows_that_are_missing_are_the_first_thing_to_see(duckdb_environment: Environment, folder: Path) -> None:
    succeed(duckdb_environment, "load", DEMO)
    execute(duckdb_environment, TABLES)
    execute(duckdb_environment, "update quality.row_accounting set source_rows = 15 where outcome = 'person'")
    assert "Rows are missing or count twice in patients.csv" in page_of(duckdb_environment, folder, code=4).text


def test_the_page_has_a_name_by_default_and_json_comes_alone(duckdb_environment: Environment, folder: Path) -> None:
    succeed(duckdb_environment, "load", DEMO)
    execute(duckdb_environment, TABLES)
    succeed(duckdb_environment, "report", "--format", "json")
    assert list(folder.glob("*.html")) == []
    assert "Wrote synthea_omop_report.html" in succeed(duckdb_environment, "report")
    assert [path.name for path in folder.glob("*.html*")] == ["synthea_omop_report.html"]


def test_a_page_that_cannot_be_written_is_one_error(duckdb_environment: Environment, folder: Path) -> None:
    succeed(duckdb_environment, "load", DEMO)
    message = fail(duckdb_environment, "report", "--html", folder / "no" / "such" / "page.html")
    assert "cannot be written: No such file or directory. Name another file." in message
    (folder / "file").write_text("")
    assert "cannot be written: Not a directory" in fail(duckdb_environment, "report", "--html", folder / "file" / "page.html")


@pytest.mark.parametrize(("part", "whole", "shown"), [
    (0, 5, "0%"), (5, 5, "100%"), (1, 3, "33.3%"), (1, 5000, "<0.1%"), (49_999, 50_000, ">99.9%"), (999, 1000, "99.9%"),
    (0, 0, "–"), (None, 5, "–"), (3, None, "–"),
])
def test_a_share_is_100_percent_only_when_it_is_all(part: int | None, whole: int | None, shown: str) -> None:
    assert share(part, whole) == shown


def test_numbers_have_separators_and_units() -> None:
    assert [number(1234567), number(0), number(None)] == ["1,234,567", "0", "–"]
    assert [rows(1, "row"), rows(0, "row"), rows(1234, "row")] == ["1 row", "0 rows", "1,234 rows"]
    assert [seconds(0.123), seconds(59.94), seconds(59.96), seconds(61), seconds(3725), seconds(None)] == [
        "0.12 s", "59.9 s", "1 min 00 s", "1 min 01 s", "62 min 05 s", "–",
    ]
    assert [threshold(None), threshold(Decimal("5.0000")), threshold(0.5)] == ["0%", "5%", "0.5%"]


def test_long_names_may_break_and_are_escaped() -> None:
    assert str(breakable("fkDomain")) == "fk<wbr>Domain"
    assert str(breakable("cost.cost_id<b>")) == "cost.<wbr>cost_<wbr>id&lt;b&gt;"
    assert shortened("4090861, 4025213, 4025214", 20) == "4090861, 4025213 …"
    assert shortened("short") == "short"

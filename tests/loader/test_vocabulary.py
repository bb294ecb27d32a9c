"""Loading a vocabulary, and cutting one."""

import shutil
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from loader.csv_file import CsvFile, count_rows
from tests.loader.command_line import call, connect_to_postgres, fail, query, succeed
from tests.loader.exports import ANN, export, patient, write
from tests.loader.interruption import kill_at
from tests.support.environments import REPOSITORY, engine_of

Environment = Mapping[str, str]
DEMO = REPOSITORY / "seeds" / "demo"
VALID = "19700101\t20991231\t"

FILES = {
    "CONCEPT": (
        (
            "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code"
            "\tvalid_start_date\tvalid_end_date\tinvalid_reason"
        ),
        f'1\t5" "tube\tDevice\tSNOMED\tPhysical Object\tS\tNA\t{VALID}',
        "2\tOld\tDevice\tSNOMED\tPhysical Object\t\t007\t20020131\t20991231\tD",
    ),
    "CONCEPT_RELATIONSHIP": (
        "concept_id_1\tconcept_id_2\trelationship_id\tvalid_start_date\tvalid_end_date\tinvalid_reason",
        f"2\t1\tMaps to\t{VALID}",
    ),
    "CONCEPT_ANCESTOR": (
        "ancestor_concept_id\tdescendant_concept_id\tmin_levels_of_separation\tmax_levels_of_separation", "1\t2\t1\t1",
    ),
    "CONCEPT_SYNONYM": ("concept_id\tconcept_synonym_name\tlanguage_concept_id", "1\tPipe\t4180186"),
    "CONCEPT_CLASS": ("concept_class_id\tconcept_class_name\tconcept_class_concept_id", "Physical Object\tThing\t1"),
    "DOMAIN": ("domain_id\tdomain_name\tdomain_concept_id", "Device\tDevice\t1"),
    "VOCABULARY": (
        "vocabulary_id\tvocabulary_name\tvocabulary_reference\tvocabulary_version\tvocabulary_concept_id",
        "None\tOMOP\t\tv5.0\t1",
    ),
    "RELATIONSHIP": (
        "relationship_id\trelationship_name\tis_hierarchical\tdefines_ancestry\treverse_relationship_id\trelationship_concept_id",
        "Maps to\tMaps to\t0\t0\tMapped from\t1",
    ),
    "DRUG_STRENGTH": (
        (
            "drug_concept_id\tingredient_concept_id\tamount_value\tamount_unit_concept_id\tnumerator_value\tnumerator_unit_concept_id"
            "\tdenominator_value\tdenominator_unit_concept_id\tbox_size\tvalid_start_date\tvalid_end_date\tinvalid_reason"
        ),
        f"1\t2\t0.00025\t8576\t\t\t\t\t\t{VALID}",
    ),
}


def athena(folder: Path, suffix: str = ".csv", **changed: tuple[str, ...]) -> Path:
    for name, lines in (FILES | changed).items():
        write(folder / f"{name}{suffix}", *lines)
    return folder


def test_athenas_files_arrive_as_written(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "vocabulary", athena(tmp_path))
    assert query(
        engine_environment,
        "select concept_id, concept_name, standard_concept, concept_code, valid_start_date, invalid_reason"
        " from raw_vocabulary.concept order by concept_id",
    ) == [(1, '5" "tube', "S", "NA", date(1970, 1, 1), None), (2, "Old", None, "007", date(2002, 1, 31), "D")]
    assert query(engine_environment, "select amount_value, numerator_value from raw_vocabulary.drug_strength") == [
        (Decimal("0.00025"), None)
    ]
    assert query(engine_environment, "select layout, outcome, files, rows_loaded from etl.load_batch") == [
        ("vocabulary", "loaded", 9, 10)
    ]


def test_other_forms_of_the_same_vocabulary(engine_environment: Environment, tmp_path: Path) -> None:
    commas = {
        name: tuple(line.replace("\t", ",").replace(',5" "tube,', ',"5"" ""tube",') for line in lines)
        for name, lines in FILES.items()
    }
    iso = tuple(line.replace("19700101", "1970-01-01").replace("20991231", "2099-12-31")
                for line in FILES["CONCEPT_RELATIONSHIP"])
    forms = {
        "lower": {name.lower(): lines for name, lines in FILES.items()},
        "capitals": {name: (lines[0].upper(), *lines[1:]) for name, lines in FILES.items()},
        "commas": commas,
        "iso": FILES | {"CONCEPT_RELATIONSHIP": iso},
    }
    for form, files in forms.items():
        for name, lines in files.items():
            write(tmp_path / form / f"{name}.csv", *lines)
    athena(tmp_path / "packed", suffix=".csv.gz")
    for form in (*forms, "packed"):
        succeed(engine_environment, "vocabulary", tmp_path / form)
        assert query(
            engine_environment,
            "select concept_name, valid_start_date from raw_vocabulary.concept_relationship"
            " inner join raw_vocabulary.concept using (valid_start_date)",
        ) == [('5" "tube', date(1970, 1, 1))], form


def test_a_new_vocabulary_replaces_the_old_and_marks_every_patient(
    engine_environment: Environment, tmp_path: Path
) -> None:
    succeed(engine_environment, "vocabulary", athena(tmp_path / "old"))
    succeed(engine_environment, "load", export(tmp_path / "export", patient(ANN)))
    newer = athena(tmp_path / "new", CONCEPT=(FILES["CONCEPT"][0], FILES["CONCEPT"][2]))
    write(
        newer / "SOURCE_TO_CONCEPT_MAP.csv",
        "source_code\tsource_concept_id\tsource_vocabulary_id\tsource_code_description\ttarget_concept_id"
        "\ttarget_vocabulary_id\tvalid_start_date\tvalid_end_date\tinvalid_reason",
        f"x\t0\tMINE\t\t2\tSNOMED\t{VALID}",
    )
    succeed(engine_environment, "vocabulary", newer)
    assert query(engine_environment, "select concept_id from raw_vocabulary.concept") == [(2,)]
    assert query(engine_environment, "select source_code from raw_vocabulary.source_to_concept_map") == [("x",)]
    sql = "select batch_id, change from etl.patient_change order by change_id"
    assert query(engine_environment, sql) == [(2, "new"), (3, "vocabulary")]
    # The one that is there already is not loaded again, and nobody is marked.
    assert "loaded already" in succeed(engine_environment, "vocabulary", newer)
    assert query(engine_environment, sql) == [(2, "new"), (3, "vocabulary")]


def test_a_killed_load_is_called_broken_by_the_former_vocabulary_too(
    engine_environment: Environment, tmp_path: Path
) -> None:
    former = athena(tmp_path / "old")
    newer = athena(tmp_path / "new", CONCEPT=(FILES["CONCEPT"][0], FILES["CONCEPT"][2]))
    succeed(engine_environment, "vocabulary", former)
    kill_at(engine_environment, "loader.vocabulary.loading", "finish_batch", "before", "vocabulary", newer)
    assert "loaded already" in succeed(engine_environment, "vocabulary", former)
    outcomes = "select outcome from etl.load_batch order by batch_id"
    assert query(engine_environment, outcomes) == [("loaded",), ("broken",)]


def test_views_on_the_vocabulary_outlive_a_new_one(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "vocabulary", athena(tmp_path / "old"))
    statement = "create view names as select concept_name from raw_vocabulary.concept"
    if engine_of(engine_environment) == "duckdb":
        with duckdb.connect(engine_environment["SYNTHEA_OMOP_DATABASE"]) as connection:
            connection.execute(statement)
    else:
        connection = connect_to_postgres(engine_environment)
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()
    newer = athena(tmp_path / "new", CONCEPT=(FILES["CONCEPT"][0], FILES["CONCEPT"][2]))
    succeed(engine_environment, "vocabulary", newer)
    assert query(engine_environment, "select * from names") == [("Old",)]


def test_a_bad_vocabulary_leaves_the_old_one(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "vocabulary", athena(tmp_path / "old"))
    bad = athena(tmp_path / "bad", CONCEPT_ANCESTOR=(FILES["CONCEPT_ANCESTOR"][0], "1\tx\t1\t1"))
    error = fail(engine_environment, "vocabulary", bad)
    assert 'CONCEPT_ANCESTOR.csv, line 2, column descendant_concept_id: "x" is no whole number' in error
    assert query(engine_environment, "select count(*) from raw_vocabulary.concept") == [(2,)]
    assert query(engine_environment, "select outcome from etl.load_batch order by batch_id") == [
        ("loaded",), ("failed",),
    ]


def test_cpt4_rows_without_names_are_reported(engine_environment: Environment, tmp_path: Path) -> None:
    cpt4 = tuple(f"{number}\t{name}\tProcedure\tCPT4\tCPT4\tS\t{number}\t{VALID}"
                 for number, name in ((3, ""), (4, ""), (5, "Named")))
    output = succeed(
        engine_environment, "vocabulary", athena(tmp_path, CONCEPT=(*FILES["CONCEPT"], *cpt4))
    )
    assert "2 CPT4 concepts have no name" in output
    assert query(engine_environment, "select count(*) from raw_vocabulary.concept") == [(5,)]
    # A vocabulary with all names, or without CPT4, has nothing to report.
    assert "CPT4" not in succeed(engine_environment, "vocabulary", DEMO / "vocabulary")


@pytest.mark.parametrize(
    ("end", "quoted_line_break"), [("\n", False), ("\r\n", False), ("\n", True)], ids=("lf", "crlf", "line_break")
)
def test_a_vocabulary_with_commas_has_all_its_rows(
    engine_environment: Environment, tmp_path: Path, end: str, quoted_line_break: bool
) -> None:
    name = f'"a{end}b, ""c"""' if quoted_line_break else '"b, ""c"""'
    for table, lines in FILES.items():
        commas = [line.replace('5" "tube', "tube").replace("\t", ",") for line in lines]
        if table == "CONCEPT":
            commas.append(f"9,{name},Device,SNOMED,Physical Object,S,9,19700101,20991231,")
        write(tmp_path / f"{table}.csv", *commas, end=end)
    succeed(engine_environment, "vocabulary", tmp_path)
    expected = f'a{end}b, "c"' if quoted_line_break else 'b, "c"'
    assert query(
        engine_environment, "select concept_name from raw_vocabulary.concept where concept_id = 9"
    ) == [(expected,)]


def test_rows_that_do_not_arrive_are_noticed(
    engine_environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loader.vocabulary import loading

    succeed(engine_environment, "vocabulary", athena(tmp_path / "old"))
    monkeypatch.setattr(loading, "count_rows", lambda file, likely: 1000)
    error = fail(engine_environment, "vocabulary", DEMO / "vocabulary")
    assert "1,000 rows are in the file" in error and "the former vocabulary stays" in error
    assert query(engine_environment, "select count(*) from raw_vocabulary.concept") == [(2,)]


def test_rows_are_counted_without_blank_lines(tmp_path: Path) -> None:
    file = CsvFile(tmp_path / "x.csv", ("h",), (None,), "\t", None)
    for text, rows in (
        ("h\n1\n2\n", 2), ("h\n1\n2", 2), ("h\n1\n\n2\n\n", 2), ("h\n", 0), ("h", 0), ("h\r\n1\r\n\r\n", 1),
    ):
        file.path.write_bytes(text.encode())
        assert [count_rows(file, likely) for likely in range(4)] == [rows] * 4, text


def test_postgresql_has_keys_and_indexes_after_a_second_vocabulary(
    postgres_environment: Environment, tmp_path: Path
) -> None:
    sql = "select indexname from pg_indexes where schemaname = 'raw_vocabulary' order by 1"
    succeed(postgres_environment, "vocabulary", athena(tmp_path / "old"))
    once = query(postgres_environment, sql)
    assert {("concept_pkey",), ("concept_vocabulary_id_concept_code_idx",)} <= set(once)
    succeed(postgres_environment, "vocabulary", DEMO / "vocabulary")
    assert query(postgres_environment, sql) == once


def test_what_is_no_vocabulary_is_refused(duckdb_environment: Environment, tmp_path: Path) -> None:
    athena(tmp_path, DOMAIN=("domain_id\tdomain_name", "Device\tDevice"))
    assert "DOMAIN.csv, line 1: the column domain_concept_id is missing" in fail(
        duckdb_environment, "vocabulary", tmp_path
    )
    (tmp_path / "DOMAIN.csv").unlink()
    assert "is no OMOP vocabulary: DOMAIN.csv not found" in fail(duckdb_environment, "vocabulary", tmp_path)


def test_a_shard_has_what_its_export_needs_and_nothing_of_cpt4(
    duckdb_environment: Environment, tmp_path: Path
) -> None:
    source = shutil.copytree(DEMO / "vocabulary", tmp_path / "source")
    with (source / "CONCEPT.csv").open("a") as concepts:
        concepts.write(f"900000001\tLicensed\tProcedure\tCPT4\tCPT4\tS\t99999\t{VALID}\n")
        concepts.write(f"900000002\tNot in the export\tCondition\tSNOMED\tDisorder\tS\t999999999\t{VALID}\n")
        concepts.write(f"900000003\tA value\tMeas Value\tSNOMED\tFinding\tS\t999999998\t{VALID}\n")
    with (source / "CONCEPT_RELATIONSHIP.csv").open("a") as relationships:
        # What a concept of the sample maps to comes along, but for CPT4.
        kept = _concept_of_the_sample(source)
        relationships.write(f"{kept}\t900000001\tMaps to\t{VALID}\n{kept}\t900000003\tMaps to value\t{VALID}\n")
    command = ("vocabulary", source, "--shard-for", DEMO / "synthea", tmp_path / "shard")
    succeed(duckdb_environment, *command)
    assert not Path(duckdb_environment["SYNTHEA_OMOP_DATABASE"]).exists()
    shard = tmp_path / "shard"
    ids = _ids(shard)
    assert "900000003" in ids and not {"900000001", "900000002"} & ids
    # The bundled vocabulary was cut so: nothing more falls off.
    assert ids - {"900000003"} == _ids(DEMO / "vocabulary")
    again = tmp_path / "again"
    succeed(duckdb_environment, "vocabulary", shard, "--shard-for", DEMO / "synthea", again)
    for name in FILES:
        assert (again / f"{name}.csv").read_bytes() == (shard / f"{name}.csv").read_bytes(), name


def test_the_bundled_vocabulary_is_the_shard_of_the_sample(
    exports: Path, duckdb_environment: Environment, tmp_path: Path
) -> None:
    succeed(
        duckdb_environment, "vocabulary", exports / "vocabulary", "--shard-for", DEMO / "synthea", tmp_path / "shard"
    )
    for name in FILES:
        assert (tmp_path / "shard" / f"{name}.csv").read_text() == (DEMO / "vocabulary" / f"{name}.csv").read_text(), (
            f"cut it again: synthea-omop vocabulary {exports / 'vocabulary'}"
            f" --shard-for {DEMO / 'synthea'} {DEMO / 'vocabulary'}"
        )


def test_a_shard_never_overwrites_its_source(duckdb_environment: Environment, tmp_path: Path) -> None:
    source = athena(tmp_path)
    result = call(duckdb_environment, "vocabulary", source, "--shard-for", DEMO / "synthea", source)
    assert result.exit_code == 1 and "is the vocabulary itself" in result.stderr


def _rows(path: Path) -> list[dict[str, str]]:
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def _ids(folder: Path) -> set[str]:
    return {row["concept_id"] for row in _rows(folder / "CONCEPT.csv")}


def _concept_of_the_sample(folder: Path) -> str:
    return next(row["concept_id"] for row in _rows(folder / "CONCEPT.csv")
                if row["vocabulary_id"] == "SNOMED" and row["standard_concept"] == "S")


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_bundled_vocabulary_is_whole(name: str) -> None:
    assert len(_rows(DEMO / "vocabulary" / f"{name}.csv")) > 20

"""What counts as a change: by content and by patient, on both engines."""

import csv
import gzip
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loader.load.lines import LARGEST_SHARE
from loader.load.raw_tables import RAW_TABLES
from tests.loader.command_line import changes, fail, first_names, query, succeed
from tests.loader.exports import ANN, BEN, CLINIC, CONDITIONS, ENCOUNTERS, ORGANIZATIONS, condition, export, patient, write
from tests.support.environments import REPOSITORY, duckdb_environment

Environment = Mapping[str, str]
SAMPLE = REPOSITORY / "seeds" / "demo" / "synthea"
TRANSACTIONS = "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,TRANSFEROUTID"
CLAIM = "f0000000-0000-0000-0000-000000000001"
PAYERS = "Id,NAME,QOLS_AVG,REVENUE"
OTHERS = tuple(f"d0000000-0000-0000-0000-{number:012}" for number in range(6))


def transactions(folder: Path, *rows: tuple[int, str, str, str]) -> Path:
    """Rows of (charge id, type, amount, transfer-out id), each with an id of its own of this very file."""
    lines = [
        f"{number:08x}-{charge:04x}-0000-0000-000000000000,{CLAIM},{charge},{ANN},{kind},{amount},{moved}"
        for number, (charge, kind, amount, moved) in enumerate(rows)
    ]
    return write(folder / "claims_transactions.csv", TRANSACTIONS, *lines)


def new_changes(environment: Environment, batch_id: int) -> list[tuple[str, str]]:
    """(patient, change) of one batch."""
    return [(patient_id, change) for _, batch, patient_id, change in changes(environment) if batch == batch_id]


def stored(environment: Environment) -> dict[str, list[tuple[str, ...]]]:
    """Every raw row as text, without its batch."""
    rows = {}
    for name in RAW_TABLES:
        found = query(environment, f'select * from raw_synthea."{name}"')
        rows[name] = sorted(tuple(map(str, row[:-2])) for row in found)
    return rows


def test_the_same_export_again_does_nothing_and_says_so(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path / "one", patient(ANN), conditions=(condition(ANN, "1"),))
    succeed(engine_environment, "load", folder)
    output = succeed(engine_environment, "load", shutil.copytree(folder, tmp_path / "elsewhere"))
    assert "is loaded already (batch 1): nothing to do" in output
    assert "nothing to do" in succeed(engine_environment, "load", folder, "--snapshot")
    assert query(engine_environment, "select batch_id, outcome from etl.load_batch") == [(1, "loaded")]


def test_an_export_stands_until_somebody_touches_its_patients(
    engine_environment: Environment, tmp_path: Path
) -> None:
    ann = export(tmp_path / "ann", patient(ANN))
    succeed(engine_environment, "load", ann)
    succeed(engine_environment, "load", export(tmp_path / "ben", patient(BEN, first="Ben")))
    assert "nothing to do" in succeed(engine_environment, "load", ann)
    succeed(engine_environment, "load", export(tmp_path / "anna", patient(ANN, first="Anna")))
    assert "1 changed" in succeed(engine_environment, "load", ann)
    assert first_names(engine_environment) == ["Ann", "Ben"]


def test_an_export_stands_until_its_organizations_are_touched_by_others(
    engine_environment: Environment, tmp_path: Path
) -> None:
    """Though no patient of it refers to them."""
    ann, ben = export(tmp_path / "ann", patient(ANN)), export(tmp_path / "ben", patient(BEN, first="Ben"))
    write(ann / "encounters.csv", ENCOUNTERS)
    for one, name in ((ann, "Clinic"), (ben, "Hospital")):
        write(one / "organizations.csv", ORGANIZATIONS, f"{CLINIC},{name},1 Main St,,,,1.5,2.5,,0.0,1")
        succeed(engine_environment, "load", one)
    succeed(engine_environment, "load", ann)
    assert query(engine_environment, "select name from raw_synthea.organizations") == [("Clinic",)]
    # Ben has an encounter there.
    assert new_changes(engine_environment, 3) == [(BEN, "changed")]
    assert "nothing to do" in succeed(engine_environment, "load", ann)


def test_only_who_changed_is_replaced(engine_environment: Environment, tmp_path: Path) -> None:
    lines = [patient(one, first=one[-2:]) for one in (ANN, BEN, *OTHERS)]
    codes = tuple(condition(one, "1") for one in (ANN, BEN, *OTHERS))
    succeed(engine_environment, "load", export(tmp_path / "first", *lines, conditions=codes))
    second = export(tmp_path / "second", *lines, patient(OTHERS[0].replace("d0", "dd")), conditions=codes)
    # Another order of the rows, one row twice, one row less: the order says nothing, the others do.
    write(second / "conditions.csv", CONDITIONS, *reversed(codes[1:]), codes[1])
    output = succeed(engine_environment, "load", second)
    assert "1 patients new, 2 changed" in output
    assert new_changes(engine_environment, 2) == [
        (ANN, "changed"), (BEN, "changed"), (OTHERS[0].replace("d0", "dd"), "new")
    ]
    assert query(engine_environment, "select count(*), sum(batch_id) from raw_synthea.patients") == [(9, 6 + 2 * 3)]
    rows = query(engine_environment, "select rows_read, rows_loaded from etl.load_file where batch_id = 2"
                                     " and file_name = 'conditions.csv'")
    assert rows == [(8, 8)]


def test_counters_that_move_are_no_change_and_their_order_is(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN))
    transactions(folder, (1, "CHARGE", "5.00", ""), (2, "TRANSFEROUT", "", "1"), (3, "PAYMENT", "5.0", ""))
    succeed(engine_environment, "load", folder)
    transactions(folder, (71, "CHARGE", "5", ""), (92, "TRANSFEROUT", "", "71"), (93, "PAYMENT", "5.00", ""))
    assert "0 patients new, 0 changed" in succeed(engine_environment, "load", folder)
    transactions(folder, (72, "CHARGE", "5", ""), (71, "TRANSFEROUT", "", "72"), (93, "PAYMENT", "5.00", ""))
    assert "0 patients new, 1 changed" in succeed(engine_environment, "load", folder)
    assert query(engine_environment, "select chargeid from raw_synthea.claims_transactions order by 1") == [
        (71,), (72,), (93,)
    ]


@pytest.mark.parametrize("others", [0, 6], ids=("parsed_whole", "only_lines_that_differ"))
def test_a_snapshot_removes_who_is_gone(engine_environment: Environment, tmp_path: Path, others: int) -> None:
    lines = [patient(one, first="Other") for one in OTHERS[:others]]
    first = export(
        tmp_path / "first", *lines, patient(ANN), patient(BEN), conditions=(condition(ANN, "1"), condition(BEN, "2")),
    )
    second = export(tmp_path / "second", *lines, patient(ANN, first="Anna"), conditions=(condition(ANN, "1"),))
    succeed(engine_environment, "load", first)
    assert "1 changed, 1 removed" in succeed(engine_environment, "load", second, "--snapshot")
    assert new_changes(engine_environment, 2) == [(ANN, "changed"), (BEN, "removed")]
    assert query(engine_environment, "select code from raw_synthea.conditions") == [("1",)]
    assert query(engine_environment, "select patients_removed from etl.load_batch where batch_id = 2") == [(1,)]
    # Without --snapshot the first one brings Ben back.
    succeed(engine_environment, "load", first)
    assert new_changes(engine_environment, 3) == [(ANN, "changed"), (BEN, "new")]


def test_shared_rows_are_upserted_and_change_those_who_refer_to_them(
    engine_environment: Environment, tmp_path: Path
) -> None:
    other = CLINIC.replace("c0", "c1")
    folder = export(tmp_path, patient(ANN), patient(BEN))
    encounters = (folder / "encounters.csv").read_text().splitlines()
    # A patient who refers to it twice changes once.
    write(folder / "encounters.csv", *encounters[:2], encounters[1], encounters[2].replace(CLINIC, other))

    def clinics(name: str, used: int, *more: str) -> None:
        write(
            folder / "organizations.csv", ORGANIZATIONS, f"{CLINIC},{name},1 Main St,,,,1.5,2.5,,0.0,{used}",
            *(f"{one},Other,,,,,,,,," for one in more),
        )

    clinics("Clinic", 1, other)
    succeed(engine_environment, "load", folder)
    # A counter is replaced and is nobody's change.
    clinics("Clinic", 7, other)
    assert "0 patients new, 0 changed" in succeed(engine_environment, "load", folder)
    assert query(engine_environment, "select utilization, batch_id from raw_synthea.organizations order by id") == [
        (7, 2), (None, 1),
    ]
    # A name is a change of those who were there; what did not come stays.
    clinics("Hospital", 7)
    assert "0 patients new, 1 changed" in succeed(engine_environment, "load", folder)
    assert new_changes(engine_environment, 3) == [(ANN, "changed")]
    assert query(engine_environment, "select name from raw_synthea.organizations order by id") == [
        ("Hospital",), ("Other",)
    ]
    succeed(engine_environment, "load", folder, "--snapshot")
    assert new_changes(engine_environment, 4) == [(BEN, "changed")]
    assert query(engine_environment, "select name from raw_synthea.organizations") == [("Hospital",)]


def test_lines_with_quotes_are_compared_by_their_values(engine_environment: Environment, tmp_path: Path) -> None:
    folder = export(tmp_path, patient(ANN, first='"A, n"'), patient(BEN))
    succeed(engine_environment, "load", folder)
    assert query(engine_environment, "select count(*) from etl.patient_hash") == [(0,)]
    write(folder / "conditions.csv", CONDITIONS, condition(BEN, "1"))
    succeed(engine_environment, "load", folder)
    assert new_changes(engine_environment, 2) == [(BEN, "changed")]


def test_a_bad_line_among_those_that_differ_is_named_in_its_own_file(
    engine_environment: Environment, tmp_path: Path
) -> None:
    lines = [patient(one) for one in (ANN, *OTHERS)]
    folder = export(tmp_path, *lines)
    succeed(engine_environment, "load", folder)
    before = stored(engine_environment)
    write(folder / "conditions.csv", CONDITIONS, condition(ANN, "1").replace("2020-01-01", "2020-13-01"))
    assert f"{folder / 'conditions.csv'}, line 2, column START" in fail(engine_environment, "load", folder)
    assert stored(engine_environment) == before


EVENTS = st.dictionaries(
    st.sampled_from((ANN, BEN, *OTHERS)), st.lists(st.sampled_from("123"), max_size=3), min_size=1
)


@given(loads=st.lists(st.tuples(EVENTS, st.booleans()), min_size=2, max_size=4))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_sequence_of_loads_leaves_the_last_state_of_each_patient(
    tmp_path_factory: pytest.TempPathFactory, loads: list[tuple[dict[str, list[str]], bool]]
) -> None:
    folder = tmp_path_factory.mktemp("loads")
    environment = duckdb_environment(folder)
    state: dict[str, list[str]] = {}
    for number, (patients, snapshot) in enumerate(loads, 1):
        rows = tuple(condition(one, code) for one, codes in patients.items() for code in codes)
        source = export(folder / str(number), *map(patient, patients), conditions=rows)
        before, came = state, {one: sorted(codes) for one, codes in patients.items()}
        state = came if snapshot else {**state, **came}
        batches = len(query(environment, "select 1 from etl.load_batch")) if number > 1 else 0
        succeed(environment, "load", source, *(["--snapshot"] if snapshot else []))
        expected = {one: "removed" for one in before if one not in state}
        # The number of the encounter is of the file: who comes at another place has another encounter.
        found = dict(new_changes(environment, batches + 1))
        for one, codes in state.items():
            if one in patients and before.get(one) != codes:
                expected[one] = "changed" if one in before else "new"
        assert expected.items() <= found.items()
        assert found.keys() <= expected.keys() | patients.keys()
        held: dict[str, list[str]] = {one: [] for (one,) in query(
            environment, "select cast(id as text) from raw_synthea.patients"
        )}
        for one, code in query(environment, "select cast(patient as text), code from raw_synthea.conditions"):
            held[one].append(code)
        assert {one: sorted(codes) for one, codes in held.items()} == state


def test_the_next_years_export_changes_its_own_patients_only(
    exports: Path, engine_environment: Environment
) -> None:
    source = exports / "synthea"
    succeed(engine_environment, "load", source / "v3.3.0_455")
    output = succeed(engine_environment, "load", source / "v3.3.0_45_next")
    with gzip.open(source / "v3.3.0_45_next" / "patients.csv.gz", "rt") as rows:
        came = {row["Id"] for row in csv.DictReader(rows)}
    found = dict(new_changes(engine_environment, 2))
    assert sorted(found.values()).count("new") == 5 and set(found) <= came
    assert f"5 patients new, {len(found) - 5} changed" in output
    untouched = query(
        engine_environment,
        "select count(*) from raw_synthea.encounters where batch_id = 1 and patient not in"
        " (select patient_id from etl.patient_change where batch_id = 2)",
    )
    assert untouched == query(
        engine_environment,
        "select count(*) from raw_synthea.encounters where patient not in"
        " (select patient_id from etl.patient_change where batch_id = 2)",
    )



def test_the_sample_again_with_one_value_changed(engine_environment: Environment, tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLE, tmp_path / "sample")
    succeed(engine_environment, "load", folder)
    before = stored(engine_environment)
    lines = (folder / "observations.csv").read_text().splitlines(keepends=True)
    (folder / "observations.csv").write_text("".join(lines[:-1]))
    output = succeed(engine_environment, "load", folder)
    assert "0 patients new, 1 changed" in output
    after = stored(engine_environment)
    assert len(after.pop("observations")) == len(before.pop("observations")) - 1 and after == before
    # The lines of the other patients were not parsed: one patient of sixteen is below the share.
    assert LARGEST_SHARE > 1 / 16

"""An export read by the lines that differ leaves what an export that is parsed whole leaves, on both engines."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loader.databases.scratch import scratch_in_memory
from loader.errors import LoaderError
from loader.load import lines
from loader.load.raw_tables import RAW_TABLES
from tests.loader.command_line import call, queries, succeed
from tests.loader.exports import ANN, BEN, CLINIC, ENCOUNTERS, ORGANIZATIONS, VISIT, condition, export, patient, write
from tests.support import environments
from tests.support.postgres_server import PostgresServer

Environment = Mapping[str, str]
PEOPLE = (ANN, BEN, *(f"d0000000-0000-0000-0000-{number:012}" for number in range(6)))
TRANSACTIONS = "ID,CLAIMID,CHARGEID,PATIENTID,TYPE,AMOUNT,TRANSFEROUTID"
LEDGER = (
    (
        "select batch_id, outcome, files, rows_read, rows_loaded, rows_rejected, patients_new, patients_changed,"
        " patients_removed from etl.load_batch"
    ),
    "select batch_id, file_name, bytes, sha256, rows_read, rows_loaded, rows_rejected from etl.load_file",
    "select batch_id, file_name, line_number, column_name, value, reason, raw_line from etl.rejected_row",
    "select change_id, batch_id, cast(patient_id as text), change from etl.patient_change",
    "select cast(patient_id as text), hash, made_by from etl.patient_hash",
)


@dataclass(frozen=True)
class Given:
    """What one export holds. `people` are (patient, codes of the conditions); the counters of every other
    patient move with `counter`.
    """

    people: tuple[tuple[str, tuple[str, ...]], ...]
    snapshot: bool = False
    counter: int = 1
    clinic: str = "Clinic"
    suffix: str = ".csv"
    # A value of a condition of the first patient: quoted, in another spelling, or bad.
    odd: str = "2020-01-01"

    def written(self, folder: Path) -> list[Any]:
        """Writes the export; the arguments that load it."""
        ids = [one for one, _ in self.people]
        codes = [condition(one, code) for one, codes in self.people for code in codes]
        if codes:
            codes[0] = codes[0].replace("2020-01-01", self.odd, 1)
        export(folder, *map(patient, ids), conditions=tuple(codes), suffix=self.suffix)
        # Numbers by patient: who comes at another place has the same encounter.
        write(folder / f"encounters{self.suffix}", ENCOUNTERS, *(
            f"{VISIT}{PEOPLE.index(one)},2020-01-01T10:00:00Z,,{one},{CLINIC},,,1" for one in ids
        ))
        write(folder / f"organizations{self.suffix}", ORGANIZATIONS, f"{CLINIC},{self.clinic},,,,,,,,,{len(ids)}")
        write(folder / f"claims_transactions{self.suffix}", TRANSACTIONS, *(
            f"{number:08}-0000-0000-0000-{place:012},{CLINIC},{number},{one},{kind},1.0,"
            for one in ids for place in (PEOPLE.index(one),)
            for number, kind in enumerate(("CHARGE", "PAYMENT"), 2 * place + place % 2 * self.counter)
        ))
        return [folder, *["--snapshot"] * self.snapshot, "--max-rejects", 1]


def everything(environment: Environment) -> dict[str, list[tuple[str, ...]]]:
    """Every raw row with its batch, and the ledger without its times, as text."""
    asked = [*(f'select * from raw_synthea."{name}"' for name in RAW_TABLES), *LEDGER]
    return {
        sql: sorted(tuple(map(str, row)) for row in rows)
        for sql, rows in zip(asked, queries(environment, asked), strict=True)
    }


@contextmanager
def roads(server: PostgresServer) -> Iterator[dict[str, Environment]]:
    """An empty database for each road."""
    with ExitStack() as opened:
        folders = [Path(opened.enter_context(TemporaryDirectory())) for _ in range(3)]
        yield {
            "duckdb": environments.duckdb_environment(folders[0]),
            "postgres": opened.enter_context(environments.postgres_environment(server, folders[1])),
            "parsed whole": opened.enter_context(environments.postgres_environment(server, folders[2])),
        }


def check(server: PostgresServer, loads: list[Given], folder: Path) -> int:
    """Load on every road and compare after each load; how many loads on PostgreSQL took the road by the lines."""
    cut = []

    def counted(self: lines.Lines, folder: Path) -> Any:
        cut.append(1)
        return cut_out(self, folder)

    cut_out, taken = lines.Lines.cut_out, 0
    with roads(server) as databases:
        for number, load in enumerate(loads):
            arguments = load.written(folder / str(number))
            found = {}
            for road, environment in databases.items():
                with pytest.MonkeyPatch.context() as patched:
                    patched.setattr(lines, "LARGEST_SHARE", -1 if road == "parsed whole" else 0.6)
                    patched.setattr(lines.Lines, "cut_out", counted)
                    cut.clear()
                    result = call(environment, "load", *arguments)
                    assert result.exit_code == 0, f"{road}: {result.stdout}{result.stderr}{result.exception!r}"
                    assert not (cut and road == "parsed whole")
                    taken += len(cut) * (road == "postgres")
                found[road] = everything(environment)
            assert found["postgres"] == found["parsed whole"]
            assert found["duckdb"] == found["postgres"]
    return taken


ALL = tuple((one, ("1",)) for one in PEOPLE)
SEQUENCES = {
    "one_changes": ([Given(ALL), Given(((ANN, ("2",)), *ALL[1:]))], 1),
    "counters_of_some_move": ([Given(ALL), Given(ALL, counter=90), Given(ALL, counter=91, clinic="House")], 2),
    "a_snapshot": ([Given(ALL), Given(((ANN, ("2", "3")), *ALL[2:]), snapshot=True), Given(ALL)], 2),
    "shared_rows": ([Given(ALL), Given(ALL, clinic="Hospital"), Given(ALL[:3], clinic="House", snapshot=True)], 2),
    "packed": ([Given(ALL, suffix=".csv.gz"), Given((*ALL[:7], (PEOPLE[7], ())), suffix=".csv.gz")], 1),
    # Without hashes everything is parsed; the load after it keeps them again.
    "quotes": ([Given(ALL), Given(ALL, odd='"2020-01-02"'), Given(ALL), Given(ALL, clinic="House")], 1),
    "another_spelling": ([Given(ALL), Given(ALL, odd="2020-1-5"), Given(ALL)], 2),
    "a_bad_row": ([Given(ALL), Given(ALL, odd="2020-13-01"), Given(ALL), Given(ALL, clinic="House")], 2),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_both_roads_leave_the_same(postgres_server: PostgresServer, tmp_path: Path, name: str) -> None:
    loads, by_lines = SEQUENCES[name]
    assert check(postgres_server, loads, tmp_path) == by_lines


EXPORTS = st.builds(
    Given,
    people=st.dictionaries(
        st.sampled_from(PEOPLE), st.lists(st.sampled_from("123"), max_size=2).map(tuple), min_size=1
    ).map(lambda people: tuple(people.items())),
    snapshot=st.booleans(), counter=st.sampled_from((1, 1, 50)), clinic=st.sampled_from(("Clinic", "Clinic", "House")),
    suffix=st.sampled_from((".csv", ".csv", ".csv.gz")),
    odd=st.sampled_from(("2020-01-01", "2020-01-01", '"2020-01-02"', "2020-1-5", "2020-13-01")),
)


@given(loads=st.lists(EXPORTS, min_size=2, max_size=4))
@settings(
    max_examples=int(os.environ.get("LINES_EXAMPLES", "6")), deadline=None, suppress_health_check=list(HealthCheck),
    # An example takes seconds: shrinking one would take minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
def test_both_roads_leave_the_same_after_any_sequence(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory, loads: list[Given]
) -> None:
    check(postgres_server, loads, tmp_path_factory.mktemp("loads"))


def test_hashes_of_another_version_are_made_anew(engine_environment: Environment, tmp_path: Path) -> None:
    succeed(engine_environment, "load", *Given(ALL).written(tmp_path / "first"))
    kept = everything(engine_environment)[LEDGER[-1]]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "MADE_BY", "another")
        succeed(engine_environment, "load", *Given(ALL, clinic="House").written(tmp_path / "second"))
    assert everything(engine_environment)[LEDGER[-1]] == [(one, hash_, "another") for one, hash_, _ in kept]


def test_what_runs_in_the_scratch_ends_when_it_is_stopped() -> None:
    with scratch_in_memory("100MB") as scratch:
        scratch.stop()
        (result,) = scratch.side_by_side(["select count(*) from range(1000000000000)"])
        assert isinstance(result, LoaderError)
        with pytest.raises(LoaderError, match="--memory-limit"):
            scratch.execute("select * from scratch.nothing")

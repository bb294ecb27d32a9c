"""What a sequence of loads must leave: the state of each patient and shared row, and who changed since when."""

import csv
import itertools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loader.load.shared import SHARED_COUNTERS
from tests.incremental.sample import FILES, OF_PATIENTS, SHARED, Row, State, header, references, rows_of, shared_ids, shared_row

SharedRow = tuple[str, str]
TORN = "not a date,not an id,,,,,,,\n"


@dataclass(frozen=True)
class Export:
    """What an export holds: patients and their states, and the states of those shared rows that are not as in the
    sample (None: not in the export).
    """

    patients: Mapping[str, State]
    shared: Mapping[SharedRow, State | None] = field(default_factory=dict)

    def shared_states(self) -> dict[SharedRow, State]:
        """Every shared row of the export."""
        states = {(file, row_id): State.SAME for file in SHARED for row_id in shared_ids(file)} | dict(self.shared)
        return {name: state for name, state in states.items() if state}

    def write(self, folder: Path, number: int, torn: bool = False) -> Path:
        """The CSV files. Counters of the whole run differ with the number of the run; `torn` adds half a line."""
        folder.mkdir(parents=True)
        shared = self.shared_states()
        for file in FILES:
            if file in OF_PATIENTS:
                rows = [row for person, state in self.patients.items() for row in rows_of(person, state)[file]]
            else:
                rows = [shared_row(name, row_id, state) for (name, row_id), state in shared.items() if name == file]
            if file == "claims_transactions":
                rows = list(_recounted(rows, number))
            with (folder / f"{file}.csv").open("w", newline="", encoding="utf-8") as lines:
                writer = csv.DictWriter(lines, header(file), lineterminator="\n")
                writer.writeheader()
                writer.writerows(_of_run(file, row, number) for row in rows)
                if torn and file == "observations":
                    lines.write(TORN)
        return folder


def _recounted(rows: list[Row], number: int) -> Iterator[Row]:
    """Transactions are numbered through a run, whoever they belong to."""
    places = {row["CHARGEID"]: str(100_000 * number + place) for place, row in enumerate(rows)}
    for row, count in zip(rows, itertools.count()):
        yield row | {
            "ID": str(uuid.UUID(int=(number << 64) + count)), "CHARGEID": places[row["CHARGEID"]],
            "TRANSFEROUTID": places[row["TRANSFEROUTID"]] if row["TRANSFEROUTID"] else "",
        }


def _of_run(file: str, row: Row, number: int) -> Row:
    """Counters of shared rows say something about the run."""
    return row | {name: str(number) for name in row if name.lower() in SHARED_COUNTERS.get(file, ())}


@dataclass
class World:
    """What is loaded, and the patients whose content, or whose shared rows, changed since the last whole build."""

    patients: dict[str, State] = field(default_factory=dict)
    shared: dict[SharedRow, State] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def load(self, export: Export, snapshot: bool) -> None:
        """The export's patients replace their former state; those of a snapshot are all there are."""
        before, shared_before = dict(self.patients), dict(self.shared)
        if snapshot:
            self.patients.clear()
            self.shared.clear()
        self.patients |= export.patients
        self.shared |= export.shared_states()
        moved = {
            name for name in self.shared.keys() | shared_before.keys()
            if self.shared.get(name) != shared_before.get(name)
        }
        self.touched |= {
            person for person in self.patients.keys() | before.keys()
            if self.patients.get(person) != before.get(person) or references(person, self.patients[person]) & moved
        }

    def touch_all(self) -> None:
        """A new vocabulary, or a full refresh, is a change of everybody."""
        self.touched |= self.patients.keys()

    def merged(self) -> Export:
        """One export that holds what all loads together have left."""
        absent = {(file, row_id): None for file in SHARED for row_id in shared_ids(file)}
        return Export(dict(self.patients), absent | self.shared)

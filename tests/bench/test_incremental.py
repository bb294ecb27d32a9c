"""The exports that the benchmark of small changes loads: the changed patients alone, and all with them changed."""

from pathlib import Path

from bench.incremental import make_exports
from bench.loads import chosen_patients
from loader.load.export import read_export
from loader.load.raw_tables import RAW_TABLES
from tests.support.environments import REPOSITORY

SAMPLE = REPOSITORY / "seeds" / "demo" / "synthea"
SHARE = 0.25


def lines_of(export: Path) -> dict[str, list[str]]:
    return {name: file.path.read_text().splitlines() for name, file in read_export(export).files}


def test_the_small_export_holds_the_changed_patients_and_nobody_else(tmp_path: Path) -> None:
    exports = make_exports(SAMPLE, tmp_path, 2, SHARE)
    chosen = chosen_patients(exports["export"], SHARE)
    assert len(chosen) == 8
    everything, few, all_changed = (lines_of(exports[name]) for name in ("export", "delta", "whole"))
    for name, lines in everything.items():
        is_of_patients = RAW_TABLES[name].patient_column is not None
        expected = [
            line for number, line in enumerate(lines)
            if not is_of_patients or number == 0 or any(patient in line for patient in chosen)
        ]
        if name == "encounters":
            assert len(few[name]) == len(expected) and set(few[name]) & set(lines) == {lines[0]}
            assert len(set(all_changed[name]) - set(lines)) == len(expected) - 1
            assert not (set(all_changed[name]) & set(few[name])) - {lines[0]}
        else:
            assert few[name] == expected and all_changed[name] == lines

"""Whether the tests find faults of the kinds that this project has had: `make mutants`, or `python -m tests.mutants NAME...`.

Each fault is planted in a copy of the project as it is staged, and the tests that are to find it run there: of those that
`make check` runs, with `--quick`. Ends with 1 when one of them is not found.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Mutant:
    """A fault: in a file one text stands where another one belongs; and the tests that are to find it."""

    path: str
    right: str
    wrong: str
    found_by: str
    is_quick: bool = True

    def plant(self, project: Path) -> None:
        """Write the fault into a copy of the project. Raises ValueError where the project reads otherwise by now."""
        file = project / self.path
        text = file.read_text(encoding="utf-8")
        if text.count(self.right) != 1:
            raise ValueError(f"{self.path} has {self.right!r} {text.count(self.right)} times")
        file.write_text(text.replace(self.right, self.wrong), encoding="utf-8")


GOLDEN = "tests/golden/test_golden_cases.py"
MUTANTS = {
    "a join that has lost a condition": Mutant(
        "models/intermediate/vocabulary/int_vocabulary__code_map.sql",
        "            and targets.purpose = 'target'\n", "", GOLDEN,
    ),
    "a gap of 30 days that ends an era": Mutant(
        "models/omop/eras/drug_era.sql", "start_date <= end_date_so_far + 30", "start_date < end_date_so_far + 30", GOLDEN,
    ),
    "an emergency on the day before the stay that is no part of it": Mutant(
        "models/intermediate/visits/int_visits__stays_merged.sql",
        "encounters.end_date >= inpatient_stays.start_date - 1", "encounters.end_date >= inpatient_stays.start_date", GOLDEN,
    ),
    "an end before its start": Mutant(
        "macros/cdm/not_before.sql", "then greatest({{ stop }}, {{ start }}) end", "then {{ stop }} end", GOLDEN,
    ),
    "a rejected row that is counted and not kept": Mutant(
        "loader/load/rejects.py", "if not self.hopeless:", "if self.count > 1 and not self.hopeless:",
        "tests/loader/test_quarantine.py",
    ),
    "a limit of rejected rows that is one too small": Mutant(
        "loader/load/rejects.py", "return rejected <= (", "return rejected < (", "tests/loader/test_quarantine.py",
    ),
    "a page that lets a value be HTML": Mutant(
        "loader/report/page/writing.py", "autoescape=True", "autoescape=False", "tests/loader/test_report_page.py",
    ),
    "a name whose quotes end it": Mutant(
        "loader/databases/base.py", """'"' + name.replace('"', '""') + '"'""", """'"' + name + '"'""",
        "tests/loader/test_quarantine.py",
    ),
    "a comparison that NULL makes unknown": Mutant(
        "loader/load/changes.py", "where hash_after.hash is distinct from hash_before.hash",
        "where hash_after.hash <> hash_before.hash", "tests/loader/test_changes.py",
    ),
    "old rows of a changed person that stay": Mutant(
        "macros/materializations/replace_persons.sql",
        "    delete from {{ relation }}\n    where {{ in_changed_persons(person, 'person_id') }};\n", "",
        "tests/pipeline/test_build_on_both_engines.py", is_quick=False,
    ),
    "a share at the threshold that fails its check": Mutant(
        "models/quality/dqd_results.sql", "> definitions.threshold_value * counts", ">= definitions.threshold_value * counts",
        "tests/pipeline/test_build_on_both_engines.py", is_quick=False,
    ),
    "failed data tests that end well": Mutant(
        "loader/errors.py", "exit_code = 4", "exit_code = 0", "tests/pipeline/test_run_again.py", is_quick=False,
    ),
    "a publish that swaps the wrong way round": Mutant(
        "loader/publish/copy_of_file.py", "copy.replace(self._target)", "self._target.replace(copy)",
        "tests/operations/test_publish.py -k duckdb", is_quick=False,
    ),
}


def main(*names: str) -> int:
    """How the tests ended, for every mutant or those of the names."""
    unknown = [name for name in names if name not in MUTANTS]
    if unknown:
        print(f"There is no mutant {unknown[0]!r}: {'; '.join(MUTANTS)}", file=sys.stderr)
        return 2
    survivors = 0
    for name in names or MUTANTS:
        started = perf_counter()
        found = _is_found(MUTANTS[name])
        survivors += not found
        print(f"{'found' if found else 'SURVIVES':<9} {perf_counter() - started:5.0f} s  {name}", flush=True)
    print(f"{survivors} of {len(names or MUTANTS)} survive")
    return bool(survivors)


def _is_found(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory(prefix="synthea-omop-mutant-") as folder:
        project = Path(folder, "project")
        subprocess.run(["git", "checkout-index", "--all", f"--prefix={project}/"], cwd=REPOSITORY, check=True)
        mutant.plant(project)
        options = ["--quick"] if mutant.is_quick else []
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *options, *mutant.found_by.split()],
            cwd=project, env=os.environ | {"PYTHONPATH": str(project)}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, check=False,
        )
        # Whatever else than a failed test ended pytest has found nothing.
        if done.returncode not in (0, 1):
            raise RuntimeError(f"pytest ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

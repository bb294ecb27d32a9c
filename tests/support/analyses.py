"""The analyses of the project, compiled for a database and put to it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.support.answers import ANSWERS, Cdm
from tests.support.commands import dbt
from tests.support.comparison import reading
from tests.support.environments import REPOSITORY

NAMES = sorted(path.stem for path in (REPOSITORY / "analyses").glob("*.sql"))
# Fewer decimals than the engines agree on in sums and shares.
DECIMALS = 6


@dataclass(frozen=True)
class Answer:
    """What an analysis answered, and what plain Python says."""

    columns: list[str]
    rows: list[tuple]
    expected: list[tuple]

    @property
    def difference(self) -> tuple[list[tuple], list[tuple]]:
        """The rows that only the one has, and those that only the other has. Columns that Python has not count not."""
        width = len(self.expected[0]) if self.expected else 0
        given, expected = _counted(row[:width] for row in self.rows), _counted(self.expected)
        return sorted((given - expected).elements(), key=str), sorted((expected - given).elements(), key=str)


def _counted(rows: Iterable[tuple]) -> Counter[tuple]:
    return Counter(
        tuple(round(float(value), DECIMALS) if isinstance(value, int | float | Decimal) else value for value in row)
        for row in rows
    )


def answers(environment: Mapping[str, str], folder: Path) -> dict[str, Answer]:
    """Analysis -> its answer on the database of the environment, all of them compiled by one dbt."""
    dbt("compile", "--select", "path:analyses", "--target-path", str(folder), environment=environment)
    compiled = folder / "compiled" / "synthea_omop" / "analyses"
    with reading(environment) as reader:
        cdm = Cdm(reader)
        found = {}
        for name in NAMES:
            sql = (compiled / f"{name}.sql").read_text(encoding="utf-8")
            found[name] = Answer(reader.columns(sql), list(reader.query(sql)), ANSWERS[name](cdm))
        return found

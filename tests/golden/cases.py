"""The golden cases as they are written in cases/*.yml: what one patient's export says and which rows that must give."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"
NEWEST = "v3.4"
WORDS = {"case", "rule", "layout", "expect"}

Row = Mapping[str, str]


@dataclass(frozen=True)
class Case:
    """One patient: `given` has the rows of each source file, `expected` those of each CDM table."""

    topic: str
    name: str
    rule: str
    layout: str
    given: Mapping[str, Any]
    expected: Mapping[str, Any]
    number: int = field(compare=False)

    def __str__(self) -> str:
        return f"{self.topic}: {self.name} (rulings {self.rule})"


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, in the order of the files and of their lines."""
    found = []
    for path in sorted(CASES.glob("*.yml")):
        # Everything is text: a code keeps its leading zero and a date its spelling.
        for entry in yaml.load(path.read_text(), Loader=yaml.BaseLoader):
            given = {word: value for word, value in entry.items() if word not in WORDS}
            found.append(
                Case(
                    topic=path.stem,
                    name=entry["case"],
                    rule=entry["rule"],
                    layout=entry.get("layout", NEWEST),
                    given=given,
                    expected=entry["expect"],
                    number=len(found),
                )
            )
    return tuple(found)

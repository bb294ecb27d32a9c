"""One optimisation, on against off: how it is measured, what came out, and what follows for the default."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

# Less than that either way is not told from the noise.
TOLD_APART = 1.05


@dataclass(frozen=True)
class Switch:
    """`on` and `off` do the same work and give what it cost, in `unit`. `is_default`: whether the project has it on."""

    name: str
    engine: str
    measured: str
    on: Callable[[], float]
    off: Callable[[], float]
    default: str
    is_default: bool = True
    unit: str = "s"


@dataclass(frozen=True)
class Row:
    """What came out: the medians of both sides, and off / on of each pair."""

    name: str
    engine: str
    measured: str
    unit: str
    on: float
    off: float
    ratios: tuple[float, ...]
    default: str
    is_default: bool

    @property
    def ratio(self) -> float:
        """How much dearer it is without; of the pairs' ratios the median."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        if self.ratio >= TOLD_APART:
            return "pays"
        return "does not pay" if self.ratio <= 1 / TOLD_APART else "no difference"

    @property
    def is_contradicted(self) -> bool:
        """Whether the default is the side that costs more."""
        return self.verdict == ("does not pay" if self.is_default else "pays")

    def line(self) -> dict[str, Any]:
        """The row as it is kept in a file."""
        return asdict(self) | {"ratio": round(self.ratio, 3), "verdict": self.verdict}

    @classmethod
    def of_line(cls, line: Mapping[str, Any]) -> "Row":
        """The row that a line of a file stands for."""
        kept = {name: line[name] for name in cls.__dataclass_fields__}
        return cls(**kept | {"ratios": tuple(line["ratios"])})


def row_of(switch: Switch, costs: Sequence[tuple[float, float]]) -> Row:
    """The row of a switch whose pairs cost (on, off)."""
    on, off = zip(*costs, strict=True)
    return Row(
        switch.name, switch.engine, switch.measured, switch.unit, round(statistics.median(on), 3),
        round(statistics.median(off), 3), tuple(round(without / with_it, 3) for with_it, without in costs),
        switch.default, switch.is_default,
    )


def measure(switch: Switch, pairs: int) -> Row:
    """Both sides in turns, and each of them first as often as second: what warms a cache warms it for both."""
    costs = []
    for pair in range(pairs):
        if pair % 2:
            off = switch.off()
            costs.append((switch.on(), off))
        else:
            on = switch.on()
            costs.append((on, switch.off()))
    return row_of(switch, costs)


def markdown(rows: Iterable[Row]) -> str:
    """The table of docs/performance.md."""
    lines = [
        "| optimisation | engine | measured | with | without | ratio | verdict | default |", "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        spread = f"**{row.ratio:.2f}** ({min(row.ratios):.2f}-{max(row.ratios):.2f})"
        lines.append(
            f"| {row.name} | {ENGINES[row.engine]} | {row.measured} | {_figure(row.on, row.unit)}"
            f" | {_figure(row.off, row.unit)} | {spread} | {row.verdict} | {row.default} |"
        )
    return "\n".join(lines) + "\n"


ENGINES = {"duckdb": "DuckDB", "postgres": "PostgreSQL"}


def _figure(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}" if value >= 10 else f"{value:.2f} {unit}"

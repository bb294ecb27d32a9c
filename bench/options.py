"""The options that the benchmarks share, and the file of their results."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.support.environments import ENGINES

COLUMNS = 120


def bench_parser(module: str, text: str | None, pairs: str) -> argparse.ArgumentParser:
    """A parser with the options of a benchmark on an export: --export, --vocabulary, --engine, --pairs, --out.

    `text` is the docstring of the module, `pairs` says what a pair is.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=(text or "").partition("\n")[0])
    parser.add_argument("--export", type=Path, required=True, help="folder of a Synthea export")
    parser.add_argument("--vocabulary", type=Path, required=True, help="folder of an Athena vocabulary")
    parser.add_argument("--engine", choices=ENGINES, action="append", required=True, help="may be given again")
    parser.add_argument("--pairs", type=int, default=3, help=f"{pairs} (default 3)")
    parser.add_argument("--out", type=Path, help="file to which each run is added as a line of JSON")
    return parser


def wide_console() -> Console:
    """One on which the tables fit, a pipe too."""
    console = Console()
    console.width = max(console.width, COLUMNS)
    return console


def keep_line(line: Mapping[str, Any], out: Path | None, console: Console) -> None:
    """Show a result as a line of JSON, and add it to the file if there is one."""
    text = json.dumps(line)
    console.print(text, soft_wrap=True, highlight=False, markup=False)
    if out:
        with out.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

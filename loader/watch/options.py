"""The options by which a run is watched."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from loader.watch.alerts import is_url
from loader.watch.running import Watching

FILE = click.Path(dir_okay=False, path_type=Path)


def _checked_url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    # The value may hold a secret: no message repeats it.
    if value and not is_url(value):
        raise click.BadParameter("this is no URL like https://example.org/alerts.")
    return value or None


def watching_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options as one `watching` argument."""

    @click.option(
        "--summary", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE",
        help="Write what became of the run to FILE as JSON, also when it fails; - is standard output.",
    )
    @click.option(
        "--alert-factor", type=click.FloatRange(min=1), default=3.0, show_default=True, metavar="N",
        help="Warn of a step that takes more than N times the median of its last ten runs, while it runs.",
    )
    @click.option(
        "--alert-after", type=click.FloatRange(min=0), metavar="SECONDS",
        help="Warn of every step that takes more than so many seconds, while it runs.",
    )
    @click.option(
        "--alert-url", callback=_checked_url, envvar="SYNTHEA_OMOP_ALERT_URL", show_envvar=True, metavar="URL",
        help="Post such warnings, and the failure of the run, to this webhook as JSON.",
    )
    @wraps(command)
    def with_watching(
        summary: Path | None, alert_factor: float, alert_after: float | None, alert_url: str | None, **arguments: Any
    ) -> None:
        command(watching=Watching(summary, alert_factor, alert_after, alert_url), **arguments)

    return with_watching

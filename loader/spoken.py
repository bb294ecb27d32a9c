"""`--log-format json` beyond the log: errors, those of the usage too, as one JSON object on standard error."""

import os
import traceback
from itertools import pairwise
from typing import Any

import click

from loader import logs

VARIABLE = "SYNTHEA_OMOP_LOG_FORMAT"


class _SpokenError(click.ClickException):
    def __init__(self, message: str, exit_code: int, **fields: Any) -> None:
        super().__init__(message)
        # Click has one code for all errors of a class.
        self.exit_code = exit_code  # type: ignore[misc]
        self._fields = fields

    def show(self, file: Any = None) -> None:
        line = logs.line_of("error", "error", error=self.message, exit_code=self.exit_code, **self._fields)
        click.echo(line, file=file, err=file is None)


class Commands(click.Group):
    """Verbs whose errors are JSON where the output is."""

    def invoke(self, ctx: click.Context) -> Any:
        if not _is_json(ctx.args):
            return super().invoke(ctx)
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            raise _SpokenError(error.format_message(), error.exit_code) from error
        except click.exceptions.Exit:
            raise
        except click.Abort as error:
            raise _SpokenError("Aborted!", 1) from error
        except Exception as error:
            where = "".join(traceback.format_exception(error))
            raise _SpokenError(str(error) or type(error).__name__, 1, traceback=where) from error


def _is_json(arguments: list[str]) -> bool:
    """Whether the words after the verb ask for JSON; they need not be right otherwise."""
    chosen = [after for before, after in pairwise(arguments) if before == "--log-format"]
    chosen += [word.partition("=")[2] for word in arguments if word.startswith("--log-format=")]
    return (chosen[-1] if chosen else os.environ.get(VARIABLE, "")) == "json"

"""Single values of JSON: what counts as a text, a number, a list, an id; and how they are written as CSV."""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

Record = dict[str, Any]


def quoted_text(value: str | None) -> str:
    """A field of CSV; NULL and the empty text alike are nothing. PostgreSQL has no place for NUL characters."""
    if not value:
        return ""
    return '"' + value.replace('"', '""').replace("\0", "\\x00") + '"'


def text_of(value: Any) -> str | None:
    """A scalar of JSON as text; ValueError for an object or a list."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        raise ValueError("a text was expected")  # noqa: TRY004 - what a file holds is a value, whatever its type
    return str(value)


def list_of(value: Any) -> str | None:
    """A list of scalars as JSON text; a scalar is a list of one, None stays None. ValueError for anything else."""
    if value is None:
        return None
    values: Iterable[Any] = value if isinstance(value, list | tuple) else (value,)
    return json.dumps([text_of(one) for one in values], ensure_ascii=False)


def as_json(value: Any) -> str:
    """Anything that came out of the parser, as JSON again."""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


class NoNumber(ValueError):
    """A rate that is none."""


def number_of(value: Any) -> Decimal:
    """A number that is written as a text."""
    if isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except ArithmeticError:
            number = Decimal("nan")
        if number.is_finite():
            return number
    raise NoNumber("the rate is missing" if value in (None, "") else "the rate is no number")


def finite(rate: Decimal | int) -> str:
    """The number as text; NoNumber when a double does not hold it."""
    try:
        number = float(rate)
    except OverflowError:
        number = float("inf")
    if number - number != 0:
        raise NoNumber("the rate is beyond what a number holds")
    return str(rate)


def group_id(value: Any) -> str:
    """The id of a provider group as text: 12, 12.0 and "12" are the same one."""
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else value
    text = None if isinstance(value, bool) else text_of(value)
    if not text or not text.strip():
        raise ValueError("the id of the provider group is missing")
    return text.strip()


def npis_of(group: Record) -> list[Any]:
    """The NPIs of a group as a list, whatever stands there."""
    npis = group.get("npi")
    return npis if isinstance(npis, list) else [] if npis is None else [npis]


def npi_of(value: Any) -> str:
    """An NPI as a field of CSV."""
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return quoted_text((text_of(value) or "").strip())

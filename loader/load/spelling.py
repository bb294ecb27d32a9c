"""How a value of each type may be spelled, defined once for both engines.

The engines' own readers differ: one takes `1.5` for the integer 2, the other `Jan 5` for a date, and both drop the
offset of a time. So a file goes to an engine only when every line of it is `plain`, the narrow spelling that Synthea
writes and both engines read alike. Any other record is read here, by rules a little wider, and is handed to the engine
in the plain spelling, or it is rejected. DuckDB need not be told line by line: what its reader takes, held to the forms
and conditions below, is read here with the same result (a property test says so).
"""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from uuid import UUID

from loader.databases.base import KINDS

# Days that every year has, and the leap days of the years that a patient may have lived in.
_DAY = (
    rb"(?:[12][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    rb"|(?:0[13578]|1[02])-31)|(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|2000)-02-29)"
)
_CLOCK = rb"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?"
_DECIMAL = rb"(?:-?[0-9]{1,15}+(?:\.[0-9]{1,20}+)?+)?+"

# Type -> the plain spelling of a field, which may be empty. Possessive throughout: nothing is tried twice.
_PLAIN = {
    "uuid": rb"(?:[0-9a-f]{8}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{12}+)?+",
    "date": rb"(?:" + _DAY + rb")?+",
    "timestamp": rb"(?:" + _DAY + rb"(?:" + _CLOCK + rb")?+)?+",
    "integer": rb"(?:-?[0-9]{1,9}+)?+",
    "bigint": rb"(?:-?[0-9]{1,18}+)?+",
    "numeric": _DECIMAL,
    "double precision": rb"(?:NaN|" + _DECIMAL + rb")",
}
_QUOTED = rb'(?:"(?:[^"\n\r\0]++|"")*+"|[^,"\n\r\0]*+)'

# What DuckDB's reader is told of dates and times; a file has one of the two forms of times.
DATE_FORM, TIME_FORM = "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"
# Type -> the type that DuckDB reads the field as (a whole number cannot be told from a rounded one), and what has to
# hold of it.
_DUCKDB = {
    "date": ("date", "{0} >= date '1000-01-01'"),
    "timestamp": ("timestamp", "{0} >= timestamp '1000-01-01'"),
    "integer": ("double", "{0} = trunc({0}) and abs({0}) < 2147483648"),
    "bigint": ("double", "{0} = trunc({0}) and abs({0}) < 9007199254740992"),
    "double precision": ("double", "(isfinite({0}) or isnan({0}))"),
}

_SPACE = " \t\n\v\f\r"
_UUID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE | re.ASCII)
_TIMESTAMP = re.compile(
    r"(?P<day>\d{4}-\d\d?-\d\d?)(?:[T ](?P<clock>\d\d?:\d\d?:\d\d?)(?P<fraction>\.\d{1,6})?Z?)?", re.ASCII
)
_DIGITS = r"\d(?:_?\d){0,60}"
_NUMBER = re.compile(rf"\+?-?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS}\.?)?", re.ASCII)
# A double holds every whole number up to there.
_RANGES = {"integer": 2**31, "bigint": 2**53}


def base_type(type_: str) -> str:
    """`numeric` for numeric(18,2); other types as they are."""
    return type_.partition("(")[0]


def plain_field(type_: str) -> bytes:
    """The pattern of a field that both engines read alike."""
    return _PLAIN.get(base_type(type_), _QUOTED)


def duckdb_field(field: str, type_: str) -> tuple[str, str]:
    """The type that DuckDB reads a field as, and the SQL of its value, which fails where a closer look is needed."""
    read_as, condition = _DUCKDB.get(base_type(type_), (type_, ""))
    if not condition:
        return type_, field
    value = field if read_as == base_type(type_) else f"cast({field} as {type_})"
    refused = f"error('a value that is no {KINDS[base_type(type_)]}')"
    return read_as, f"case when {condition.format(field)} then {value} when {field} is not null then {refused} end"


def normalised(value: str, type_: str) -> str:
    """The value, not empty, in its plain spelling; ValueError with the reason where it is none of the type."""
    base = base_type(type_)
    if base == "text":
        if "\0" in value:
            raise ValueError("a NUL byte is no text")
        return value
    if base == "numeric":
        return _numeric(value, type_)
    return _READERS[base](value)


def _refused(value: str, base: str, remark: str = "") -> ValueError:
    shown = value if len(value) <= 100 else value[:100] + "..."
    return ValueError(f'"{shown}" is no {KINDS[base]}{remark}')


def _uuid(value: str) -> str:
    """Hyphens may stand anywhere and braces around it, as DuckDB's own reader has it."""
    bare = (value[1:-1] if value[0] == "{" and value[-1] == "}" else value).replace("-", "")
    if not _UUID.fullmatch(bare):
        raise _refused(value, "uuid")
    return str(UUID(bare))


def _date(value: str) -> str:
    parts = _TIMESTAMP.fullmatch(value.strip(_SPACE))
    day = parts and not parts["clock"] and _day(parts["day"])
    if not day:
        raise _refused(value, "date")
    return day.isoformat()


def _day(text: str) -> date | None:
    try:
        return date(*map(int, text.split("-")))
    except ValueError:
        return None


def _timestamp(value: str) -> str:
    parts = _TIMESTAMP.fullmatch(value.strip(_SPACE))
    if parts and (day := _day(parts["day"])):
        if not parts["clock"]:
            return day.isoformat()
        with suppress(ValueError):
            hour, minute, second = map(int, parts["clock"].split(":"))
            return f"{day}T{time(hour, minute, second)}{parts['fraction'] or ''}Z"
    has_offset = re.search(r":\d\d(\.\d+)?\s*[+-]\d\d", value)
    raise _refused(value, "timestamp", " in UTC: it has an offset" if has_offset else "")


def _whole(base: str) -> Callable[[str], str]:
    """A number without a fraction; `1.0` is one."""

    def read(value: str) -> str:
        number = _float(value)
        if number is None or not number.is_integer():
            raise _refused(value, base)
        if not -_RANGES[base] <= number < _RANGES[base]:
            raise _refused(value, base, f" that fits into {base}")
        return str(int(number))

    return read


def _bare_number(value: str) -> str | None:
    """The number as Python spells it, without what DuckDB's reader reads past."""
    bare = value.strip(_SPACE)
    return bare.removeprefix("+").rstrip(".").replace("_", "") if _NUMBER.fullmatch(bare) else None


def _float(value: str) -> float | None:
    bare = _bare_number(value)
    return float(bare) if bare and math.isfinite(float(bare)) else None


def _numeric(value: str, type_: str) -> str:
    """Rounded half away from zero to the column's decimals, as both engines round."""
    bare = _bare_number(value)
    if not bare:
        raise _refused(value, "numeric")
    digits, decimals = map(int, type_.removeprefix("numeric(").rstrip(")").split(","))
    with localcontext() as context:
        context.prec = 200
        try:
            rounded = Decimal(bare).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        except InvalidOperation:
            raise _refused(value, "numeric", f" that fits into {type_}") from None
        if abs(rounded) >= Decimal(10) ** (digits - decimals):
            raise _refused(value, "numeric", f" that fits into {type_}")
        return f"{rounded + 0:f}"


def _double(value: str) -> str:
    if value.strip(_SPACE).lower().lstrip("-") == "nan":
        return "NaN"
    number = _float(value)
    if number is None:
        raise _refused(value, "double precision")
    return repr(number)


_READERS: dict[str, Callable[[str], str]] = {
    "uuid": _uuid, "date": _date, "timestamp": _timestamp, "integer": _whole("integer"), "bigint": _whole("bigint"),
    "double precision": _double,
}

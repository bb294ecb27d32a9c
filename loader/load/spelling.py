"""How a value of each type may be spelled, defined once for both engines.

The engines' own readers differ: one takes `1.5` for the integer 2, the other `Jan 5` for a date, and both drop the
offset of a time. So a file goes to an engine only when every line of it is `plain`, the narrow spelling that Synthea
writes and both engines read alike. Any other record is read here, by rules a little wider, and is handed to the engine
in the plain spelling, or it is rejected.
"""

import math
import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

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

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I | re.A)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.A)
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,6})?Z?)?", re.A)
_WHOLE = re.compile(r"[+-]?\d{1,40}", re.A)
_NUMBER = re.compile(r"[+-]?(\d{1,60}(\.\d{0,60})?|\.\d{1,60})([eE][+-]?\d{1,3})?", re.A)
_RANGES = {"integer": 2**31, "bigint": 2**63}


def base_type(type_: str) -> str:
    """`numeric` for numeric(18,2); other types as they are."""
    return type_.partition("(")[0]


def plain_field(type_: str) -> bytes:
    """The pattern of a field that both engines read alike."""
    return _PLAIN.get(base_type(type_), _QUOTED)


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
    if not _UUID.fullmatch(value):
        raise _refused(value, "uuid")
    return value.lower()


def _date(value: str) -> str:
    parts = _DATE.fullmatch(value)
    if not parts or not _is_day(value):
        raise _refused(value, "date")
    return value


def _is_day(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _timestamp(value: str) -> str:
    parts = _TIMESTAMP.fullmatch(value)
    if not parts or not _is_day(parts[1]):
        has_offset = re.search(r":\d\d(\.\d+)?\s*[+-]\d\d", value)
        raise _refused(value, "timestamp", " in UTC: it has an offset" if has_offset else "")
    return f"{parts[1]}T{parts[2]}{parts[3] or ''}Z" if parts[2] else value


def _whole(base: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not _WHOLE.fullmatch(value):
            raise _refused(value, base)
        number = int(value)
        if not -_RANGES[base] <= number < _RANGES[base]:
            raise _refused(value, base, f" that fits into {base}")
        return str(number)

    return read


def _numeric(value: str, type_: str) -> str:
    """Rounded half away from zero to the column's decimals, as both engines round."""
    if not _NUMBER.fullmatch(value):
        raise _refused(value, "numeric")
    digits, decimals = map(int, type_.removeprefix("numeric(").rstrip(")").split(","))
    with localcontext() as context:
        context.prec = 200
        try:
            rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        except InvalidOperation:
            raise _refused(value, "numeric", f" that fits into {type_}") from None
        if abs(rounded) >= Decimal(10) ** (digits - decimals):
            raise _refused(value, "numeric", f" that fits into {type_}")
        return f"{rounded + 0:f}"


def _double(value: str) -> str:
    if value == "NaN":
        return value
    if not _NUMBER.fullmatch(value) or not math.isfinite(number := float(value)):
        raise _refused(value, "double precision")
    return repr(number)


_READERS: dict[str, Callable[[str], str]] = {
    "uuid": _uuid, "date": _date, "timestamp": _timestamp, "integer": _whole("integer"), "bigint": _whole("bigint"),
    "double precision": _double,
}

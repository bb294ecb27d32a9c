"""Which files a run takes: named one by one, or found in a folder by the published names."""

import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import ijson.backends.yajl2_c as ijson
from ijson.common import JSONError

from loader.errors import LoaderError
from loader.rates.flattened import PROVIDERS, RATES, Flattened, described
from loader.rates.parse import Unreadable, opened

IN_NETWORK, LOCATION = "in-network json", "provider reference json"
FLATTENED_SUFFIXES = (".parquet", ".csv", ".csv.gz")
JSON_SUFFIXES = (".json", ".json.gz", ".json.zip", ".zip")
# 202508_aetna_ga_rates.parquet: month, payer, state, and which of the two.
_PUBLISHED = re.compile(r"(\d{6}_(.+)_([a-z]{2}))_(rates|providers)\.(?:parquet|csv|csv\.gz)", re.IGNORECASE)
_MONTH = re.compile(r"(20\d{2})[-/]?(0[1-9]|1[0-2])")
# A root attribute further into a file than this does not say what the file is.
SNIFFED = 1 << 16


@dataclass(frozen=True)
class Input:
    """A file that was looked at. `file_set` is shared by files that belong together; `flattened` says its columns."""

    path: Path
    kind: str
    file_set: str
    year_month: str = ""
    flattened: Flattened | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.name


def named_inputs(
    rates: Sequence[Path], providers: Sequence[Path], locations: Sequence[tuple[str, Path]], reader_memory: str
) -> list[Input]:
    """The files that the user named: each checked, flattened providers paired with the rates in the same place."""
    flattened = [path for path in rates if not _is_json(path)]
    if len(providers) > len(flattened):
        raise LoaderError(
            f"{len(providers)} --providers and {len(flattened)} flattened --rates: each providers file belongs to the"
            " rates file in the same place of the order. JSON files have their providers inside."
        )
    found = []
    for path in rates:
        if _is_json(path):
            found.append(_json_input(path))
            continue
        one = _rates_input(path, reader_memory)
        found.append(one)
        if flattened.index(path) < len(providers):
            found.append(_providers_input(providers[flattened.index(path)], one, reader_memory))
    for url, path in locations:
        _check_file(path)
        found.append(Input(path, LOCATION, stem(path), url=url))
    return found


def found_inputs(folder: Path, payer: str, state: str, reader_memory: str) -> tuple[list[Input], list[Path]]:
    """The payer's files of the state in a folder, and the files that may be what references call their location."""
    if not folder.is_dir():
        raise LoaderError(f"{folder} is not a folder. Name the folder that holds the payer's files.")
    pairs: dict[str, dict[str, Path]] = {}
    found, elsewhere, others = [], [], []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if published := _PUBLISHED.fullmatch(path.name):
            if (plain(published[2]), published[3].lower()) == (plain(payer), state.lower()):
                pairs.setdefault(f"{path.parent}/{published[1].lower()}", {})[published[4].lower()] = path
            else:
                others.append(path.name)
        elif _is_json(path):
            if _root_is(path, "provider_groups"):
                elsewhere.append(path)
            elif _root_is(path, "reporting_structure"):
                continue
            # Whole words: "net" is in every in-network file.
            elif f"-{plain(payer)}-" in f"-{plain(path.name)}-":
                found.append(_json_input(path))
            else:
                others.append(path.name)
    for name, pair in pairs.items():
        if "rates" not in pair:
            raise LoaderError(f"{pair['providers']}: the rates to it, {Path(name).name}_rates.*, are missing.")
        one = _rates_input(pair["rates"], reader_memory)
        found.append(one)
        if "providers" in pair:
            found.append(_providers_input(pair["providers"], one, reader_memory))
    if not found:
        seen = f" It holds {', '.join(others[:5])}{' and others' if len(others) > 5 else ''}." if others else ""
        raise LoaderError(
            f"{folder} holds no file of payer {payer!r} and state {state!r}: their names are like"
            f" 202508_{payer}_{state.lower()}_rates.parquet, or 2025-08-01_{payer}_in-network-rates.json.gz.{seen}"
            " Correct --payer and --state, or name the files with --rates and --providers."
        )
    return found, elsewhere


def stem(path: Path) -> str:
    """The name without endings and without what tells rates and providers apart."""
    name = path.name
    for suffix in (".gz", ".zip", ".json", ".csv", ".parquet"):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    return re.sub(r"_(rates|providers)$", "", name, flags=re.IGNORECASE)


def month_of(text: str | None) -> str:
    """The month that a date begins with, as `2025-08`; nothing where it is none."""
    found = _MONTH.match((text or "").strip())
    return f"{found[1]}-{found[2]}" if found else ""


def set_name(path: Path, year_month: str) -> str:
    """What the files of one delivery are called: the month too, where the name does not say it."""
    name = stem(path)
    if not year_month or year_month in name or year_month.replace("-", "") in name:
        return name
    return f"{name} {year_month}"


def _rates_input(path: Path, reader_memory: str) -> Input:
    _check_file(path)
    flattened = described(path, RATES, reader_memory)
    year_month = month_of(flattened.last_updated_on)
    return Input(path, RATES, set_name(path, year_month), year_month, flattened)


def _providers_input(path: Path, rates: Input, reader_memory: str) -> Input:
    _check_file(path)
    return replace(rates, path=path, kind=PROVIDERS, flattened=described(path, PROVIDERS, reader_memory))


def _json_input(path: Path) -> Input:
    _check_file(path)
    if _root_is(path, "reporting_structure"):
        raise LoaderError(f"{path} is a table of contents: give one of the files with rates that it names.")
    return Input(path, IN_NETWORK, stem(path))


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise LoaderError(f"{path} does not exist, or is no file. Nothing was changed.")
    if not path.stat().st_size:
        raise LoaderError(f"{path} is empty. Download or copy it again; nothing was changed.")
    if not path.name.lower().endswith((*FLATTENED_SUFFIXES, *JSON_SUFFIXES)):
        endings = ", ".join((*FLATTENED_SUFFIXES, *JSON_SUFFIXES[:-1]))
        raise LoaderError(f"{path}: rates are read from files that end with {endings}.")


def _is_json(path: Path) -> bool:
    return path.name.lower().endswith(JSON_SUFFIXES)


def _root_is(path: Path, attribute: str) -> bool:
    """Whether the root of a JSON file has this attribute near the beginning; no, if the file cannot be read."""
    start = b""
    with (
        suppress(Unreadable, BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError),
        path.open("rb") as raw, opened(path, raw) as stream,
    ):
        start = stream.read(SNIFFED)
    # Cut off in the middle, as the beginning of a longer file is.
    with suppress(JSONError):
        return any(
            event == ("", "map_key", attribute) for event in ijson.parse(start.removeprefix(b"\xef\xbb\xbf"))
        )
    return False


def plain(name: str) -> str:
    """A payer's name without what spellings of it differ in: case, and what stands between the words."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")

"""Synthetic price-transparency files (CMS in-network rates), as JSON and flattened; the same seed gives the same bytes.

`python -m bench.tic --out DIR --rates N [--schema 1|2] [--packed gz|zip] [--inline | --locations] [--references-last]
[--one-item] [--oddity NAME ...]` writes JSON; `--flattened parquet|csv [--shape 15|25] [--hostile]` writes the two
flattened files instead. From Python: `document()` for one small enough to look at, `write_json()` for any size,
`bench.tic_flattened.flatten()` and `write_flattened()`, `bench.tic_oddities.ODDITIES`.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, TextIO
from zipfile import ZIP_DEFLATED, ZipFile

Record = dict[str, Any]
CODES = (("CPT", "99213", "OFFICE VISIT"), ("CPT", "33216", "INSERT ELECTRODE"), ("HCPCS", "J0696", "CEFTRIAXONE"),
         ("RC", "0450", "EMERGENCY ROOM"), ("MS-DRG", "470", "MAJOR JOINT"))
PLACES = ([], ["11"], ["22", "11"], ["02", "05", "06", "07", "08", "19", "21", "22", "23", "24", "26", "31", "34"])
BASE_URL = "https://payer.example/locations/"


@dataclass(frozen=True)
class Kind:
    """Which of the forms that the schema allows a file takes; `rates` is the number of flattened rates it stands for.

    Each rate of an item has a list of references of its own, or one of so many `lists`, as payers' contracts repeat.
    """

    rates: int = 200
    seed: int = 1
    schema: int = 1
    entity: str = "Northwind Health Plan, Inc."
    day: str = "2025-08-03"
    groups: int = 40
    references_a_rate: int = 10
    elements_an_item: int = 20
    lists: int | None = None
    inline: bool = False
    locations: bool = False
    references_last: bool = False
    one_item: bool = False

    @property
    def root(self) -> Record:
        root = {
            "reporting_entity_name": self.entity, "reporting_entity_type": "Insurer", "last_updated_on": self.day,
            "version": "1.0.0" if self.schema == 1 else "2.0.0",
        }
        if self.schema == 2:
            root |= {"issuer_name": self.entity, "plan_sponsor_name": "Northwind Traders"}
        plan = {"plan_name": "Silver", "plan_id_type": "HIOS", "plan_id": "12345GA001", "plan_market_type": "group"}
        return root | plan


def npi(random: Random) -> int:
    """A number that an NPI may be: ten digits, the last one by Luhn's rule with the prefix 80840."""
    digits = [8, 0, 8, 4, 0, 1, *(random.randrange(10) for _ in range(8))]
    total = sum(sum(divmod(2 * digit, 10)) for digit in digits[::-2]) + sum(digits[-2::-2])
    return int("".join(map(str, digits[5:])) + str(-total % 10))


def provider_groups(random: Random, kind: Kind) -> list[Record]:
    """The groups of one reference: mostly one, each with its NPIs and their TIN."""
    groups = []
    for _ in range(random.choice((1, 1, 1, 2))):
        tin = {"type": "ein", "value": f"{random.randrange(10**9):09}"}
        if kind.schema == 2:
            tin["business_name"] = f"Practice {random.randrange(1000)}"
        groups.append({"npi": [npi(random) for _ in range(random.randrange(1, 6))], "tin": tin})
    return groups


def references(kind: Kind) -> Iterator[Record]:
    """The root's provider references; with `locations` every second one lies in a file of its own."""
    random = Random(f"{kind.seed} references")
    for number in range(1, kind.groups + 1):
        reference: Record = {"provider_group_id": number}
        if kind.schema == 2:
            reference["network_name"] = ["Northwind PPO"]
        if kind.locations and number % 2:
            reference["location"] = f"{BASE_URL}{number}.json"
        else:
            reference["provider_groups"] = provider_groups(random, kind)
        yield reference


def location_files(kind: Kind) -> Iterator[tuple[str, Record]]:
    """(file name, content) of the remote files that the references name."""
    random = Random(f"{kind.seed} locations")
    for number in range(1, kind.groups + 1, 2):
        yield f"{number}.json", {"provider_groups": provider_groups(random, kind)}


def items(kind: Kind) -> Iterator[tuple[Record, Iterator[Record]]]:
    """Each item without its rates, and its rates: as many as it takes."""
    elements = -(-kind.rates // (2 * kind.references_a_rate))
    per_item = elements if kind.one_item else kind.elements_an_item
    random = Random(f"{kind.seed} rates")
    for number in range(-(-elements // per_item) if elements else 0):
        other = ("CPT", f"{10000 + number}", f"Service {number}")
        code_type, code, name = CODES[number] if number < len(CODES) else other
        item = {
            "negotiation_arrangement": "ffs", "name": name, "billing_code_type": code_type,
            "billing_code_type_version": "2025", "billing_code": code, "description": f"{name.capitalize()}, per visit",
        }
        yield item, (_element(random, kind) for _ in range(min(per_item, elements - number * per_item)))


def _element(random: Random, kind: Kind) -> Record:
    element: Record = {"negotiated_prices": [_price(random, kind) for _ in range(2)]}
    if kind.inline:
        element["provider_groups"] = provider_groups(random, kind)
    else:
        chosen = Random(f"{kind.seed} list {random.randrange(kind.lists)}") if kind.lists else random
        count = min(kind.references_a_rate, kind.groups)
        element["provider_references"] = sorted(chosen.sample(range(1, kind.groups + 1), count))
    return element


def _price(random: Random, kind: Kind) -> Record:
    price: Record = {
        "negotiated_type": random.choice(("negotiated", "negotiated", "negotiated", "fee schedule", "percentage")),
        "negotiated_rate": round(random.uniform(5, 1500), 2), "expiration_date": "9999-12-31",
        "service_code": random.choice(PLACES), "billing_class": random.choice(("professional", "institutional")),
    }
    if price["negotiated_type"] == "percentage":
        price["negotiated_rate"] = round(random.uniform(20, 90), 1)
    if random.random() < 0.2:
        price["billing_code_modifier"] = [random.choice(("25", "26", "TC"))]
    if kind.schema == 2:
        price["setting"] = random.choice(("inpatient", "outpatient", "both"))
    if random.random() < 0.05:
        price["additional_information"] = 'Half of it, "as agreed"'
    return price


def document(kind: Kind = Kind()) -> Record:
    """A whole file as one object, to be looked at or changed."""
    found = kind.root
    if not kind.inline:
        found["provider_references"] = list(references(kind))
    found["in_network"] = [item | {"negotiated_rates": list(elements)} for item, elements in items(kind)]
    return _ordered(found, kind)


def _ordered(found: Record, kind: Kind) -> Record:
    if kind.references_last:
        return {"in_network": found["in_network"]} | {name: found[name] for name in found if name != "in_network"}
    return found


def write_document(path: Path, found: Any) -> Path:
    """Write an object as JSON, packed as the name's ending says."""
    with opened(path) as stream:
        json.dump(found, stream)
    return path


def write_json(path: Path, kind: Kind = Kind()) -> Path:
    """Write the file of a kind piece by piece, however large it is."""
    root = {name: json.dumps(value) for name, value in kind.root.items()}
    order = [*root, "in_network"] if kind.inline else [*root, "provider_references", "in_network"]
    if kind.references_last:
        order = ["in_network", *(name for name in order if name != "in_network")]
    with opened(path) as stream:
        for position, name in enumerate(order):
            stream.write(("," if position else "{") + f'"{name}":')
            if name in root:
                stream.write(root[name])
            else:
                _write_list(stream, map(json.dumps, references(kind)) if name != "in_network" else _item_texts(kind))
        stream.write("}")
    return path


def _item_texts(kind: Kind) -> Iterator[str]:
    """The items' JSON in pieces; the pieces of one item belong together."""
    for item, elements in items(kind):
        text = json.dumps(item)[:-1] + ', "negotiated_rates": ['
        while some := list(islice(elements, 1000)):
            yield text + ", ".join(map(json.dumps, some))
            text = "\0, "
        yield "\0]}"


def _write_list(stream: TextIO, texts: Iterator[str]) -> None:
    stream.write("[")
    first = True
    for text in texts:
        if text[0] == "\0":
            stream.write(text[1:])
        else:
            stream.write(text if first else "," + text)
        first = False
    stream.write("]")


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A text stream into a file, or into the one member of an archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.endswith(".zip"):
        member = f"{path.name[:-4].removesuffix('.json')}.json"
        with (
            ZipFile(path, "w", ZIP_DEFLATED) as archive, archive.open(member, "w", force_zip64=True) as packed,
            TextIOWrapper(packed, "utf-8") as stream,
        ):
            yield stream
    elif path.name.endswith(".gz"):
        # No time of day in the header: the same file has the same bytes.
        with (
            path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
            TextIOWrapper(packed, "utf-8") as stream,
        ):
            yield stream
    else:
        with path.open("w", encoding="utf-8") as stream:
            yield stream


def main() -> None:
    from bench.tic_flattened import write_flattened
    from bench.tic_oddities import ODDITIES

    parser = argparse.ArgumentParser(prog="python -m bench.tic", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--rates", type=int, default=10_000, help="rates, counted as flattened rows (default 10000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schema", type=int, choices=(1, 2), default=1, help="CMS schema 1.x or 2.x")
    parser.add_argument("--packed", choices=("gz", "zip"))
    parser.add_argument("--inline", action="store_true", help="provider groups inside of the rates")
    parser.add_argument("--locations", action="store_true", help="half of the references lie in files of their own")
    parser.add_argument("--references-last", action="store_true", help="provider_references after in_network")
    parser.add_argument("--one-item", action="store_true", help="one giant item")
    parser.add_argument("--groups", type=int, default=2000, help="provider groups (default 2000)")
    parser.add_argument("--references", type=int, default=73, help="provider groups a price (default 73)")
    parser.add_argument("--lists", type=int, help="so many different lists of references (default: each its own)")
    parser.add_argument("--oddity", action="append", choices=ODDITIES, default=[], help="small files; may be given again")
    parser.add_argument("--flattened", choices=("parquet", "csv"), help="the two flattened files instead of JSON")
    parser.add_argument("--shape", type=int, choices=(15, 25), default=15, help="columns of the flattened rates")
    parser.add_argument("--hostile", action="store_true", help="a million descriptions, POS lists and dates")
    given = parser.parse_args()
    if given.flattened:
        write_flattened(given.out, given.rates, given.flattened, given.shape, given.seed, hostile=given.hostile)
        return
    kind = Kind(
        given.rates, given.seed, given.schema, groups=given.groups, references_a_rate=given.references,
        inline=given.inline, locations=given.locations, references_last=given.references_last, one_item=given.one_item,
        lists=given.lists,
    )
    path = given.out / f"2025-08-03_northwind_in-network-rates.json{f'.{given.packed}' if given.packed else ''}"
    if given.oddity:
        found = document(kind)
        for name in given.oddity:
            ODDITIES[name](found)
        write_document(path, found)
    else:
        write_json(path, kind)
    if given.locations:
        for name, content in location_files(kind):
            write_document(given.out / name, content)


if __name__ == "__main__":
    main()

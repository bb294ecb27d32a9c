"""Provider groups on their way into the raw tables: of references, of rates, of files of their own; and lists of them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from loader.rates.spool import Spool
from loader.rates.values import Record, as_json, group_id, list_of, npi_of, npis_of, quoted_text, text_of

# How many different lists of references, and groups inside of rates, are known again; then all are forgotten.
SETS_KEPT = 100_000
# Whether lists are looked for in what is known: after so many, this share must have been known.
LISTS_LOOKED_AT, WORTHWHILE = 5_000, 0.05
# An unfinished reference is left alone up to so many groups.
GROUPS_LEFT = 100


# Where a record stands, asked for when something is wrong with it.
Place = Callable[[], str]


class Groups:
    """Writes groups and lists of groups. `group_number` counts the groups of the file."""

    def __init__(self, spool: Spool) -> None:
        self._spool, self._file = spool, spool.file_id
        self._references = self._groups = self._sets = 0
        self._set_numbers: dict[object, int] = {}
        self._lines: list[str] = []
        self._texts: dict[int, str] = {}
        self._repeat, self._looked, self._found = True, 0, 0
        self._inline_ids: set[str] = set()

    # Lists of groups

    def set_of(self, references: Any, row_number: int, place: Place) -> int:
        """The number of a list of references, which is written when it is not known."""
        key = None
        try:
            if self._repeat:
                # With their sum and count, the hash of a list of numbers is as good as the list.
                key = (hash(tuple(references)), sum(references), len(references))
                number = self._set_numbers.get(key)
                self._count_repeat(number is not None)
                if number is not None:
                    return number
            return self._write_set(key, f"[{','.join(self._written(references))}]")
        except TypeError:
            pass
        ids = []
        for reference in references if isinstance(references, list) else [references]:
            try:
                ids.append(group_id(reference))
            except ValueError as error:
                self._spool.reject(row_number, f"{place()}.provider_references", None, reference, str(error), reference)
        return self._number_of(ids)

    def _count_repeat(self, is_known: bool) -> None:
        """In a file whose lists hardly come again, looking for them is given up."""
        self._looked += 1
        self._found += is_known
        if self._looked == LISTS_LOOKED_AT:
            self._repeat = self._found > self._looked * WORTHWHILE
            self._looked = self._found = 0

    def _written(self, numbers: list[int]) -> Sequence[str]:
        """Whole numbers as texts: the same ones come again and again. TypeError when one is none."""
        try:
            return itemgetter(*numbers)(self._texts) if len(numbers) > 1 else [self._texts[numbers[0]]]
        except KeyError:
            if set(map(type, numbers)) != {int}:
                raise TypeError from None
            if len(self._texts) > SETS_KEPT:
                self._texts.clear()
            self._texts.update((number, str(number)) for number in numbers)
            return [self._texts[number] for number in numbers]

    def set_of_inline(self, groups: Any, row_number: int, place: Place) -> int:
        """The number of the list of groups that stand inside of a rate; those that are not known are written too."""
        ids = []
        for number, group in enumerate(groups if isinstance(groups, list) else [groups]):
            where = f"{place()}.provider_groups[{number}]"
            if not isinstance(group, dict):
                self._spool.reject(row_number, where, None, None, "an object was expected", group)
                continue
            # The order of NPIs says nothing.
            content = as_json([sorted(as_json(npi) for npi in npis_of(group)), group.get("tin"), group.get("location")])
            name = f"inline:{hashlib.md5(content.encode('utf-8', 'replace'), usedforsecurity=False).hexdigest()}"
            ids.append(name)
            if name not in self._inline_ids:
                if len(self._inline_ids) >= SETS_KEPT:
                    self._inline_ids.clear()
                self._inline_ids.add(name)
                self._write(name, group, None, row_number, where)
        return self._number_of(ids)

    def _number_of(self, ids: list[str]) -> int:
        text = json.dumps(ids, ensure_ascii=False)
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        number = self._set_numbers.get(key)
        return self._write_set(key, text) if number is None else number

    def _write_set(self, key: object, text: str) -> int:
        number = self._sets
        self._sets += 1
        if len(self._set_numbers) >= SETS_KEPT:
            self._set_numbers.clear()
        if key is not None:
            self._set_numbers[key] = number
        field = quoted_text(text) if '"' in text else f'"{text}"'
        self._lines.append(f"{self._file},{number},{field}\n")
        return number

    def flush(self) -> None:
        """Write the lists that are new since it was last asked."""
        if self._lines:
            self._spool.add("json_group_set", "".join(self._lines), len(self._lines))
            self._lines.clear()

    # Groups of references and of files

    def take_references(self, references: list[Any], final: bool) -> None:
        """Write and remove the references of the root that are finished."""
        finished = max(len(references) if final else len(references) - 1, 0)
        for reference in references[:finished]:
            self._finish(reference)
        del references[:finished]
        if references and isinstance(unfinished := references[0], dict) and "provider_group_id" in unfinished:
            groups = unfinished.get("provider_groups")
            # What they share comes with them: the id and the network may not be written yet when a group is.
            if isinstance(groups, list) and len(groups) > GROUPS_LEFT and "location" not in unfinished:
                self._write_all(unfinished, groups[:-1])
                del groups[:-1]

    def take_file(self, groups: list[Any], final: bool) -> None:
        """Of a file that a reference's location names, which holds the groups of one reference."""
        finished = max(len(groups) if final else len(groups) - 1, 0)
        for group in groups[:finished]:
            self._write(None, group, None, self._groups, f"provider_groups[{self._groups}]")
        del groups[:finished]

    def _finish(self, reference: Any) -> None:
        if isinstance(reference, dict):
            self._write_all(reference, reference.get("provider_groups"))
        else:
            place = f"provider_references[{self._references}]"
            self._spool.reject(self._references, place, None, None, "an object was expected", reference)
        self._references += 1

    def _write_all(self, reference: Record, groups: Any) -> None:
        place = f"provider_references[{self._references}]"
        try:
            name = group_id(reference.get("provider_group_id"))
            location, networks = text_of(reference.get("location")), list_of(reference.get("network_name"))
        except ValueError as error:
            self._spool.reject(self._references, place, None, None, str(error), reference)
            return
        if location:
            fields = ",".join(map(quoted_text, (networks, location)))
            self._spool.add("json_provider", f"{self._file},{quoted_text(name)},{self._groups},,,,,{fields}\n")
            self._groups += 1
        elif not groups and not isinstance(groups, list):
            reason = "neither provider_groups nor location"
            self._spool.reject(self._references, place, None, None, reason, reference)
        for number, group in enumerate(groups if isinstance(groups, list) else [groups] if groups else ()):
            self._write(name, group, networks, self._references, f"{place}.provider_groups[{number}]")

    def _write(self, name: str | None, group: Any, networks: str | None, row_number: int, place: str) -> None:
        """A row an NPI; a group without NPIs has one too."""
        if not isinstance(group, dict):
            self._spool.reject(row_number, place, None, None, "an object was expected", group)
            return
        tin = group.get("tin")
        if isinstance(tin, str | int | Decimal) and not isinstance(tin, bool):
            tin = {"value": tin}
        if tin is not None and not isinstance(tin, dict):
            self._spool.reject(row_number, place, "tin", tin, "an object was expected", group)
            return
        try:
            npis = [npi_of(npi) for npi in npis_of(group)]
            tins = [text_of((tin or {}).get(name)) for name in ("type", "value", "business_name")]
            location = text_of(group.get("location"))
        except ValueError as error:
            self._spool.reject(row_number, place, None, None, str(error), group)
            return
        start = f"{self._file},{quoted_text(name)},{self._groups},"
        end = "," + ",".join(map(quoted_text, (*tins, networks, location))) + "\n"
        self._spool.add("json_provider", start + (end + start).join(npis or [""]) + end, max(len(npis), 1))
        self._groups += 1

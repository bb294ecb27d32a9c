"""From a document that is still being read to rows: finished pieces are taken out, so that it never gets large.

The parser builds one object, the root of the document. After every block of the file `take` empties the lists in it
but for their last entries, which may be unfinished: items, the rates and prices of the item that is being read,
provider references. So the header of an item stays with it, in any order of attributes, in a single pass; and an item
of any size costs no more memory than one of its rates.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any

from loader.rates.spool import Spool, as_json, list_of, quoted_text, text_of

Record = dict[str, Any]
ITEM_TEXTS = (
    "negotiation_arrangement", "name", "billing_code_type", "billing_code_type_version", "billing_code", "description",
    "severity_of_illness",
)
CODE_TEXTS = ("billing_code_type", "billing_code_type_version", "billing_code", "description")
ROLES = {"bundled_codes": "bundled", "covered_services": "covered"}
# How many different terms of prices, lists of references and groups are known again; then all are forgotten.
TERMS_KEPT = 5_000
SETS_KEPT = 100_000
# An unfinished rate is left alone up to so many prices or references.
PRICES_LEFT = 1_000
REFERENCES_LEFT = 50_000
GROUPS_LEFT = 100


class Unfolding:
    """Writes the rows of one document. `take` between blocks, `finish` at the end."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._file = spool.file_id
        self._items = self._elements = self._prices = 0
        self._references = self._groups = self._sets = 0
        self._set_numbers: dict[bytes, int] = {}
        self._inline_ids: set[str] = set()
        self._terms: dict[tuple[Any, ...], str] = {}
        # The lists of the root that were seen: a root that has one twice shows the second one only.
        self._lists: dict[str, list[Any]] = {}

    def take(self, root: Record, final: bool = False) -> None:
        """Write and remove whatever is finished; with `final` everything is."""
        for name, unfold in (
            ("provider_references", self._take_references), ("in_network", self._take_items),
            ("provider_groups", self._take_groups_of_file),
        ):
            found = root.get(name)
            if found is None:
                continue
            former = self._lists.get(name)
            if former is not None and former is not found:
                unfold(former, True)
            if isinstance(found, list):
                self._lists[name] = found
                unfold(found, final)
            elif final:
                self.spool.reject(0, name, None, None, "a list was expected", found)

    # Items

    def _take_items(self, items: list[Any], final: bool) -> None:
        finished = len(items) if final else len(items) - 1
        for item in items[: max(finished, 0)]:
            self._finish_item(item)
        del items[: max(finished, 0)]
        if items and isinstance(items[0], dict):
            self._take_elements(items[0].get("negotiated_rates"), False)

    def _finish_item(self, item: Any) -> None:
        number, place = self._items, f"in_network[{self._items}]"
        if isinstance(item, dict):
            rates = item.get("negotiated_rates")
            if isinstance(rates, list):
                self._take_elements(rates, True)
            else:
                self.spool.reject(number, place, "negotiated_rates", rates, "a list of rates was expected", item)
            texts = self._texts(item, ITEM_TEXTS, number, place)
            self.spool.add("json_item", f"{self._file},{number},{texts}\n")
            for name, role in ROLES.items():
                self._write_codes(item.get(name), role, number, f"{place}.{name}")
        else:
            self.spool.reject(number, place, None, None, "an object was expected", item)
        self._items += 1
        self._elements = self._prices = 0

    def _write_codes(self, codes: Any, role: str, item: int, place: str) -> None:
        if codes is None:
            return
        for number, code in enumerate(codes if isinstance(codes, list) else [codes]):
            if isinstance(code, dict):
                texts = self._texts(code, CODE_TEXTS, item, f"{place}[{number}]")
                self.spool.add("json_item_code", f'{self._file},{item},"{role}",{number},{texts}\n')
            else:
                self.spool.reject(item, f"{place}[{number}]", None, None, "an object was expected", code)

    def _texts(self, record: Record, names: tuple[str, ...], row_number: int, place: str) -> str:
        """The fields as CSV; one that is no text is rejected and left empty."""
        fields = []
        for name in names:
            try:
                fields.append(quoted_text(text_of(record.get(name))))
            except ValueError as error:
                self.spool.reject(row_number, place, name, record[name], str(error), {name: record[name]})
                fields.append("")
        return ",".join(fields)

    # Rates of an item

    def _take_elements(self, elements: Any, final: bool) -> None:
        if not isinstance(elements, list):
            return
        finished = len(elements) if final else len(elements) - 1
        if finished > 0:
            self._write_elements(elements[:finished])
            del elements[:finished]
        if elements and isinstance(elements[0], dict):
            self._take_of_unfinished(elements[0])

    def _take_of_unfinished(self, element: Record) -> None:
        """What is finished of a rate that is too long to wait for its end."""
        prices = element.get("negotiated_prices")
        if isinstance(prices, list) and len(prices) > PRICES_LEFT:
            self._write_prices(prices[:-1])
            del prices[:-1]
        references = element.get("provider_references")
        if isinstance(references, list) and len(references) > REFERENCES_LEFT:
            self._write_sets([self._set_of(references)])
            references.clear()
        groups = element.get("provider_groups")
        if isinstance(groups, list) and len(groups) > GROUPS_LEFT:
            self._write_sets([self._set_of_inline(groups[:-1])])
            del groups[:-1]

    def _write_elements(self, elements: list[Any]) -> None:
        for element in elements:
            if isinstance(element, dict):
                sets = []
                if references := element.get("provider_references"):
                    sets.append(self._set_of(references))
                if groups := element.get("provider_groups"):
                    sets.append(self._set_of_inline(groups))
                if sets:
                    self._write_sets(sets)
                elif not self._prices:
                    self._reject_element(element, "neither provider_references nor provider_groups")
                    continue
                self._write_prices(element.get("negotiated_prices"))
                self._elements += 1
                self._prices = 0
            else:
                self._reject_element(element, "an object was expected")

    def _reject_element(self, element: Any, reason: str) -> None:
        place = f"in_network[{self._items}].negotiated_rates[{self._elements}]"
        self.spool.reject(self._items, place, None, None, reason, element)
        self._elements += 1

    def _write_sets(self, numbers: list[int]) -> None:
        start = f"{self._file},{self._items},{self._elements},"
        self.spool.add("json_element", "".join([f"{start}{number}\n" for number in numbers]), len(numbers))

    def _set_of(self, references: Any) -> int:
        """The number of a list of references, which is written when it is not known."""
        if not isinstance(references, list):
            references = [references]
        if set(map(type, references)) == {int}:
            text = str(references)
        else:
            text = self._checked(references)
        return self._number_of(text)

    def _number_of(self, text: str) -> int:
        key = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        number = self._set_numbers.get(key)
        if number is None:
            number = self._sets
            self._sets += 1
            if len(self._set_numbers) >= SETS_KEPT:
                self._set_numbers.clear()
            self._set_numbers[key] = number
            self.spool.add("json_group_set", f"{self._file},{number},{quoted_text(text)}\n")
        return number

    def _checked(self, references: list[Any]) -> str:
        ids = []
        for reference in references:
            try:
                ids.append(group_id(reference))
            except ValueError as error:
                place = f"in_network[{self._items}].negotiated_rates[{self._elements}].provider_references"
                self.spool.reject(self._items, place, None, reference, str(error), references[:20])
        return json.dumps(ids, ensure_ascii=False)

    def _set_of_inline(self, groups: Any) -> int:
        ids = []
        place = f"in_network[{self._items}].negotiated_rates[{self._elements}].provider_groups"
        for number, group in enumerate(groups if isinstance(groups, list) else [groups]):
            if not isinstance(group, dict):
                self.spool.reject(self._items, f"{place}[{number}]", None, None, "an object was expected", group)
                continue
            # The order of NPIs says nothing.
            content = as_json([sorted(as_json(npi) for npi in npis_of(group)), group.get("tin"), group.get("location")])
            name = f"inline:{hashlib.md5(content.encode('utf-8', 'replace'), usedforsecurity=False).hexdigest()}"
            ids.append(name)
            if name not in self._inline_ids:
                if len(self._inline_ids) >= SETS_KEPT:
                    self._inline_ids.clear()
                self._inline_ids.add(name)
                self._write_group(name, group, None, self._items, f"{place}[{number}]")
        return self._number_of(json.dumps(ids))

    # Prices

    def _write_prices(self, prices: Any) -> None:
        if not isinstance(prices, list):
            place = f"in_network[{self._items}].negotiated_rates[{self._elements}]"
            self.spool.reject(self._items, place, "negotiated_prices", prices, "a list of prices was expected", prices)
            return
        start = f"{self._file},{self._items},{self._elements},"
        terms, lines, number = self._terms, [], self._prices
        for price in prices:
            try:
                rate = price["negotiated_rate"]
                if type(rate) is not Decimal and type(rate) is not int:
                    rate = _number(rate)
                text = str(rate)
                if len(text) > 30 or "E" in text:
                    text = _finite(rate)
                places, modifiers = price.get("service_code"), price.get("billing_code_modifier")
                key = (
                    price.get("negotiated_type"), price.get("expiration_date"),
                    tuple(places) if type(places) is list else places, price.get("billing_class"), price.get("setting"),
                    tuple(modifiers) if type(modifiers) is list else modifiers, price.get("additional_information"),
                )
                shared = terms.get(key)
                if shared is None:
                    shared = self._described(key)
                lines.append(f"{start}{number},{text},{text},{shared}")
            except (KeyError, TypeError, ValueError) as error:
                self._reject_price(price, number, error)
            number += 1
        self._prices = number
        if lines:
            self.spool.add("json_price", "".join(lines), len(lines))

    def _described(self, key: tuple[Any, ...]) -> str:
        kind, expires, places, billing_class, setting, modifiers, information = key
        fields = (
            text_of(kind), text_of(expires), list_of(places), text_of(billing_class), text_of(setting),
            list_of(modifiers), text_of(information),
        )
        if len(self._terms) >= TERMS_KEPT:
            self._terms.clear()
        shared = self._terms[key] = ",".join(map(quoted_text, fields)) + "\n"
        return shared

    def _reject_price(self, price: Any, number: int, error: Exception) -> None:
        place = f"in_network[{self._items}].negotiated_rates[{self._elements}].negotiated_prices[{number}]"
        column, value = None, None
        if not isinstance(price, dict):
            reason = "an object was expected"
        elif isinstance(error, KeyError):
            column, reason = "negotiated_rate", "the rate is missing"
        elif isinstance(error, _NoNumber):
            column, value, reason = "negotiated_rate", price["negotiated_rate"], str(error)
        else:
            reason = "an object or a list stands where a text was expected"
        self.spool.reject(self._items, place, column, value, reason, price)

    # Providers

    def _take_references(self, references: list[Any], final: bool) -> None:
        finished = len(references) if final else len(references) - 1
        for reference in references[: max(finished, 0)]:
            self._finish_reference(reference)
        del references[: max(finished, 0)]
        if references and isinstance(unfinished := references[0], dict) and "provider_group_id" in unfinished:
            groups = unfinished.get("provider_groups")
            # What they share comes with them: the id and the network may not be written yet when a group is.
            if isinstance(groups, list) and len(groups) > GROUPS_LEFT and "location" not in unfinished:
                self._write_groups(unfinished, groups[:-1])
                del groups[:-1]

    def _finish_reference(self, reference: Any) -> None:
        place = f"provider_references[{self._references}]"
        if not isinstance(reference, dict):
            self.spool.reject(self._references, place, None, None, "an object was expected", reference)
        else:
            self._write_groups(reference, reference.get("provider_groups"))
        self._references += 1

    def _write_groups(self, reference: Record, groups: Any) -> None:
        place = f"provider_references[{self._references}]"
        try:
            name = group_id(reference.get("provider_group_id"))
            location, networks = text_of(reference.get("location")), list_of(reference.get("network_name"))
        except ValueError as error:
            self.spool.reject(self._references, place, None, None, str(error), reference)
            return
        if location:
            fields = ",".join(map(quoted_text, (networks, location)))
            self.spool.add("json_provider", f"{self._file},{quoted_text(name)},{self._groups},,,,,{fields}\n")
            self._groups += 1
        elif not groups and not isinstance(groups, list):
            self.spool.reject(self._references, place, None, None, "neither provider_groups nor location", reference)
        for number, group in enumerate(groups if isinstance(groups, list) else [groups] if groups else ()):
            self._write_group(name, group, networks, self._references, f"{place}.provider_groups[{number}]")

    def _take_groups_of_file(self, groups: list[Any], final: bool) -> None:
        """Of a file that a reference's location names: it holds the groups of one reference."""
        finished = len(groups) if final else len(groups) - 1
        for group in groups[: max(finished, 0)]:
            self._write_group(None, group, None, self._groups, f"provider_groups[{self._groups}]")
        del groups[: max(finished, 0)]

    def _write_group(self, name: str | None, group: Any, networks: str | None, row_number: int, place: str) -> None:
        if not isinstance(group, dict):
            self.spool.reject(row_number, place, None, None, "an object was expected", group)
            return
        tin = group.get("tin")
        if isinstance(tin, str | int | Decimal) and not isinstance(tin, bool):
            tin = {"value": tin}
        if tin is not None and not isinstance(tin, dict):
            self.spool.reject(row_number, place, "tin", tin, "an object was expected", group)
            return
        try:
            npis = [_npi(npi) for npi in npis_of(group)]
            tins = [text_of((tin or {}).get(name)) for name in ("type", "value", "business_name")]
            location = text_of(group.get("location"))
        except ValueError as error:
            self.spool.reject(row_number, place, None, None, str(error), group)
            return
        start = f"{self._file},{quoted_text(name)},{self._groups},"
        end = "," + ",".join(map(quoted_text, (*tins, networks, location))) + "\n"
        self.spool.add("json_provider", start + (end + start).join(npis or [""]) + end, max(len(npis), 1))
        self._groups += 1


class _NoNumber(ValueError):
    """A rate that is none."""


def _number(value: Any) -> Decimal:
    """A number that is written as a text."""
    if isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except ArithmeticError:
            number = Decimal("nan")
        if number.is_finite():
            return number
    raise _NoNumber("the rate is missing" if value in (None, "") else "the rate is no number")


def _finite(rate: Decimal | int) -> str:
    try:
        number = float(rate)
    except OverflowError:
        number = float("inf")
    if number - number != 0:
        raise _NoNumber("the rate is beyond what a number holds")
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


def _npi(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return quoted_text((text_of(value) or "").strip())

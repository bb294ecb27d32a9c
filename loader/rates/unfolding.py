"""From a document that is still being read to rows: finished pieces are taken out, so that it never gets large.

The parser builds one object, the root of the document. After every block of the file `take` empties the lists in it
but for their last entries, which may be unfinished: items, the rates and prices of the item that is being read,
provider references. So the header of an item stays with it, in any order of attributes, in a single pass; and an item
of any size costs no more memory than one of its rates.
"""

from decimal import Decimal
from typing import Any

from loader.rates.groups import GROUPS_LEFT, Groups
from loader.rates.spool import Spool
from loader.rates.values import NoNumber, Record, finite, list_of, number_of, quoted_text, text_of

ITEM_TEXTS = (
    "negotiation_arrangement", "name", "billing_code_type", "billing_code_type_version", "billing_code", "description",
    "severity_of_illness",
)
CODE_TEXTS = ("billing_code_type", "billing_code_type_version", "billing_code", "description")
ROLES = {"bundled_codes": "bundled", "covered_services": "covered"}
# How many different terms of prices are known again; then all are forgotten.
TERMS_KEPT = 5_000
# An unfinished rate is left alone up to so many prices or references.
PRICES_LEFT = 1_000
REFERENCES_LEFT = 50_000


class Unfolding:
    """Writes the rows of one document: `take` between blocks, at the end with `final`."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self._file = spool.file_id
        self._groups = Groups(spool)
        self._items = self._elements = self._prices = 0
        self._terms: dict[tuple[Any, ...], str] = {}
        # The lists of the root that were seen: a root that has one twice shows the second one only.
        self._lists: dict[str, list[Any]] = {}

    def take(self, root: Record, final: bool = False) -> None:
        """Write and remove whatever is finished; with `final` everything is."""
        for name, unfold in (
            ("provider_references", self._groups.take_references), ("in_network", self._take_items),
            ("provider_groups", self._groups.take_file),
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
        self._groups.flush()

    # Items

    def _take_items(self, items: list[Any], final: bool) -> None:
        finished = max(len(items) if final else len(items) - 1, 0)
        for item in items[:finished]:
            self._finish_item(item)
        del items[:finished]
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
            texts = self._texts(item, ITEM_TEXTS, place)
            self.spool.add("json_item", f"{self._file},{number},{texts}\n")
            for name, role in ROLES.items():
                self._write_codes(item.get(name), role, f"{place}.{name}")
        else:
            self.spool.reject(number, place, None, None, "an object was expected", item)
        self._items += 1
        self._elements = self._prices = 0

    def _write_codes(self, codes: Any, role: str, place: str) -> None:
        if codes is None:
            return
        for number, code in enumerate(codes if isinstance(codes, list) else [codes]):
            if isinstance(code, dict):
                texts = self._texts(code, CODE_TEXTS, f"{place}[{number}]")
                self.spool.add("json_item_code", f'{self._file},{self._items},"{role}",{number},{texts}\n')
            else:
                self.spool.reject(self._items, f"{place}[{number}]", None, None, "an object was expected", code)

    def _texts(self, record: Record, names: tuple[str, ...], place: str) -> str:
        """The fields as CSV; one that is no text is rejected and left empty."""
        fields = []
        for name in names:
            try:
                fields.append(quoted_text(text_of(record.get(name))))
            except ValueError as error:
                self.spool.reject(self._items, place, name, record[name], str(error), {name: record[name]})
                fields.append("")
        return ",".join(fields)

    # Rates of an item

    def _take_elements(self, elements: Any, final: bool) -> None:
        if not isinstance(elements, list):
            return
        finished = max(len(elements) if final else len(elements) - 1, 0)
        if finished:
            self._write_elements(elements[:finished])
            del elements[:finished]
        if elements and isinstance(elements[0], dict):
            self._take_of_unfinished(elements[0])

    def _take_of_unfinished(self, element: Record) -> None:
        """What is finished of a rate that is too long to wait for its end."""
        prices = element.get("negotiated_prices")
        if isinstance(prices, list) and len(prices) > PRICES_LEFT:
            lines: list[str] = []
            self._write_prices(prices[:-1], lines)
            self.spool.add("json_price", "".join(lines), len(lines))
            del prices[:-1]
        references = element.get("provider_references")
        if isinstance(references, list) and len(references) > REFERENCES_LEFT:
            self._write_set(self._groups.set_of(references, self._items, self._place))
            references.clear()
        groups = element.get("provider_groups")
        if isinstance(groups, list) and len(groups) > GROUPS_LEFT:
            self._write_set(self._groups.set_of_inline(groups[:-1], self._items, self._place))
            del groups[:-1]

    def _write_set(self, number: int) -> None:
        self.spool.add("json_element", f"{self._file},{self._items},{self._elements},{number}\n")

    def _write_elements(self, elements: list[Any]) -> None:
        sets: list[str] = []
        prices: list[str] = []
        groups, start = self._groups, f"{self._file},{self._items},"
        for element in elements:
            if not isinstance(element, dict):
                self._reject_element(element, "an object was expected")
                continue
            if references := element.get("provider_references"):
                number = groups.set_of(references, self._items, self._place)
                sets.append(f"{start}{self._elements},{number}\n")
            if inline := element.get("provider_groups"):
                number = groups.set_of_inline(inline, self._items, self._place)
                sets.append(f"{start}{self._elements},{number}\n")
            # Of one that was written in part, the groups may have been; an empty list is a list.
            if references is inline is None and not self._prices:
                self._reject_element(element, "neither provider_references nor provider_groups")
                continue
            self._write_prices(element.get("negotiated_prices"), prices)
            self._elements += 1
            self._prices = 0
        if sets:
            self.spool.add("json_element", "".join(sets), len(sets))
        if prices:
            self.spool.add("json_price", "".join(prices), len(prices))

    def _place(self) -> str:
        return f"in_network[{self._items}].negotiated_rates[{self._elements}]"

    def _reject_element(self, element: Any, reason: str) -> None:
        self.spool.reject(self._items, self._place(), None, None, reason, element)
        self._elements += 1

    # Prices

    def _write_prices(self, prices: Any, lines: list[str]) -> None:
        """Add the lines of prices to `lines`; those that are none are rejected."""
        if not isinstance(prices, list):
            reason = "a list of prices was expected"
            self.spool.reject(self._items, self._place(), "negotiated_prices", prices, reason, prices)
            return
        start = f"{self._file},{self._items},{self._elements},"
        terms, number = self._terms, self._prices
        for price in prices:
            try:
                rate = price["negotiated_rate"]
                if type(rate) is not Decimal and type(rate) is not int:
                    rate = number_of(rate)
                text = str(rate)
                if len(text) > 30 or "E" in text:
                    text = finite(rate)
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
        column, value = None, None
        if not isinstance(price, dict):
            reason = "an object was expected"
        elif isinstance(error, KeyError):
            column, reason = "negotiated_rate", "the rate is missing"
        elif isinstance(error, NoNumber):
            column, value, reason = "negotiated_rate", price["negotiated_rate"], str(error)
        else:
            reason = "an object or a list stands where a text was expected"
        self.spool.reject(self._items, f"{self._place()}.negotiated_prices[{number}]", column, value, reason, price)

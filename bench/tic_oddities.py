"""What real price-transparency files do that the schema does not say, or says for a few: each changes a document."""

from collections.abc import Callable
from typing import Any

Record = dict[str, Any]


def _prices(found: Record) -> list[Record]:
    return [
        price for item in found["in_network"] for element in item["negotiated_rates"]
        for price in element["negotiated_prices"]
    ]


def _set_root(name: str, value: Any) -> Callable[[Record], None]:
    return lambda found: found.update({name: value})


def _set_price(name: str, value: Any) -> Callable[[Record], None]:
    """In the first price of the file."""
    return lambda found: _prices(found)[0].update({name: value})


def _drop_price(name: str) -> Callable[[Record], None]:
    return lambda found: _prices(found)[0].pop(name, None)


def _set_item(name: str, value: Any) -> Callable[[Record], None]:
    return lambda found: found["in_network"][0].update({name: value})


def _set_group(name: str, value: Any) -> Callable[[Record], None]:
    """In the first group of the first reference that has any."""
    def change(found: Record) -> None:
        reference = next(one for one in found["provider_references"] if one.get("provider_groups"))
        reference["provider_groups"][0][name] = value
    return change


def _repeat_first_item(**changes: Any) -> Callable[[Record], None]:
    return lambda found: found["in_network"].append(found["in_network"][0] | changes)


def _near_rates(found: Record) -> None:
    first, second = (dict(_prices(found)[0], negotiated_rate=rate) for rate in (2.00001, 2.00002))
    found["in_network"][0]["negotiated_rates"][0]["negotiated_prices"] += [first, second]


def _repeat_group(found: Record) -> None:
    first = found["provider_references"][0]
    other = {"provider_groups": [{"npi": [0], "tin": {"type": "ein", "value": "1"}}]}
    found["provider_references"].append(first | other)


def _texts_for_numbers(found: Record) -> None:
    for price in _prices(found):
        price["negotiated_rate"] = str(price["negotiated_rate"])
    for reference in found["provider_references"]:
        for group in reference.get("provider_groups", ()):
            group["npi"] = [str(npi) for npi in group["npi"]]


def _backwards(found: Record) -> None:
    """Every object's attributes in the other order."""
    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(inner) for name, inner in reversed(value.items())}
        return [turned(inner) for inner in value] if isinstance(value, list) else value

    turned_document = turned(found)
    found.clear()
    found.update(turned_document)


_CODE = {
    "billing_code_type": "CPT", "billing_code_type_version": "2025", "billing_code": "99213", "description": "Visit",
}

ODDITIES: dict[str, Callable[[Record], None]] = {
    # Root.
    "compact date": _set_root("last_updated_on", "20250803"),
    "slashed date": _set_root("last_updated_on", "2025/08/03"),
    "timestamp for date": _set_root("last_updated_on", "2025-08-03T00:00:00Z"),
    "no date": _set_root("last_updated_on", None),
    "no entity name": _set_root("reporting_entity_name", None),
    "attributes backwards": _backwards,
    # Items.
    "code with blank": _set_item("billing_code", " 99213"),
    "short revenue code": _repeat_first_item(billing_code_type="RC", billing_code="450"),
    "every code": _set_item("billing_code", "CSTM-00"),
    "every code type": _set_item("billing_code_type", "CSTM-ALL"),
    "second description": _repeat_first_item(description="Another description", name="ANOTHER NAME"),
    "bundle": _set_item("bundled_codes", [_CODE, _CODE | {"billing_code": "99214"}]),
    "capitation": _set_item("covered_services", [_CODE]),
    "severity": _set_item("severity_of_illness", "2"),
    "no rates in item": _set_item("negotiated_rates", []),
    "item is no object": lambda found: found["in_network"].insert(0, "99213"),
    # Prices.
    "zero rate": _set_price("negotiated_rate", 0),
    "negative rate": _set_price("negotiated_rate", -12.5),
    "placeholder rate": _set_price("negotiated_rate", 0.01),
    "rates that differ beyond the fourth decimal": _near_rates,
    "per diem": _set_price("negotiated_type", "per diem"),
    "no rate": _drop_price("negotiated_rate"),
    "rate is a word": _set_price("negotiated_rate", "call us"),
    "rate is beyond numbers": _set_price("negotiated_rate", "1e999"),
    "no places": _drop_price("service_code"),
    "null places": _set_price("service_code", None),
    "places are letters of null": _set_price("service_code", ["n", "u", "l", "l"]),
    "place is a text": _set_price("service_code", "11"),
    "places repeat": _set_price("service_code", ["22", "11", "11", ""]),
    "every place": _set_price("service_code", ["CSTM-00"]),
    "modifier is a text": _set_price("billing_code_modifier", "25"),
    "expired": _set_price("expiration_date", "2020-12-31"),
    "expires on no day": _set_price("expiration_date", "2025-02-30"),
    "text with quotes and lines": _set_price("additional_information", 'a "b", \\ c\nd\te'),
    "text with NUL": _set_price("additional_information", "a\0b"),
    "price is no object": lambda found: found["in_network"][0]["negotiated_rates"][0]["negotiated_prices"].append(7),
    "element is no object": lambda found: found["in_network"][0]["negotiated_rates"].append([1]),
    "identical prices": lambda found: found["in_network"][0]["negotiated_rates"][0]["negotiated_prices"].extend(
        [_prices(found)[0]] * 9
    ),
    # Providers.
    "reference leads nowhere": lambda found: (
        found["in_network"][0]["negotiated_rates"][0]["provider_references"].append(999_999)
    ),
    "group without rates": lambda found: found["provider_references"].append(
        {"provider_group_id": 888_888, "provider_groups": [{"npi": [1234567893], "tin": {"type": "ein", "value": "9"}}]}
    ),
    "group twice": _repeat_group,
    "NPI not disclosed": _set_group("npi", [0]),
    "no NPIs": _set_group("npi", []),
    "wrong NPI": _set_group("npi", [1234567890]),
    "TIN is an NPI": _set_group("tin", {"type": "npi", "value": "1234567893"}),
    "hyphen in TIN": _set_group("tin", {"type": "ein", "value": " 22-2222222 "}),
    "no TIN": _set_group("tin", None),
    "texts for numbers": _texts_for_numbers,
}

"""The tables of raw_rates: what is in the files of payers, and nothing made of it.

Lists stay one text a row (JSON, or as a flattened file spells them): a model unfolds the distinct ones. A price that
holds for 500 provider groups is one row of `json_price`, and its element names one row of `json_group_set`.
"""

from loader.load.raw_tables import Column

# The published columns of flattened rates (specification 2.4); the first generation of files has 15 of them.
RATE_COLUMNS = (
    "provider_reference_id", "negotiated_rate", "negotiated_type", "billing_class", "expiration_date", "service_codes",
    "billing_code_modifier", "additional_information", "billing_code", "billing_code_type", "billing_code_type_version",
    "description", "name", "negotiation_arrangement", "reporting_entity_name", "reporting_entity_type",
    "last_updated_on", "version", "structure_id", "plan_name", "plan_id_type", "plan_id", "plan_market_type",
    "network_id", "plan_name_alt",
)
PROVIDER_COLUMNS = (
    "provider_group_id", "npi", "tin_type", "tin_value", "location", "reporting_entity_name", "reporting_entity_type",
    "last_updated_on", "version", "network_id",
)

_ITEM = "file_id integer, item_number integer"
_ELEMENT = f"{_ITEM}, element_number integer"

_RATES_TABLES = {
    "flattened_rate": "file_id integer, " + ", ".join(
        f"{name} {'double precision' if name == 'negotiated_rate' else 'text'}" for name in RATE_COLUMNS
    ),
    "flattened_provider": "file_id integer, " + ", ".join(f"{name} text" for name in PROVIDER_COLUMNS),
    # Root attributes; written last, so a file without this row was never whole.
    "json_file": """
        file_id integer, reporting_entity_name text, reporting_entity_type text, last_updated_on text, version text,
        plan_name text, plan_id text, plan_id_type text, plan_market_type text, issuer_name text,
        plan_sponsor_name text""",
    "json_item": f"""
        {_ITEM}, negotiation_arrangement text, name text, billing_code_type text, billing_code_type_version text,
        billing_code text, description text, severity_of_illness text""",
    # What a bundle holds (`bundled`) or a capitation covers (`covered`).
    "json_item_code": f"""
        {_ITEM}, role text, code_number integer, billing_code_type text, billing_code_type_version text,
        billing_code text, description text""",
    "json_price": f"""
        {_ELEMENT}, price_number integer, negotiated_type text, negotiated_rate double precision, rate_text text,
        expiration_date text, service_codes text, billing_class text, setting text, billing_code_modifier text,
        additional_information text""",
    # For which groups the prices of an element hold: all of the named set, and of all sets if it has several rows.
    "json_element": f"{_ELEMENT}, set_number integer",
    # Ids as a JSON list of texts or numbers; the same list may come again under another number. A group that stands
    # inside of its rates is called `inline:` and a hash of its content.
    "json_group_set": "file_id integer, set_number integer, provider_group_ids text",
    # A row a (reference, its provider group, NPI); a group without NPIs has one row, and one that lies elsewhere too.
    # `group_number` counts the provider groups of the file: rows that share it share a TIN.
    "json_provider": """
        file_id integer, provider_group_id text, group_number integer, npi text, tin_type text, tin_value text,
        business_name text, network_name text, location text""",
}


def _columns(text: str) -> tuple[Column, ...]:
    return tuple(Column(*part.strip().split(" ", 1)) for part in text.split(","))


RATES_TABLES = {name: _columns(text) for name, text in _RATES_TABLES.items()}

# The ledger of the rates: a row a file, which stays when its rows go. Without `built_at` a build has not yet seen it
# come, or go; without `tested_at` the data tests of no such build have passed.
RATES_LEDGER = {
    "rate_file": _columns("""
        file_id integer, run_id integer, payer text, payer_slug text, state text, file_set text, file_name text,
        url text, kind text, year_month text, bytes bigint, sha256 text, rows_read bigint, rows_loaded bigint,
        rows_rejected bigint, loaded_at timestamp, outcome text, built_at timestamp, tested_at timestamp"""),
    "rejected_rate": _columns("""
        file_id integer, row_number bigint, place text, column_name text, value text, reason text, raw_row text"""),
}

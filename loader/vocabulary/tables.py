"""The tables of raw_vocabulary: an Athena download with the columns and types of the CDM."""

from dataclasses import dataclass

from loader.load.raw_tables import Column

# Wide enough for every strength that Athena has; a bare `numeric` keeps three decimals on DuckDB.
AMOUNT = "numeric(38,12)"
_VALID = "valid_start_date date, valid_end_date date, invalid_reason text"


@dataclass(frozen=True)
class VocabularyTable:
    """One Athena file. `optional` files are the user's own."""

    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    optional: bool = False


def _table(columns: str, *keys: tuple[str, ...], optional: bool = False) -> VocabularyTable:
    parts = (part.strip().partition(" ") for part in columns.split(","))
    parsed = tuple(Column(name, AMOUNT if kind == "amount" else kind) for name, _, kind in parts)
    return VocabularyTable(parsed, keys[0] if keys else (), keys[1:], optional)


# After the columns: the primary key, then the indexes, which are those of CDM 5.4 or begin with their column.
VOCABULARY_TABLES = {
    "concept": _table(
        f"""concept_id integer, concept_name text, domain_id text, vocabulary_id text, concept_class_id text,
        standard_concept text, concept_code text, {_VALID}""",
        ("concept_id",), ("vocabulary_id", "concept_code"), ("concept_code",), ("domain_id",), ("concept_class_id",),
    ),
    "concept_relationship": _table(
        f"concept_id_1 integer, concept_id_2 integer, relationship_id text, {_VALID}",
        (), ("concept_id_1", "relationship_id"), ("concept_id_2",), ("relationship_id",),
    ),
    "concept_ancestor": _table(
        """ancestor_concept_id integer, descendant_concept_id integer, min_levels_of_separation integer,
        max_levels_of_separation integer""",
        (), ("ancestor_concept_id",), ("descendant_concept_id",),
    ),
    "concept_synonym": _table(
        "concept_id integer, concept_synonym_name text, language_concept_id integer",
        (), ("concept_id",),
    ),
    "concept_class": _table(
        "concept_class_id text, concept_class_name text, concept_class_concept_id integer",
        ("concept_class_id",),
    ),
    "domain": _table("domain_id text, domain_name text, domain_concept_id integer", ("domain_id",)),
    "vocabulary": _table(
        """vocabulary_id text, vocabulary_name text, vocabulary_reference text, vocabulary_version text,
        vocabulary_concept_id integer""",
        ("vocabulary_id",),
    ),
    "relationship": _table(
        """relationship_id text, relationship_name text, is_hierarchical text, defines_ancestry text,
        reverse_relationship_id text, relationship_concept_id integer""",
        ("relationship_id",),
    ),
    "drug_strength": _table(
        f"""drug_concept_id integer, ingredient_concept_id integer, amount_value amount,
        amount_unit_concept_id integer, numerator_value amount, numerator_unit_concept_id integer,
        denominator_value amount, denominator_unit_concept_id integer, box_size integer, {_VALID}""",
        (), ("drug_concept_id",), ("ingredient_concept_id",),
    ),
    "source_to_concept_map": _table(
        f"""source_code text, source_concept_id integer, source_vocabulary_id text, source_code_description text,
        target_concept_id integer, target_vocabulary_id text, {_VALID}""",
        (), ("source_vocabulary_id", "source_code"), ("target_concept_id",), ("target_vocabulary_id",), ("source_code",),
        optional=True,
    ),
}

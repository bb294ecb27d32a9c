"""Which concepts an export needs, step by step, in DuckDB's SQL.

`present` holds (vocabulary, code) pairs, `named` concept ids, `kept` the ids that the shard will have.
"""

# The vocabularies in which the codes of a field may be found. A field of a file that can hold codes of
# several systems names them all: the few concepts too many do no harm.
_CODES = {
    ("encounters", "code"): ("SNOMED",),
    ("encounters", "reasoncode"): ("SNOMED",),
    ("conditions", "code"): ("SNOMED", "ICD10CM"),
    ("allergies", "code"): ("SNOMED", "RxNorm"),
    ("allergies", "reaction1"): ("SNOMED",),
    ("allergies", "reaction2"): ("SNOMED",),
    ("medications", "code"): ("RxNorm",),
    ("medications", "reasoncode"): ("SNOMED",),
    ("procedures", "code"): ("SNOMED",),
    ("procedures", "reasoncode"): ("SNOMED",),
    ("immunizations", "code"): ("CVX",),
    ("observations", "code"): ("LOINC", "SNOMED"),
    ("careplans", "code"): ("SNOMED",),
    ("careplans", "reasoncode"): ("SNOMED",),
    ("devices", "code"): ("SNOMED",),
    ("supplies", "code"): ("SNOMED",),
    ("imaging_studies", "procedure_code"): ("SNOMED",),
    ("observations", "units"): ("UCUM",),
}

_NORMALISED = "trim(regexp_replace(replace(lower({}), ',', ' '), ' +', ' ', 'g'))"


def _present(table: str, column: str, vocabulary: str) -> str:
    return f"select distinct '{vocabulary}', trim({column}) from raw_synthea.{table} where {column} is not null"


def _reached(relationships: str) -> str:
    return f"""
    insert into kept
    select distinct related.concept_id_2
    from raw_vocabulary.concept_relationship as related
    inner join kept on related.concept_id_1 = kept.concept_id
    where related.relationship_id in ({relationships}) and related.invalid_reason is null"""


STEPS = (
    *(
        f"insert into present {_present(table, column, vocabulary)}"
        for (table, column), vocabularies in _CODES.items()
        for vocabulary in vocabularies
    ),
    # The vocabulary writes one-digit vaccine codes with a leading zero.
    "insert into present select 'CVX', '0' || concept_code from present where vocabulary_id = 'CVX'",
    "create temp table kept as select concept_id from named",
    """insert into kept
    select concept.concept_id
    from raw_vocabulary.concept
    inner join present using (vocabulary_id, concept_code)""",
    # Answers and specialties have no codes: they are found by name.
    f"""create temp table texts as
    select distinct
        {_NORMALISED.format('value')} as whole,
        {_NORMALISED.format("regexp_replace(value, '[(][^()]*[)] *$', '')")} as without_tag
    from raw_synthea.observations
    where value is not null and type is distinct from 'numeric'""",
    f"""insert into kept
    select concept.concept_id
    from raw_vocabulary.concept
    inner join texts on {_NORMALISED.format('concept.concept_name')} = texts.whole
    where concept.vocabulary_id = 'LOINC' and concept.concept_class_id = 'Answer'
        and concept.standard_concept = 'S' and concept.invalid_reason is null""",
    f"""insert into kept
    select concept.concept_id
    from raw_vocabulary.concept
    inner join texts on {_NORMALISED.format('concept.concept_name')} = texts.without_tag
    where concept.vocabulary_id = 'SNOMED' and concept.standard_concept = 'S' and concept.invalid_reason is null""",
    """insert into kept
    select concept_id
    from raw_vocabulary.concept
    where (vocabulary_id = 'Medicare Specialty' or domain_id = 'Provider')
        and upper(concept_name) in (select upper(trim(speciality)) from raw_synthea.providers)""",
    """insert into kept
    select mapped.target_concept_id
    from raw_vocabulary.source_to_concept_map as mapped
    inner join present on mapped.source_code = present.concept_code""",
    _reached("'Maps to', 'Maps to value'"),
    # A drug brings its ingredients, and its strengths bring their units.
    """insert into kept
    select distinct concept_ancestor.ancestor_concept_id
    from raw_vocabulary.concept_ancestor
    inner join kept on concept_ancestor.descendant_concept_id = kept.concept_id
    inner join raw_vocabulary.concept as ancestor on concept_ancestor.ancestor_concept_id = ancestor.concept_id
    where ancestor.vocabulary_id in ('RxNorm', 'RxNorm Extension')
        and ancestor.concept_class_id = 'Ingredient' and ancestor.standard_concept = 'S'""",
    """insert into kept
    select unnest([
        strength.ingredient_concept_id, strength.amount_unit_concept_id, strength.numerator_unit_concept_id,
        strength.denominator_unit_concept_id
    ])
    from raw_vocabulary.drug_strength as strength
    where strength.drug_concept_id in (select concept_id from kept)""",
    # Synonyms are of a language.
    """insert into kept
    select distinct synonym.language_concept_id
    from raw_vocabulary.concept_synonym as synonym
    where synonym.concept_id in (select concept_id from kept)""",
    # The lists of domains, vocabularies, classes and relationships come whole.
    """insert into kept
    select domain_concept_id from raw_vocabulary.domain
    union all select vocabulary_concept_id from raw_vocabulary.vocabulary
    union all select concept_class_concept_id from raw_vocabulary.concept_class
    union all select relationship_concept_id from raw_vocabulary.relationship""",
    # The names of CPT4 are licensed and are not passed on.
    """create or replace temp table kept as
    select distinct kept.concept_id
    from kept
    inner join raw_vocabulary.concept as concept on kept.concept_id = concept.concept_id
    where concept.vocabulary_id <> 'CPT4'""",
)


def _kept(*columns: str) -> str:
    return " and ".join(f"{column} in (select concept_id from kept)" for column in columns)


# Table -> which of its rows the shard has.
KEPT_ROWS = {
    "concept": _kept("concept_id"),
    "concept_relationship": _kept("concept_id_1", "concept_id_2")
    + " and relationship_id in ('Maps to', 'Mapped from', 'Maps to value', 'Value mapped from')",
    "concept_ancestor": _kept("ancestor_concept_id", "descendant_concept_id"),
    "concept_synonym": _kept("concept_id", "language_concept_id"),
    "concept_class": "true",
    "domain": "true",
    "vocabulary": "true",
    "relationship": "true",
    "drug_strength": _kept("drug_concept_id", "ingredient_concept_id"),
}

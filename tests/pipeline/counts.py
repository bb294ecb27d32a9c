"""What the rulings count in the real exports: question (questions.py) -> answer, an export.

They were counted in the exports' files when the rules were written, before there was any model. Three are corrected
from the files: DECISIONS.md says which.
"""

_BALANCED = {
    "transfers from nowhere": 0,
    "charges other than the price": 0,
    "claims charged above their total": 0,
    "encounters covered above their total": 0,
    "medications whose coverage is not the primary's": 0,
    "medications whose total is not their dispenses'": 0,
}
_BALANCED_SINCE_V3_2 = _BALANCED | {"charges that do not balance": 0}

COUNTS = {
    "demo": _BALANCED_SINCE_V3_2 | {
        "encounters": 438, "visits": 433, "inpatient encounters": 13, "stays": 10,
        "stays through the emergency room": 1, "studies": 44, "studies without a procedure": 4, "costs": 2152,
        "deaths": 3,
    },
    "v2.5.0_113": {
        "encounters": 5275, "visits": 5165, "inpatient encounters": 222, "stays": 196,
        "stays through the emergency room": 12, "emergencies in stays": 13, "others in stays": 71, "deaths": 13,
        "certified deaths": 0, "scores of years of life": 3153, "studies without a procedure": 102,
        "coverage periods": 315, "encounters that cost more than their base": 0,
        "encounters covered above their total": 0, "periods after death": 0,
    },
    "v2.7.0_922": {
        "encounters": 10843, "visits": 10841, "inpatient encounters": 457, "stays": 457,
        "stays through the emergency room": 0, "emergencies in stays": 1, "scores of years of life": 25704,
        "coverage periods": 932, "encounters that cost more than their base": 0,
        "encounters covered above their total": 0, "periods after death": 0,
    },
    "v3.0.0_27": _BALANCED | {
        "encounters": 604, "visits": 603, "stays through the emergency room": 1, "stays": 11, "costs": 1545,
        "costs that were not billed": 127, "transfers": 920, "claims charged whole": 221,
        "claims charged whole and covered as paid": 219, "medications": 663, "medications without refills": 258,
        "providers": 166, "providers of general practice": 63,
    },
    "v3.1.0_107": {
        "encounters": 1274, "visits": 1182, "inpatient encounters": 79, "stays": 36, "others in stays": 49,
        "encounters covered above their total": 0,
    },
    "v3.2_11": _BALANCED_SINCE_V3_2 | {
        "encounters": 388, "visits": 388, "costs": 1579, "costs that were not billed": 289, "transfers": 951,
        "claims charged whole": 279, "claims charged whole and covered as paid": 279, "studies": 11,
        "studies without a procedure": 1, "medications": 173,
    },
    "v3.3.0_45_next": _BALANCED_SINCE_V3_2 | {
        "encounters": 1813, "visits": 1809, "stays": 20, "stays through the emergency room": 1, "costs": 8969,
    },
    "v4.0_16": {
        "encounters": 1494, "visits": 1481, "inpatient encounters": 32, "stays": 28,
        "stays through the emergency room": 6, "others in stays": 3, "studies": 74, "studies without a procedure": 2,
        "encounters covered above their total": 0,
    },
    "v3.3.0_455": _BALANCED_SINCE_V3_2 | {
        "encounters": 29983, "visits": 29884, "inpatient encounters": 330, "stays": 302,
        "stays through the emergency room": 50, "stays of several inpatient encounters": 19,
        "emergencies in stays": 50, "others in stays": 21,
        "ambulatory over days": 1163, "wellness over days": 193, "emergency over days": 73, "snf over days": 69,
        "hospice over days": 64, "outpatient over days": 37, "urgentcare over days": 14, "virtual over days": 3,
        "home over days": 0,
        "unmapped conditions": 868, "unmapped procedures": 27044, "unmapped medications": 2073,
        "unmapped immunizations": 495, "unmapped observations": 10285, "unmapped devices": 2115,
        "unmapped supplies": 12136, "unmapped careplans": 602, "conditions": 17266,
        "conditions that are observations": 10195, "procedures that are devices": 44,
        "procedures that are conditions": 6, "procedures that are observations": 1865,
        "observations that are procedures": 5, "observations that are notes": 42, "studies": 1863,
        "studies without a procedure": 58,
        # 362 substances, 50 drugs, 6 of them with two targets
        "allergic dispositions": 93, "allergens": 418, "reactions": 338, "reason rows": 4698,
        "locations": 1053, "persons of another race": 9, "native persons": 1, "hawaiian persons": 2,
        "married or not": 291, "birthplaces": 455, "birthplaces in the United States": 414, "care sites": 612,
        "care sites without a place of service": 67,
        # of 226,292 numeric rows one is negative and must not be
        "numbers of observations": 226291, "negative numbers": 15, "scores of years of life": 10182,
        "units that are not known": 0, "pain scores": 13046, "widths of red cells in femtoliters": 1070,
        "medications": 23404, "open medications": 1344, "medications without refills": 530,
        "drugs of a medication": 21333, "drugs of a medication with an ingredient": 20737,
        "vaccines with an ingredient": 0, "medications with a dose": 1357,
        "deaths": 61, "certified deaths": 58, "deaths with a known cause": 56,
        "costs": 138103, "cents of cost": 14113794269, "cents charged": 7775707683, "cents paid": 7775707683,
        "costs that were not billed": 22222, "cents of procedures that were not billed": 936008693,
        "encounters without a coverage period": 12373, "medications without a coverage period": 9124,
        "transfers": 62998, "claims charged whole": 21004, "claims charged whole and covered as paid": 21004,
        "periods without insurance": 253, "periods after death": 0,
    },
}

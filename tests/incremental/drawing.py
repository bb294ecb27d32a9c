"""Draws sequences of steps: loads of every kind, with builds in between that succeed, fail, are killed or built in part."""

from hypothesis import strategies as st

from tests.incremental.sample import PEOPLE, SHARED, State, shared_ids
from tests.incremental.steps import Build, Load, LoadAgain, LoadVocabulary, Step
from tests.incremental.world import Export

FEWEST_AT_FIRST = 3
MOST_BUILDS = 4
KINDS = ("changes", "snapshot", "shared rows", "again", "vocabulary", "killed", "torn")
# One of each area: a key table, a working set, the vocabulary, events, each kind of table of the CDM, accounting.
FAILING = (
    "int_changes__persons", "int_keys__locations", "int_people__patients", "int_visits__encounters_assigned",
    "int_vocabulary__codes_present", "int_vocabulary__code_map", "int_events__collected", "int_events__mapped",
    "int_events__added", "person", "visit_occurrence", "observation", "cost", "drug_era", "fact_relationship",
    "care_site", "location", "cdm_source", "int_accounting__rows_left_out", "person_row_accounting", "row_accounting",
)
# When dbt starts these, all ids of persons, providers, care sites and locations are handed out. What is handed out
# before a kill anywhere else depends on the order in which the engine's threads take the models.
AFTER_THE_KEYS = ("person", "care_site", "person_row_accounting", "mapping_coverage")
BEFORE_THE_KEYS = ("int_visits__encounters", "int_events__mapped", "measurement")
PARTS = (
    "person", "int_keys__persons", "int_changes__persons", "config.materialized:incremental",
    "int_events__mapped+", "+visit_occurrence", "omop.health_system",
)

_states = st.sampled_from(State)
_shared_rows = st.sampled_from([(file, row_id) for file in SHARED for row_id in shared_ids(file)])
_shared_changes = st.dictionaries(_shared_rows, st.sampled_from([State.OTHER, None]), min_size=1, max_size=4)


def _exports(fewest: int = 1) -> st.SearchStrategy[Export]:
    patients = st.dictionaries(st.sampled_from(PEOPLE), _states, min_size=fewest, max_size=len(PEOPLE))
    return st.builds(Export, patients, st.one_of(st.just({}), _shared_changes))


@st.composite
def _interrupted(draw: st.DrawFn, is_built: bool) -> list[Step]:
    """A build that does not come to its end; one that leaves ids to chance is repaired before anything new comes."""
    full_refresh = is_built and draw(st.integers(0, 3)) == 0
    fates = ["failing", "failing, then tried again", "killed", *(["a part"] if is_built else [])]
    fate = draw(st.sampled_from(fates))
    if fate == "killed":
        model = draw(st.sampled_from(AFTER_THE_KEYS + BEFORE_THE_KEYS))
        killed = Build(fate, model, full_refresh)
        return [killed] if model in AFTER_THE_KEYS else [killed, Build()]
    return [Build(fate, draw(st.sampled_from(PARTS if fate == "a part" else FAILING)), full_refresh)]


def _loads(steps: list[Step]) -> list[Load]:
    """Those of whose exports every line can be read."""
    return [step for step in steps if isinstance(step, Load) and step.fate != "torn"]


def _is_refused(steps: list[Step]) -> bool:
    """Whether a build would be: the last load was killed before its commit."""
    last = next(step for step in reversed(steps) if not isinstance(step, Build))
    match last:
        case Load():
            return last.fate == "killed before its commit"
        case LoadVocabulary():
            return last.is_killed
    return False


@st.composite
def sequences(draw: st.DrawFn) -> list[Step]:
    """From four to six loads; the builds that a sequence ends with are not in it."""
    first = Load(draw(_exports(FEWEST_AT_FIRST)))
    steps: list[Step] = [first, *draw(st.one_of(st.just([Build()]), _interrupted(False)))]
    version = 0
    for kind in draw(st.permutations(KINDS))[: draw(st.integers(3, 5))]:
        loads = _loads(steps)
        match kind:
            case "changes":
                steps.append(Load(draw(_exports())))
            case "snapshot":
                steps.append(Load(draw(_exports(0)), snapshot=True))
            case "shared rows":
                # The patients as they were: only what they refer to is new, changed or gone.
                steps.append(Load(Export(first.export.patients, draw(_shared_changes)), snapshot=draw(st.booleans())))
            case "again":
                steps.append(LoadAgain(draw(st.sampled_from(loads))))
            case "vocabulary":
                version = 1 - version
                steps.append(LoadVocabulary(version))
            case "killed" if draw(st.integers(0, 3)) == 0:
                steps.append(LoadVocabulary(1 - version, is_killed=True))
            case "killed":
                fate = draw(st.sampled_from(["killed before its commit", "killed after its commit"]))
                steps.append(Load(draw(_exports()), draw(st.booleans()), fate))
            case "torn":
                steps.append(Load(draw(_exports()), fate="torn"))
        builds = [step for step in steps if isinstance(step, Build)]
        if _is_refused(steps):
            steps += draw(st.sampled_from([[], [Build("refused")]]))
        elif len(builds) < MOST_BUILDS:
            is_built = any(build.is_whole for build in builds)
            steps += draw(st.one_of(st.just([]), st.just([Build()]), _interrupted(is_built)))
    if _is_refused(steps):
        steps.append(LoadAgain(draw(st.sampled_from(_loads(steps)))))
    return steps

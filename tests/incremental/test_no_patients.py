"""A database with a vocabulary and no patients yet: its first build makes empty tables, the next one fills them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.incremental.conftest import Projects
from tests.incremental.project import ONLY_MODELS
from tests.incremental.sample import PEOPLE, State
from tests.incremental.world import Export
from tests.loader.command_line import query
from tests.support.commands import at_once, synthea_omop
from tests.support.environments import ENGINES


def test_a_build_before_any_load(
    copies: Callable[[Path], AbstractContextManager[Projects]], tmp_path: Path
) -> None:
    export = Export(dict.fromkeys(PEOPLE[:3], State.SAME)).write(tmp_path / "export", 1)

    def built(engine: str) -> list[int]:
        project = projects[engine]
        counts = []
        for is_loaded in (False, True):
            if is_loaded:
                synthea_omop("load", str(export), environment=project.environment)
            code, output = project.dbt("build", *ONLY_MODELS)
            assert code == 0, output
            ((persons,),) = query(project.environment, "select count(*) from omop.person")
            counts.append(persons)
        return counts

    with copies(tmp_path / "databases") as projects:
        assert list(at_once(built, ENGINES)) == [[0, 3], [0, 3]]

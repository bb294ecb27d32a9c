"""What may happen to a database, step by step: loads, builds, and either of them failing or killed on the way."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from tests.incremental.project import Project
from tests.incremental.sample import write_vocabulary
from tests.incremental.world import Export, World
from tests.loader.interruption import kill_at
from tests.support.commands import CommandFailedError, synthea_omop

# Where a load is killed: before anything of it is committed, and after all of it is.
BEFORE_COMMIT = ("loader.load.loading", "finish_batch", "before")
AFTER_COMMIT = ("loader.load.loading", "settle", "before")
BEFORE_VOCABULARY = ("loader.vocabulary.loading", "finish_batch", "before")


@dataclass
class Written:
    """Folders of exports and vocabularies, written once for both engines."""

    folder: Path
    exports: list[Path] = field(default_factory=list)
    vocabularies: dict[int, Path] = field(default_factory=dict)

    def export(self, export: Export, torn: bool = False) -> Path:
        """The next export of the sequence."""
        number = len(self.exports) + 1
        self.exports.append(export.write(self.folder / f"export{number}", number, torn))
        return self.exports[-1]

    def vocabulary(self, version: int) -> Path:
        """A version of the bundled vocabulary."""
        if version not in self.vocabularies:
            self.vocabularies[version] = write_vocabulary(self.folder / f"vocabulary{version}", version)
        return self.vocabularies[version]


class Step(Protocol):
    """One thing that happens. `prepare` is called once, `happen` for each engine."""

    def prepare(self, world: World, written: Written) -> None:
        """Write what the step needs and let the world know what it changes."""

    def happen(self, project: Project) -> None:
        """Let it happen in the database."""


@dataclass
class Load:
    """A load, which may be killed before or after its commit, or meet a line that cannot be read."""

    export: Export
    snapshot: bool = False
    fate: str = "loaded"
    folder: Path | None = field(default=None, repr=False)

    def prepare(self, world: World, written: Written) -> None:
        self.folder = written.export(self.export, torn=self.fate == "torn")
        if self.fate in ("loaded", "killed after its commit"):
            world.load(self.export, self.snapshot)

    def happen(self, project: Project) -> None:
        match self.fate:
            case "loaded":
                synthea_omop(*self.arguments, environment=project.environment)
            case "torn":
                with pytest.raises(CommandFailedError, match=r"observations\.csv"):
                    synthea_omop(*self.arguments, environment=project.environment)
            case "killed before its commit":
                kill_at(project.environment, *BEFORE_COMMIT, *self.arguments)
            case "killed after its commit":
                kill_at(project.environment, *AFTER_COMMIT, *self.arguments)

    @property
    def arguments(self) -> list[str]:
        """Of the command line."""
        return ["load", str(self.folder), *(["--snapshot"] if self.snapshot else [])]


@dataclass
class LoadAgain:
    """A load of what an earlier load of the sequence had read, or had not come to read."""

    earlier: Load

    def prepare(self, world: World, written: Written) -> None:
        world.load(self.earlier.export, self.earlier.snapshot)

    def happen(self, project: Project) -> None:
        synthea_omop(*self.earlier.arguments, environment=project.environment)


@dataclass
class LoadVocabulary:
    """A version of the vocabulary, in place of the one that is there; or a load of it that is killed."""

    version: int
    is_killed: bool = False
    folder: Path | None = field(default=None, repr=False)

    def prepare(self, world: World, written: Written) -> None:
        self.folder = written.vocabulary(self.version)
        if not self.is_killed:
            world.touch_all()

    def happen(self, project: Project) -> None:
        if self.is_killed:
            kill_at(project.environment, *BEFORE_VOCABULARY, "vocabulary", self.folder)
        else:
            synthea_omop("vocabulary", str(self.folder), environment=project.environment)


@dataclass
class Build:
    """A build, whole unless `fate` says how it ends before its end, and in which model; or refused, after a load that
    was killed and before the next one.
    """

    fate: str = "whole"
    model: str = ""
    full_refresh: bool = False

    @property
    def is_whole(self) -> bool:
        return self.fate == "whole"

    def prepare(self, world: World, written: Written) -> None:
        if self.full_refresh:
            world.touch_all()

    def happen(self, project: Project) -> None:
        options = ["--full-refresh"] if self.full_refresh else []
        match self.fate:
            case "whole":
                project.build(*options)
            case "refused":
                code, output = project.dbt("build")
                assert code == 2 and "A load is under way or was killed" in output, output
            case "failing":
                project.fail_to_build(self.model, *options)
            case "failing, then tried again":
                project.fail_to_build(self.model, *options)
                code, output = project.dbt("retry")
                assert code == 0, output
            case "killed":
                project.kill_build(self.model, *options)
            case "a part":
                # On PostgreSQL a table that is made anew takes the views on it along, which its readers need.
                code, output = project.dbt("run", "--select", self.model, "config.materialized:view", *options)
                assert code == 0, output

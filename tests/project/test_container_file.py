"""The container file fits the tree: nothing here can run it, so its lines are held against what they name."""

import re

from tests.support.environments import REPOSITORY

TEXT = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z./-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
# Instruction and arguments, a line that goes on with its next ones.
LINES = [
    (line.split(None, 1)[0], line.split(None, 1)[1].strip())
    for line in re.sub(r"\\\n\s*", " ", TEXT).splitlines() if line and not line.startswith("#")
]
KNOWN = {"FROM", "RUN", "USER", "WORKDIR", "COPY", "CMD", "ENV"}


def arguments(instruction: str) -> list[str]:
    return [text for name, text in LINES if name == instruction]


def test_it_is_a_plain_debian_with_what_make_needs() -> None:
    assert {name for name, _ in LINES} <= KNOWN and LINES[0] == ("FROM", "debian:12")
    install = next(text for text in arguments("RUN") if "apt-get install" in text)
    assert {"git", "make", "python3", "python3-venv"} <= set(install.split())
    # Lists of packages and options; no step of a shell that nobody looks at.
    for step in (step for text in arguments("RUN") for step in text.split(" && ")):
        assert step.split()[0] in {"apt-get", "rm", "useradd", "install", "make"}, step


def test_it_does_not_run_as_root() -> None:
    (user,) = arguments("USER")
    assert user != "root" and f"useradd --create-home {user}" in TEXT
    names = [name for name, _ in LINES]
    assert names.index("USER") < names.index("COPY") < names.index("CMD")
    (workdir,) = arguments("WORKDIR")
    assert f"--owner={user} --group={user} {workdir}" in TEXT and workdir.startswith(f"/home/{user}/")


def test_it_copies_the_tree_for_that_user_but_not_what_was_built_there() -> None:
    (copied,) = arguments("COPY")
    (user,) = arguments("USER")
    assert copied.split() == [f"--chown={user}:{user}", ".", "."]
    ignored = set((REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split())
    assert {".venv", "target", "logs"} <= ignored
    assert not ignored & {path.name for path in REPOSITORY.iterdir() if path.name in ("loader", "models", "seeds", "tests")}


def test_it_runs_targets_that_there_are() -> None:
    made = [text.split()[1] for text in arguments("RUN") if text.startswith("make ")]
    (command,) = arguments("CMD")
    assert command == '["make", "run"]'
    assert made and set(made) | {"run", "test"} <= TARGETS

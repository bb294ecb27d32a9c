"""Tuned for one run: its sessions bring the settings with them, so at its end, however it ends, nothing is left."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from loader.databases.pool import option
from loader.tune.proposals import Proposal

OPTIONS = "PGOPTIONS"


@contextmanager
def tuned_sessions(proposals: Sequence[Proposal]) -> Iterator[None]:
    """Every session opened inside, dbt's too, has the settings; what the user has in PGOPTIONS comes later and wins."""
    before = os.environ.get(OPTIONS)
    options = " ".join(option(proposal.name, proposal.value) for proposal in proposals if proposal.value is not None)
    os.environ[OPTIONS] = f"{options} {before or ''}".strip()
    try:
        yield
    finally:
        if before is None:
            del os.environ[OPTIONS]
        else:
            os.environ[OPTIONS] = before

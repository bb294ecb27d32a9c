"""Prints, as JSON, the physical plan of every stored model of the CDM: name -> [of a full build, of an incremental one].

Run as a program under the variables of a built warehouse. dbt's own session is asked, so settings are those of a build.
"""

import json
import sys

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

from tests.support.environments import REPOSITORY

FOLDERS = ["--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)]
STORED = ("table", "incremental")


def plans() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for options in (["--full-refresh"], []):
        done = dbtRunner().invoke(["--quiet", "compile", "--selector", "cdm", *options, *FOLDERS])
        if not done.success:
            raise SystemExit(str(done.exception))
        session = SparkSession.builder.getOrCreate()
        for node in (result.node for result in done.result):
            if node.resource_type == "model" and node.config.materialized in STORED:
                plan = session.sql(f"explain {node.compiled_code}").collect()[0][0]
                found.setdefault(node.name, []).append(plan)
    return found


if __name__ == "__main__":
    json.dump(plans(), sys.stdout)

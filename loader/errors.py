"""Errors that a user can act on: each carries the exit code of the command line."""

# What a build that fails says of the load before it; a place that keeps neither leaves it out.
LOAD_STAYS = "What was loaded stays; the next run builds it again."


class LoaderError(Exception):
    """An input or a database that cannot be used. The message names the place and the remedy."""

    exit_code = 1


class BuildError(LoaderError):
    """dbt could not build a model."""

    exit_code = 3
    # Whether all that was wrong is that the server broke off.
    lost_connection = False


class DataQualityError(LoaderError):
    """Every model was built; at least one data test failed."""

    exit_code = 4

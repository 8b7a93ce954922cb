"""Options of commands that can match on a cluster, and the way there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

from segeval.errors import InputError, MissingDependency
from segeval_cli.options import RUNNING
from segeval_cli.values import refused

Scheduler = Annotated[
    str | None,
    RUNNING.option(
        "--scheduler URL",
        "Match on a dask.distributed cluster, such as tcp://host:8786. Its workers open the files "
        "under the same names.",
    ),
]
Shards = Annotated[
    int | None,
    RUNNING.option(
        "--shards N",
        "With --scheduler: groups of files, or slices of the images of one file. Default: each "
        "file, or 4 per core.",
        min=1,
    ),
]


@contextmanager
def on_cluster(url: str) -> Iterator[Executor]:
    """An executor that runs on a cluster.

    Args:
        url: of the scheduler.

    Raises:
        MissingDependency: without dask.distributed.
        InputError: if no scheduler answers, it has no workers, or one has another segeval.
    """
    if find_spec("distributed") is None:
        raise MissingDependency(
            "--scheduler needs dask.distributed: pip install 'segeval-cv[dask]', in a clone "
            "'.[dask]'"
        )
    from segeval_cli.cluster import ANSWERS_WITHIN, NOBODY, Cluster, knock

    knock(url)
    dask: Any = import_module("distributed")
    try:
        client = dask.Client(url, timeout=ANSWERS_WITHIN, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError):
        raise refused("--scheduler", url, NOBODY) from None
    with client:
        cluster = Cluster(client, url)
        try:
            yield cluster
        finally:
            cluster.leave()


def check_shards(scheduler: str | None, shards: int | None) -> None:
    """Refuse a number of shards where nothing is cut.

    Raises:
        InputError: for `--shards` without `--scheduler`.
    """
    if shards is not None and scheduler is None:
        raise InputError("--shards goes with --scheduler.", code="option")

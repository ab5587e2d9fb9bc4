"""Settings for every test: on a build server the examples that Hypothesis draws are the same each time."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from django.db import connection
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from tests.databases import Pristine, begin_template, may_leave_out_triggers, template
from tests.environment import SERVER
from tests.kept import KEEPER
from yingshang.kernel.ledger import guards

# A property that fails once in a thousand runs is to be found while working, not by whoever lands next.
# The same examples every time show less the more there are of them; while working each run draws a hundred others.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True, max_examples=30)
settings.register_profile("work", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "work")

KEEPER.hear_of_patches()

_LEAVING = ExitStack()
"""What is undone when this process has run its last test."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """The embedded server runs before the first test that needs it; most tests need none."""
    # Between two tests with real commits tables are emptied by TRUNCATE, which the ledger refuses.
    guards.guard_truncation = lambda using="default": None
    if os.environ["TEST_EMBEDDED_DATABASE"]:
        _LEAVING.enter_context(SERVER.in_use())
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = template()
            may_leave_out_triggers()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests with real commits leave the database as it was, at the cost of what they wrote."""
    with django_db_blocker.unblock():
        Pristine().use()
        KEEPER.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Situations are put back for tests that run in one transaction and patch nothing."""
    with KEEPER.at_work(_plain(item)):
        return (yield)


def _plain(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    if not isinstance(item, pytest.Function) or (
        marker is not None and (marker.args or any(marker.kwargs.values()))
    ):
        return False
    # pytest-django asks for monkeypatch itself, for every test.
    asked = {*item._fixtureinfo.argnames}
    for definitions in item._fixtureinfo.name2fixturedefs.values():
        for each in definitions:
            if not each.func.__module__.startswith("pytest_django."):
                asked |= {*each.argnames}
    return not asked & _UNLIKE_OTHERS


_UNLIKE_OTHERS = {
    "monkeypatch",
    "settings",
    "transactional_db",
    "live_server",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    "django_capture_on_commit_callbacks",
}
"""Fixtures of tests that change code or settings, commit, or look at what a commit would set off."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half of the time a test waits: for a browser, the database, a process to start. Others go on meanwhile."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores * 2


def pytest_sessionstart(session: pytest.Session) -> None:
    """Workers first import all tests. Meanwhile the database they are going to copy is made, where there is none."""
    config = session.config
    of_a_worker = hasattr(config, "workerinput")
    shared_out = bool(config.getoption("numprocesses", None)) and not config.getoption("collectonly")
    if shared_out and not of_a_worker:
        if os.environ["TEST_EMBEDDED_DATABASE"]:
            begin_template()
        _rewrite_tests(config)


def _rewrite_tests(config: pytest.Config) -> None:
    """Assertions are rewritten once and kept: workers begin together, and each would do so with every file."""
    if sys.dont_write_bytecode:
        return
    state = config.stash[rewrite.assertstate_key]
    for file in Path(__file__).parent.rglob("test_*.py"):
        kept = rewrite.get_cache_dir(file) / f"{file.stem}{rewrite.PYC_TAIL}"
        if rewrite._read_pyc(file, kept, state.trace) is None and rewrite.try_makedirs(kept.parent):
            digest, code = rewrite._rewrite_test(file, config)
            rewrite._write_pyc(state, code, digest, kept)


def pytest_collection_finish() -> None:
    """What is there before the first test stays until the last: not to be looked over for garbage again."""
    gc.collect()
    gc.freeze()
    # A test leaves little behind, and looking for it after every 700 objects costs more than the memory it frees.
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Whoever is the last to use the embedded server stops it, of this run or another."""
    _LEAVING.close()

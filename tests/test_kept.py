"""Kept situations: the same rows as when they were made, wherever they may be put back, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.utils import translation

from tests.kept import KEEPER, kept
from tests.kernel.access.factories import HARBIN, arranged, region
from yingshang.kernel.ledger.models import AuditEvent
from yingshang.kernel.parties.models import Region

pytestmark = pytest.mark.django_db(transaction=True)

Test = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def a_test() -> Test:
    """What is inside is a test of its own: from the beginning, in one transaction that is taken back."""

    @contextmanager
    def one() -> Iterator[None]:
        with transaction.atomic(), KEEPER.at_work(True):
            yield
            transaction.set_rollback(True)

    return one


@pytest.fixture
def factory() -> Any:
    """A factory that was never called; `times` is how often it has run."""

    @kept
    def harbin(name: Any = "") -> Region:
        factory.times += 1
        row = region(HARBIN)
        if name:
            with arranged():
                Region.objects.filter(pk=HARBIN).update(name=str(name))
        return row

    factory: Any = harbin
    factory.times = 0
    return factory


def test_it_is_made_once_and_put_back_the_same(a_test: Test, factory: Any) -> None:
    found: list[Any] = []
    for _ in range(3):
        with a_test():
            answer = factory()
            [event] = AuditEvent.objects.values()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()::text::bigint")
                # The guards ask for an event of the very transaction.
                assert cursor.fetchone() == (event.pop("transaction"),)
            del event["recorded_at"]
            found.append((answer.pk, answer.name, event, list(Region.objects.order_by("pk").values())))
    assert factory.times == 1 and found[0] == found[1] == found[2] and len(found[0][-1]) == 3


def test_what_it_changed_of_another_is_put_back_too(a_test: Test, factory: Any) -> None:
    for _ in range(2):
        with a_test():
            factory()
            factory("演示")
            assert Region.objects.get(pk=HARBIN).name == "演示" and Region.objects.count() == 3
    assert factory.times == 2


def test_after_any_other_write_it_is_made(a_test: Test, factory: Any) -> None:
    for name in ("甲", "乙"):
        with a_test():
            factory()
            Region.objects.filter(pk=HARBIN).update(name=name)
            factory()
            assert Region.objects.get(pk=HARBIN).name == name
    assert factory.times == 3


def test_what_was_taken_back_is_made_anew(a_test: Test, factory: Any) -> None:
    for _ in range(2):
        with a_test():
            with transaction.atomic():
                factory()
                transaction.set_rollback(True)
            assert not Region.objects.exists()
            factory()
            assert Region.objects.exists()
    assert factory.times == 3


def test_other_arguments_languages_and_settings_have_their_own(a_test: Test, factory: Any) -> None:
    for _ in range(2):
        with a_test():
            factory("甲")
        with a_test():
            factory("乙")
        with a_test(), translation.override("en"):
            factory("甲")
    assert factory.times == 3
    for times in (4, 5):
        with a_test(), override_settings(LANGUAGE_CODE="en"):
            factory("甲")
        assert factory.times == times


def test_arguments_that_do_not_say_all_are_not_compared(a_test: Test, factory: Any) -> None:
    class Name:
        """One whose words may change."""

        def __str__(self) -> str:
            return "演示"

    for _ in range(2):
        with a_test():
            factory(Name())
    assert factory.times == 2


def test_nothing_is_put_back_for_a_test_that_patches(a_test: Test, factory: Any) -> None:
    with a_test():
        factory()
    with a_test(), KEEPER.at_work(False):
        factory()
    assert factory.times == 2


@contextmanager
def patched_by_pytest() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Region, "demonstration", "演示", raising=False)
        yield


@contextmanager
def patched_in_the_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMONSTRATION", "演示")
        yield


@pytest.mark.parametrize(
    "patched",
    [
        patched_by_pytest,
        patched_in_the_environment,
        lambda: mock.patch.object(Region, "demonstration", "演示", create=True),
        lambda: mock.patch("os.getpid"),
        lambda: mock.patch.dict(os.environ, DEMONSTRATION="演示"),
    ],
    ids=["setattr", "setenv", "mock-object", "mock", "mock-dict"],
)
def test_nothing_is_put_back_or_kept_after_a_patch(
    a_test: Test, factory: Any, patched: Callable[[], AbstractContextManager[Any]]
) -> None:
    for times in (1, 2):
        with a_test(), patched():
            factory()
        assert factory.times == times
    with a_test():
        factory()
    with a_test(), patched():
        factory()
    assert factory.times == 4
    with a_test():
        factory()
    assert factory.times == 4


def test_what_a_factory_made_under_its_own_patch_is_not_kept(a_test: Test) -> None:
    @kept
    def patching() -> None:
        with mock.patch("os.getpid"):
            region(HARBIN)
        made.append(1)

    made: list[int] = []
    for _ in range(2):
        with a_test():
            patching()
    assert len(made) == 2


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM django_content_type WHERE model = 'region'",
        "UPDATE django_content_type SET model = model || 's'",
    ],
)
def test_a_change_of_what_is_always_there_is_made_each_time(a_test: Test, change: str) -> None:
    @kept
    def changing() -> None:
        with arranged(), connection.cursor() as cursor:
            cursor.execute(change)
            changed.append(cursor.rowcount)

    changed: list[int] = []
    for _ in range(2):
        with a_test():
            changing()
    assert len(changed) == 2 and all(changed)


def test_a_test_that_asks_for_monkeypatch_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not KEEPER.on


@pytest.mark.django_db(transaction=False)
def test_one_that_does_not_gets_what_is_kept() -> None:
    assert KEEPER.on

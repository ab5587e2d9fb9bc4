"""A write sent twice is carried out once, also when both arrive at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from yingshang.kernel.access.api import Actor
from yingshang.web.api import idempotency
from yingshang.web.api.errors import InProgress, KeyMissing, KeyReused, Malformed
from yingshang.web.api.models import IdempotentRequest

ACTOR = Actor(kind="client", identifier="1", name="a system")


class Work:
    """A write that counts how often it is carried out."""

    def __init__(self) -> None:
        self.times = 0
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self) -> HttpResponse:
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(10)
        return HttpResponse(
            f"done {self.times}", status=202, headers={"Location": "/api/v1/jobs/7", "Set-Cookie": "no"}
        )


def _request(key: str = "key-1", body: str = "{}", **headers: str) -> HttpRequest:
    return RequestFactory().post(
        "/api/v1/things", body, content_type="application/json", headers={"Idempotency-Key": key, **headers}
    )


def _send(work: Any, request: HttpRequest, actor: Actor = ACTOR, **options: Any) -> HttpResponse:
    return idempotency.carried_out_once(
        request,
        actor=actor,
        now=options.get("now", timezone.now()),
        run=work,
        refusal=lambda error: HttpResponse("refused", status=422) if isinstance(error, ValueError) else None,
    )


@pytest.mark.django_db
class TestOneAfterTheOther:
    def test_the_same_answer_and_carried_out_once(self) -> None:
        work = Work()
        first, second = _send(work, _request()), _send(work, _request())
        assert work.times == 1
        assert (first.status_code, first.content) == (second.status_code, second.content) == (202, b"done 1")
        assert second["Location"] == "/api/v1/jobs/7"
        assert second["Idempotency-Replayed"] == "true"
        assert "Set-Cookie" not in second

    def test_another_body_is_refused(self) -> None:
        work = Work()
        _send(work, _request())
        for other in (_request(body='{"a": 1}'), _request(**{"If-Match": '"x"'})):
            with pytest.raises(KeyReused):
                _send(work, other)
        assert work.times == 1

    def test_another_caller_has_keys_of_their_own(self) -> None:
        work = Work()
        _send(work, _request())
        _send(work, _request(), actor=Actor(kind="user", identifier="1", name="somebody"))
        assert work.times == 2

    def test_a_refusal_is_an_answer_too_and_rolls_back(self) -> None:
        calls = []

        def refused() -> HttpResponse:
            calls.append(1)
            IdempotentRequest.objects.create(
                actor="x", key="left behind", fingerprint="", status=1, created_at=timezone.now()
            )
            raise ValueError

        answers = [_send(refused, _request()).status_code for _ in range(2)]
        assert (answers, len(calls)) == ([422, 422], 1)
        assert not IdempotentRequest.objects.filter(key="left behind").exists()

    def test_our_own_failure_may_be_tried_again(self) -> None:
        def broken() -> HttpResponse:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            _send(broken, _request())
        work = Work()
        assert _send(work, _request()).status_code == 202

    def test_kept_for_a_number_of_hours(self, settings: Any) -> None:
        settings.API_IDEMPOTENCY_HOURS = 2
        work, now = Work(), timezone.now()
        _send(work, _request(), now=now - timedelta(hours=3))
        _send(work, _request("key-2"), now=now - timedelta(hours=1))
        _send(work, _request(), now=now)
        assert work.times == 3
        assert idempotency.forget_expired(now=now + timedelta(hours=1)) == 1
        assert IdempotentRequest.objects.get().key == "key-1"

    def test_keys_that_are_none(self) -> None:
        with pytest.raises(KeyMissing):
            _send(Work(), _request(" "))
        for key in ("k" * 121, "键", "a\x00b"):
            with pytest.raises(Malformed):
                _send(Work(), _request(key))

    def test_a_form_is_the_same_whatever_its_boundary(self) -> None:
        from django.core.files.uploadedfile import SimpleUploadedFile

        def form(content: bytes) -> HttpRequest:
            file = SimpleUploadedFile("a.csv", content)
            return RequestFactory().post(
                "/x", {"as_of": "2026-01-01", "file": file}, headers={"Idempotency-Key": "f"}
            )

        work = Work()
        first = form(b"a,b")
        _send(work, first)
        _send(work, form(b"a,b"))
        assert work.times == 1
        with pytest.raises(KeyReused):
            _send(work, form(b"a,c"))


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_the_second_is_told_to_wait_and_then_gets_the_same_answer(self) -> None:
        work = Work()
        work.may_end.clear()

        def send() -> HttpResponse:
            try:
                return _send(work, _request())
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(send)
            assert work.begun.wait(10)
            with pytest.raises(InProgress):
                _send(work, _request())
            work.may_end.set()
            assert first.result(10).content == b"done 1"
        assert _send(work, _request()).content == b"done 1"
        assert work.times == 1

    def test_many_at_once(self) -> None:
        work = Work()
        barrier = threading.Barrier(8)

        def send() -> str:
            barrier.wait(10)
            try:
                return _send(work, _request()).content.decode()
            except InProgress:
                return "in progress"
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            answers = {future.result(20) for future in [pool.submit(send) for _ in range(8)]}
        assert work.times == 1
        assert answers <= {"done 1", "in progress"}
        assert "done 1" in answers

    def test_a_connection_that_dies_leaves_nothing_behind(self) -> None:
        work = Work()

        def die() -> None:
            with pytest.raises(Exception, match=r"terminat|clos|consum"), transaction.atomic():
                _send(_killed, _request())
            connection.close()

        def _killed() -> HttpResponse:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            return HttpResponse()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(die).result(20)
        assert _send(work, _request()).content == b"done 1"


@pytest.mark.django_db
def test_every_write_wants_a_key() -> None:
    from tests.web.api import api_factories as make

    client: Client = make.bearer(make.a_system("operator"))
    response = client.post("/api/v1/jobs/1/retry")
    assert (response.status_code, response.json()["code"]) == (400, "api.idempotency_key_missing")
    assert (
        client.post("/api/v1/jobs/1/retry", headers={"Idempotency-Key": "k"}).json()["code"]
        == "jobs.not_found"
    )

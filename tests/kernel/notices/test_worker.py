"""The worker that delivers, killed while a mail server is taking the message."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from tests.kernel.access.factories import SYSTEM
from tests.kernel.notices.servers import Mailbox, mail_server
from tests.started import start
from yingshang.kernel.notices.api import Recipient, send
from yingshang.kernel.notices.models import Delivery


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the test's database that hands mail to the test's server."""
    running = start(
        "tests.kernel.notices.run_worker",
        EMAIL_FROM="noreply@example.org",
        EMAIL_URL=f"smtp://127.0.0.1:{settings.EMAIL_PORT}",
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def wait_until(done: Callable[[], bool], seconds: float = 25) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def test_the_queue_knows_the_tasks() -> None:
    assert {"notices.deliver", "notices.deliver_waiting", "enterprise_binding.lapse"} <= set(app.tasks)


@pytest.mark.django_db(transaction=True)
def test_a_message_survives_the_worker_that_was_delivering_it() -> None:
    with mail_server(Mailbox(delay=60)) as mailbox:
        (number,) = send(
            actor=SYSTEM,
            to=Recipient(email="who@example.org"),
            # Urgent, so that the test does not depend on the time of the day.
            template="notices.emergency",
            context={"title": "停机通知", "text": "今晚维护"},
            channels=["email"],
            now=timezone.now(),
        )
        with worker() as first:
            wait_until(lambda: len(mailbox.received) == 1)
            first.kill()
            first.wait()
            assert first.returncode == -signal.SIGKILL
        assert Delivery.objects.get(pk=number).state == "queued"
        mailbox.delay = 0
        with worker():
            wait_until(lambda: Delivery.objects.get(pk=number).state == "sent")
    assert {mail["Message-ID"] for mail in mailbox.received} == {f"<notice-{number}@example.org>"}
    assert len(mailbox.received) == 2

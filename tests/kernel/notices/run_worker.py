"""A worker as the platform starts it, which sweeps the outbox every second and holds a claim for one."""

from __future__ import annotations

import os
from datetime import timedelta

import django

django.setup()

from procrastinate.contrib.django import app  # noqa: E402

from yingshang.kernel.notices import delivery  # noqa: E402
from yingshang.kernel.notices.tasks import deliver_waiting  # noqa: E402

if __name__ == "__main__":
    delivery.CLAIM = timedelta(seconds=1)
    for seconds in range(1, 30):
        deliver_waiting.configure(
            schedule_in={"seconds": seconds}, queueing_lock=f"{os.getpid()}/{seconds}"
        ).defer(timestamp=0)
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(fetch_job_polling_interval=0.2, update_heartbeat_interval=0.5)

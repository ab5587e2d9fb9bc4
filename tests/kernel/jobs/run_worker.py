"""A worker as the platform starts it, which also knows the jobs of the tests and looks for stalled ones at once."""

from __future__ import annotations

import os

import django

django.setup()

from procrastinate.contrib.django import app  # noqa: E402

from tests.kernel.jobs import sample_tasks  # noqa: E402, F401
from yingshang.kernel.jobs.tasks import take_up_stalled  # noqa: E402

if __name__ == "__main__":
    # The schedule runs every minute; a test asks every second.
    for seconds in range(1, 30):
        take_up_stalled.configure(
            schedule_in={"seconds": seconds}, queueing_lock=f"{os.getpid()}/{seconds}"
        ).defer(timestamp=0)
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(fetch_job_polling_interval=0.3, update_heartbeat_interval=0.5)

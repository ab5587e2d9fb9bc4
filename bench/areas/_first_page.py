"""The first page of a process that has just begun: the matches of one enterprise, then a question of the calculator.

Prints the seconds of both, without what Django takes to start.
"""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Arguments: the number of a party, and a region."""
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from yingshang.areas.policies.api import calculate, decide_for
    from yingshang.kernel.access.api import system_actor

    connection.ensure_connection()
    party, region = int(sys.argv[1]), sys.argv[2]
    began = time.perf_counter()
    decide_for(actor=system_actor("bench"), party_id=party, day=timezone.localdate())
    decided = time.perf_counter()
    calculate(region=region, answers={}, skipped=(), day=timezone.localdate())
    asked = time.perf_counter()
    print(decided - began, asked - decided)


if __name__ == "__main__":
    main()

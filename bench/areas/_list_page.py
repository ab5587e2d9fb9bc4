"""An official looks at a list of the automatic mode every other second; prints the seconds of each look."""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main() -> None:
    """Arguments: the number of a user, and the folder in which the number of the list and a word to stop appear."""
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client

    from yingshang.kernel.access.models import User

    settings.ALLOWED_HOSTS = ["*"]
    settings.SECURE_SSL_REDIRECT = False
    user, folder = User.objects.get(pk=int(sys.argv[1])), Path(sys.argv[2])
    client = Client(SERVER_NAME="localhost", HTTP_X_FORWARDED_FOR="192.0.2.1")
    answer = client.post(
        "/account/login/", {"login": user.username, "password": "correct-horse-battery"}, secure=True
    )
    assert answer.status_code == 302, answer.content[:500]
    looks = 0
    while not (folder / "stop").exists():
        if (folder / "list").exists():
            number = (folder / "list").read_text()
            began = time.perf_counter()
            answer = client.get(f"/desk/claims/lists/{number}/", {"page": 1 + 37 * looks % 500}, secure=True)
            took = time.perf_counter() - began
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code} {answer.content[:500]!r}")
            # What a process loads at its first page is another figure.
            if looks:
                print(took, flush=True)
            looks += 1
        time.sleep(2)


if __name__ == "__main__":
    main()

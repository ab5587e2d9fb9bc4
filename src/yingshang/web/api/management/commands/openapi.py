"""`python -m django openapi`: write the description of the API."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ...schema import text


class Command(BaseCommand):
    help = "Write the OpenAPI description of the API."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=Path("docs/api/openapi.json"))

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["file"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(), encoding="utf-8")
        self.stdout.write(str(target))

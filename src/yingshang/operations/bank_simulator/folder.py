"""The bank by files: batches in in/, answers and statements in out/. Whole files only, by renaming."""

from __future__ import annotations

import json
import os
from pathlib import Path

from yingshang.areas.claims.banking.channels import (
    Format,
    report_name,
    statement_name,
    sync_folder,
    write_statement,
)
from yingshang.areas.claims.banking.errors import BankingError
from yingshang.operations.bank_simulator.bank import LineBroken, LineDown, MessageConflict, SimulatedBank


class WatchedFolder:
    """Takes what lies in in/ and lays answers into out/; a look counts as a question for answers."""

    def __init__(self, bank: SimulatedBank, folder: Path, format: Format = Format.XML) -> None:
        self._bank = bank
        self._in, self._out = folder / "in", folder / "out"
        self._taken, self._refused = folder / "taken", folder / "refused"
        self._format = format
        for each in (self._in, self._out, self._taken, self._refused):
            each.mkdir(parents=True, exist_ok=True)
        names = [each.stem for each in self._out.glob("report-*.*")]
        self._last = max((int(each.removeprefix("report-")) for each in names), default=0)

    def look(self) -> None:
        """Once through both folders."""
        for path in sorted(self._in.iterdir()):
            if not path.name.startswith(".") and path.suffix[1:] in tuple(Format):
                self._take(path)
        for report in self._bank.reports(self._last):
            self._lay(self._out / report_name(report.sequence, report.format), report.content)
            self._last = report.sequence
        for account, day in self._bank.statement_days():
            path = self._out / statement_name(day, account, self._format)
            if not path.exists() and (statement := self._bank.statement(day, account)):
                self._lay(path, write_statement(statement, self._format))

    def _take(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._bank.receive(file, Format(path.suffix[1:]))
        except LineDown:
            return  # it stays where it is and is looked at again
        except LineBroken:
            pass
        except (BankingError, MessageConflict) as error:
            why = json.dumps(error.as_dict(), ensure_ascii=False, indent=1).encode()
            self._lay(self._refused / f"{path.name}.json", why)
            path.replace(self._refused / path.name)
            return
        path.replace(self._taken / path.name)

    @staticmethod
    def _lay(path: Path, content: bytes) -> None:
        part = path.with_name(f".{path.name}.part")
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)

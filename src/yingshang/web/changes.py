"""What an event changed, line by line: the values before beside those after."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

NOTHING = "—"
"""What stands for a value that is empty."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that was added, removed, changed, or stayed."""

    path: str
    kind: Literal["added", "removed", "changed", "same"]
    before: str
    after: str


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Change, ...]:
    """Every value of either side, in the order of their paths; nested values have dotted paths."""
    old, new = _flat(before or {}), _flat(after or {})
    found = []
    for path in sorted(old.keys() | new.keys()):
        if path not in old:
            found.append(Change(path, "added", "", new[path]))
        elif path not in new:
            # Without an "after" nothing is said of what became of it; then it was removed with the whole.
            found.append(Change(path, "removed", old[path], ""))
        else:
            kind: Literal["same", "changed"] = "same" if old[path] == new[path] else "changed"
            found.append(Change(path, kind, old[path], new[path]))
    return tuple(found)


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, each in value.items():
        path = f"{prefix}{key}"
        if isinstance(each, dict) and each:
            flat.update(_flat(each, f"{path}."))
        else:
            flat[path] = each if isinstance(each, str) else json.dumps(each, ensure_ascii=False)
            if each is None:
                flat[path] = NOTHING
    return flat

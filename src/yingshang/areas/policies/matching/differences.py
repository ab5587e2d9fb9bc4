"""Who is told, in the transaction that stores a match, for whom it is new and for whom it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Handler = Callable[[int, Numbers, Numbers, datetime], None]
"""(version, the parties newly entitled, those no longer, now). Arrays of party numbers, ascending."""

_handlers: list[Handler] = []


def on_differences(handler: Handler) -> None:
    """Call `handler(version_id, newly, no_longer, now)` for each version that means something else to somebody.

    Exactly once for each difference, whatever dies in between: the call is in the transaction that stores it. A few
    thousand enterprises at a time. That an item ended is no difference: `on_withdrawn` and `on_published` tell that.
    """
    _handlers.append(handler)


def anybody_listens() -> bool:
    """Whether differences are told to anybody; else it is enough to count them."""
    return bool(_handlers)


def tell_differences(version_id: int, newly: Numbers, no_longer: Numbers, now: datetime) -> None:
    for handler in _handlers:
        handler(version_id, newly, no_longer, now)

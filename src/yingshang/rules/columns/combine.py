"""Kleene's logic on planes, with errors: false absorbs both, unknown absorbs errors."""

from __future__ import annotations

import numpy as np

from yingshang.rules.columns.leaves import Errors
from yingshang.rules.columns.planes import Words, clear_tail, pack, unpack
from yingshang.rules.columns.predicates import AllOf, AtLeastOf, Choice, Contrary, Predicate


def combine_derived(
    node: int, predicate: Predicate, parts: tuple[int, ...], planes: Words, errors: Errors, rows: int
) -> None:
    """Writes the planes of a node from those of its parts. `planes`: [nodes, 2, words]."""
    true, open_ = planes[node, 0], planes[node, 1]
    chosen = list(parts)
    if isinstance(predicate, AllOf):
        np.bitwise_and.reduce(planes[chosen], axis=0, out=planes[node])
        _undecided_errors(node, parts, planes, errors, rows)
    elif isinstance(predicate, AtLeastOf):
        if predicate.count == 1:
            np.bitwise_or.reduce(planes[chosen], axis=0, out=planes[node])
        elif predicate.count == len(parts):
            np.bitwise_and.reduce(planes[chosen], axis=0, out=planes[node])
        else:
            for place in (0, 1):
                held = np.zeros(rows, np.uint16)
                for part in chosen:
                    held += unpack(planes[part, place], rows)
                planes[node, place] = pack(held >= predicate.count)
        _undecided_errors(node, parts, planes, errors, rows)
    elif isinstance(predicate, Contrary):
        np.invert(planes[parts[0], 1], out=true)
        np.invert(planes[parts[0], 0], out=open_)
        if parts[0] in errors:
            errors[node] = errors[parts[0]]
    elif isinstance(predicate, Choice):
        _choose(node, parts, planes, errors, rows)


def _undecided_errors(node: int, parts: tuple[int, ...], planes: Words, errors: Errors, rows: int) -> None:
    """What is left undecided is an error where no part is unknown."""
    if not any(part in errors for part in parts):
        return
    failed = planes[node, 1] & ~planes[node, 0]
    for part in parts:
        unknown = planes[part, 1] & ~planes[part, 0]
        if part in errors:
            unknown &= ~errors[part]
        failed &= ~unknown
    _keep(node, failed, errors, rows)


def _choose(node: int, parts: tuple[int, ...], planes: Words, errors: Errors, rows: int) -> None:
    """`if`: where the condition is not decided, decided only if both branches are, and alike."""
    condition, then, otherwise = parts
    yes, no = planes[condition, 0], ~planes[condition, 1]
    neither = ~(yes | no)
    both_true = planes[then, 0] & planes[otherwise, 0]
    both_false = ~(planes[then, 1] | planes[otherwise, 1])
    true = (yes & planes[then, 0]) | (no & planes[otherwise, 0]) | (neither & both_true)
    false = (yes & ~planes[then, 1]) | (no & ~planes[otherwise, 1]) | (neither & both_false)
    planes[node, 0] = true
    planes[node, 1] = ~false
    if not any(part in errors for part in parts):
        return
    nowhere = np.zeros_like(true)
    wrong, wrong_then, wrong_otherwise = (errors.get(part, nowhere) for part in parts)
    unknown_then = planes[then, 1] & ~planes[then, 0] & ~wrong_then
    unknown_otherwise = planes[otherwise, 1] & ~planes[otherwise, 0] & ~wrong_otherwise
    decided = both_true | both_false | unknown_then | unknown_otherwise
    failed = (yes & wrong_then) | (no & wrong_otherwise)
    failed |= neither & ((wrong_then & wrong_otherwise) | (wrong & ~decided))
    _keep(node, failed, errors, rows)


def _keep(node: int, failed: Words, errors: Errors, rows: int) -> None:
    clear_tail(failed, rows)
    if failed.any():
        errors[node] = failed

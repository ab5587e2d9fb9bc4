"""Tables of contracts."""

from .contracts import Contract, EmptyQuarter, ImportBatch, Supplement
from .figures import DoneCell, DueCell, RegionDueCell, UnitFigures
from .obligations import Correction, FollowedCalendar, Obligation, Performance
from .people import HandOver, HandOverLine, Head
from .portraits import PortraitObjection, PortraitRound, PublishedPortrait, Repair
from .supervising import Block, Cancellation, SupervisionCase, SupervisionNotice, Transfer

__all__ = [
    "Block",
    "Cancellation",
    "Contract",
    "Correction",
    "DoneCell",
    "DueCell",
    "EmptyQuarter",
    "FollowedCalendar",
    "HandOver",
    "HandOverLine",
    "Head",
    "ImportBatch",
    "Obligation",
    "Performance",
    "PortraitObjection",
    "PortraitRound",
    "PublishedPortrait",
    "RegionDueCell",
    "Repair",
    "SupervisionCase",
    "SupervisionNotice",
    "Supplement",
    "Transfer",
    "UnitFigures",
]

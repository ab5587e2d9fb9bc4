"""What an appeal says: tidied, held to its limits, and masked for everybody who need not know who is in it. Pure.

| module | what it does |
|---|---|
| `rules` | `data/text.yaml`, read once |
| `cleaning` | `clean`: what nobody can see or what turns lines around is taken out; `for_comparing` |
| `problems` | `checked`: the limits, and what to do about a text beyond them |
| `numbers` | numbers of persons, cards and telephones, however they are written |
| `masking` | `mask`: personal data and insults become ＊, with the place and kind of each |
"""

from __future__ import annotations

from .cleaning import clean, for_comparing
from .masking import Finding, Masked, mask
from .problems import Checked, InvalidText, Problem, checked

__all__ = [
    "Checked",
    "Finding",
    "InvalidText",
    "Masked",
    "Problem",
    "checked",
    "clean",
    "for_comparing",
    "mask",
]

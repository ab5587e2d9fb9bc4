"""What the search of the workbench finds of policies."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yingshang.areas.policies.api import documents, items
from yingshang.kernel.access.api import Actor
from yingshang.web.desk.searching import MOST_OF_A_KIND, Hit, Kind, register_search

from .authoring.tables import place_name, state_name

VIEW = "policies.view_drafts"


def _items(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = items(actor=actor, text=text, limit=MOST_OF_A_KIND)
    return [
        Hit(
            each.name,
            f"{each.code} · {place_name(each.region_path)} · {state_name(each.state)}",
            reverse("policies_desk:item", args=[each.code]),
        )
        for each in found.rows
    ], found.total


def _documents(actor: Actor, text: str) -> tuple[Sequence[Hit], int]:
    found = documents(actor=actor, text=text, limit=MOST_OF_A_KIND)
    return [
        Hit(
            each.title,
            " · ".join(filter(None, (each.number, each.issuer))),
            reverse("policies_desk:document", args=[each.id]),
        )
        for each in found.rows
    ], found.total


register_search(
    Kind(_("政策事项"), "list-details", (VIEW,), "policies_desk:items", _items, 22),
    Kind(_("政策文件"), "file-text", (VIEW,), "policies_desk:documents", _documents, 24),
)

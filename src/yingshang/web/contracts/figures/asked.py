"""Which region, unit and figure an address asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yingshang.areas.contracts.api import ContractNotFound, figure_rules, risk_rules, unit_name
from yingshang.kernel.access.api import Actor
from yingshang.kernel.reference.api import Region, find_region
from yingshang.web.filters import FilterForm, choices
from yingshang.web.words import in_language

from ..words import SIDES
from .places import leads_to_scope, top_of
from .words import WHAT


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is of: a region, or one unit in it."""

    region: Region
    agency_id: int | None = None
    agency_name: str = ""

    @property
    def wanted(self) -> dict[str, str]:
        """As parameters of an address."""
        found = {"region": self.region.code}
        if self.agency_id is not None:
            found["agency"] = str(self.agency_id)
        return found

    def url(self, name: str, **more: str | int | None) -> str:
        """The address of another page of the same region and unit."""
        wanted = {**self.wanted, **{key: str(value) for key, value in more.items() if value is not None}}
        return f"{reverse(f'contracts_cockpit:{name}')}?{urlencode(wanted)}"

    @property
    def place(self) -> str:
        """What stands in headings."""
        return self.agency_name or self.region.name


def asked_by(request: HttpRequest, actor: Actor) -> Asked:
    """What an address asks for; the whole view where it says nothing. Raises ContractNotFound."""
    code = request.GET.get("region", "") or top_of(actor)
    region = find_region(code) if code.isdigit() else None
    if region is None or not leads_to_scope(actor, region):
        raise ContractNotFound(
            f"no region {code!r} in this scope", message_zh="没有这个区划，或者它不在您的查看范围内"
        )
    agency = request.GET.get("agency", "")
    if not (agency.isdecimal() and len(agency) < 10):
        return Asked(region)
    name = unit_name(actor=actor, agency_id=int(agency))
    if not name:
        raise ContractNotFound(
            f"no agency {agency} in this scope", message_zh="没有这个单位，或者它不在您的查看范围内"
        )
    return Asked(region, int(agency), name)


class _RegionFilter(FilterForm):
    """The region and the unit come along."""

    region = forms.CharField(widget=forms.HiddenInput, max_length=12)
    agency = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, **more: Any) -> None:
        super().__init__(data, **more)
        # What comes along stands last.
        self.order_fields([name for name in self.fields if name not in {"region", "agency"}])

    @property
    def narrowed(self) -> bool:
        return bool(set(self.values) - {"region", "what"})


class BehindFilter(_RegionFilter):
    """Which obligations behind a figure."""

    what = forms.ChoiceField(label=gettext_lazy("内容"))
    age = forms.ChoiceField(label=gettext_lazy("逾期时长"))
    days = forms.ChoiceField(label=gettext_lazy("到期时间"))
    side = forms.ChoiceField(label=gettext_lazy("义务方"))

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        rules = figure_rules()
        self._choose("what", list(WHAT.items()), None)
        ages = [(each.code, in_language(each.name, each.name_en)) for each in rules.ages]
        self._choose("age", ages, _("不限"))
        days = [(str(each), _("%(days)s 天内") % {"days": each}) for each in rules.due_next]
        self._choose("days", days, _("不限"))
        self._choose("side", list(SIDES.items()), None)

    def _choose(self, name: str, pairs: Any, every: Any) -> None:
        self.fields[name].choices = choices(pairs, every) if every else pairs  # type: ignore[attr-defined]


class RiskFilter(_RegionFilter):
    """By reason."""

    reason = forms.ChoiceField(label=gettext_lazy("原因"))

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        pairs = [(each.code, in_language(each.name, each.name_en)) for each in risk_rules().reasons.values()]
        self.fields["reason"].choices = choices(pairs, _("不限"))  # type: ignore[attr-defined]


class UnitFilter(_RegionFilter):
    """By a part of the name."""

    text = forms.CharField(label=gettext_lazy("单位名称"), max_length=60)

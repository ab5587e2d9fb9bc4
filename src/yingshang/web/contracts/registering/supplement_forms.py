"""A supplement: what it is, what it changes of the contract, of its obligations, and which ones it adds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yingshang.areas.contracts.api import (
    CHANGEABLE,
    OBLIGATION,
    ContractDetail,
    ObligationView,
    ProposedChange,
)
from yingshang.web.filters import DayField

from ..fields import YuanField, written_yuan
from .rows import ObligationRow, initial_of

_NOTICED = ("notice", "case", "transfer")


class SupplementForm(forms.Form):
    """The supplement, and the fields of the contract as they are to be; what is left as it stands is not changed."""

    new_title = forms.CharField(label=_("补充协议名称"), max_length=200)
    reference = forms.CharField(label=_("补充协议编号"), max_length=80, required=False)
    signed_on = DayField(label=_("签订日期"))
    effective_on = DayField(label=_("生效日期"))
    reason = forms.CharField(label=_("变更原因"), widget=forms.Textarea(attrs={"rows": 3}))
    title = forms.CharField(label=_("合同名称"), max_length=200, required=False)
    amount_fen = YuanField(label=_("合同金额（元）"), required=False)
    starts_on = DayField(label=_("起始日期"), required=False)
    ends_on = DayField(label=_("终止日期"), required=False)
    open_ended = forms.CharField(label=_("无固定期限说明"), max_length=200, required=False)
    note = forms.CharField(label=_("备注"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    ABOUT = ("new_title", "reference", "signed_on", "effective_on", "reason")

    def __init__(self, *arguments: Any, contract: ContractDetail, **kwargs: Any) -> None:
        standing = {name: getattr(contract, name) for name in CHANGEABLE}
        standing["amount_fen"] = written_yuan(contract.amount_fen)
        super().__init__(*arguments, **{"label_suffix": "", "initial": standing, **kwargs})
        self.contract = contract

    @property
    def about(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ABOUT]

    @property
    def changed(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in CHANGEABLE]

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the contract as it stands."""
        return {
            name: self.cleaned_data[name]
            for name in CHANGEABLE
            if self.cleaned_data[name] != getattr(self.contract, name)
        }


class ChangeRow(ObligationRow):
    """What becomes of an obligation there is: nothing, another day or amount, or it is taken out."""

    change = forms.ChoiceField(
        label=_("这项义务"),
        choices=[("", _("不变")), ("change", _("变更")), ("drop", _("取消"))],
        required=False,
    )

    def __init__(self, *arguments: Any, obligation: ObligationView, **kwargs: Any) -> None:
        self.obligation = obligation
        [standing] = initial_of(
            [
                {
                    "side": obligation.side,
                    "kind": obligation.kind,
                    "title": obligation.title,
                    "amount_fen": obligation.amount_fen,
                    "terms": {key: each for key, each in obligation.terms.items() if key != "share"},
                }
            ]
        )
        super().__init__(*arguments, initial=standing, prefix=f"change-{obligation.id}", **kwargs)
        for name in ("side", "kind", "share", "starts", "until", "reserved"):
            self.fields[name].widget = forms.HiddenInput()
        self.fields["way"].choices = self.fields["way"].choices[:2]  # type: ignore[attr-defined]

    @property
    def empty(self) -> bool:
        return getattr(self, "cleaned_data", {}).get("change") != "change"

    @property
    def more(self) -> list[forms.BoundField]:
        return [self[name] for name in ("at_latest", "counted_from", "rate", "order")]

    @property
    def due(self) -> bool:
        """Whether the unit is to have done it by now: what eases it waits for the other side."""
        late = self.obligation.due_on is not None and self.obligation.due_on <= timezone.localdate()
        return self.obligation.side == "unit" and (late or self.obligation.escalation in _NOTICED)

    @property
    def is_open(self) -> bool:
        return bool(self.errors or self["change"].value())

    @property
    def proposed(self) -> ProposedChange | None:
        """What is proposed; nothing where it stays."""
        what = self.cleaned_data.get("change")
        if what == "drop":
            return ProposedChange("drop", obligation_id=self.obligation.id)
        if what != "change":
            return None
        rule = self.rule
        standing = {
            "title": self.obligation.title,
            "amount_fen": self.obligation.amount_fen,
            "terms": {key: each for key, each in self.obligation.terms.items() if key != "share"},
        }
        changes = {name: rule.get(name) for name, value in standing.items() if rule.get(name) != value}
        return ProposedChange("change", obligation_id=self.obligation.id, changes=changes)


def change_rows(contract: ContractDetail, data: Any = None) -> list[ChangeRow]:
    """A row for every open obligation of a contract."""
    return [
        ChangeRow(data, obligation=each) if data is not None else ChangeRow(obligation=each)
        for each in contract.obligations
        if OBLIGATION.states[each.state].open
    ]

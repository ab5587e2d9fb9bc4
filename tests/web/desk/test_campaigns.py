"""Mass messages: what the form begins with."""

from __future__ import annotations

from yingshang.kernel.notices.api import message_kinds
from yingshang.web.desk.campaign_forms import CampaignForm


def test_what_nobody_can_switch_off_is_never_the_first_choice() -> None:
    offered = [code for code, _name in CampaignForm().fields["kind"].choices]

    assert set(offered) == {code for code, kind in message_kinds().items() if kind.mass}
    assert not message_kinds()[offered[0]].urgent
    assert message_kinds()[offered[-1]].urgent

"""A scoring and a visit as rows alone, for those who try every page."""

from __future__ import annotations

from django.utils import timezone

from yingshang.areas.claims.models import Claim, Expert, FieldCheck, PanelClaim, ScoringPanel, ScoringSeat
from yingshang.kernel.access.models import User


def standing_assessments(claim: Claim, place: str) -> dict[str, int]:
    """An expert with a seat of an open scoring of the claim, and a visit that is ordered."""
    now, today = timezone.now(), timezone.localdate()
    who = User.objects.create(username=f"expert-{place}", name="演示专家")
    expert = Expert.objects.create(
        number=f"ZJ{place}",
        user=who,
        name="演示专家",
        agency_id=claim.agency_id,
        region_path=place,
        fields=["演示"],
        added_at=now,
        added_by_name="test",
    )
    panel = ScoringPanel.objects.create(
        number=f"PS{place}",
        item_code=claim.item_code,
        item_name="演示",
        agency_id=claim.agency_id,
        region_path=place,
        rules={
            "experts": 3,
            "result": "mean",
            "working_days": 5,
            "criteria": [{"code": "a", "name": "演示", "weight": 100, "maximum": 10}],
        },
        pool=[expert.number],
        checkpoint_size=0,
        secret="0" * 32,
        commitment="0" * 64,
        drawn_at=now,
        drawn_by="system:test",
        drawn_by_name="test",
    )
    PanelClaim.objects.create(panel=panel, claim=claim)
    seat = ScoringSeat.objects.create(
        panel=panel, expert=expert, place=1, due_on=today, due_at=now, invited_at=now
    )
    check = FieldCheck.objects.create(
        number=f"HC{place}",
        claim=claim,
        region_path=place,
        points=[{"code": "a", "name": "演示"}],
        assigned=who,
        assigned_name="演示",
        ordered_at=now,
        ordered_by_name="test",
        due_on=today,
    )
    return {
        "claim_expert": expert.pk,
        "scoring_panel": panel.pk,
        "scoring_seat": seat.pk,
        "field_check": check.pk,
    }

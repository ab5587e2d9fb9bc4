"""The job behind a mass message: who is in its audience, then the messages, each in steps that are committed.

A step is a transaction that holds the row of the campaign, so two runs never take the same one, a pause counts from the
next step on, and a process that is killed leaves nothing half done: the next run goes on behind the last step.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from yingshang.kernel.access.api import Actor, contacts_of_parties
from yingshang.kernel.ledger.api import Target, record
from yingshang.kernel.parties.api import registered_contacts

from .actions.send import About, Draft, Reached, write_unrecorded
from .audience import OUT_OF_REACH, SEND, in_reach, next_parties
from .campaigns import FIELDS, CampaignProgress, progress_of, reaches
from .channels import get_channel
from .message_templates import LANGUAGES, Rendered, as_texts, fill
from .models import Campaign, CampaignRecipient
from .preferences import preferences_by_user, wants

COLLECTED_AT_ONCE = 1_000
WRITTEN_AT_ONCE = 200


def send_campaign(
    *,
    actor: Actor,
    campaign_id: int,
    clock: Callable[[], datetime],
    progress: Callable[[CampaignProgress], None] = lambda progress: None,
) -> CampaignProgress:
    """Write the messages of a campaign that is being sent; it ends when all are, when it is paused, or cancelled."""
    actor.require(SEND)
    while _step(actor, campaign_id, clock()):
        progress(progress_of(Campaign.objects.get(pk=campaign_id)))
    return progress_of(Campaign.objects.get(pk=campaign_id))


def _step(actor: Actor, campaign_id: int, now: datetime) -> bool:
    """One transaction's worth; whether there may be more."""
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
        if campaign.state != Campaign.SENDING:
            return False
        if not campaign.collected:
            _collect(actor, campaign, now)
            return True
        waiting = list(
            campaign.recipients.filter(state=CampaignRecipient.WAITING)
            .select_related("party")
            .order_by("id")[:WRITTEN_AT_ONCE]
        )
        if waiting:
            _write(actor, campaign, waiting, now)
            return True
        campaign.state, campaign.ended_at = Campaign.DONE, now
        campaign.save(update_fields=["state", "ended_at"])
        done = progress_of(campaign)
        _record(actor, "notices.campaign_done", campaign, now, written=done.written, unreached=done.unreached)
        return False


def _collect(actor: Actor, campaign: Campaign, now: datetime) -> None:
    found = next_parties(actor, campaign, campaign.collected_until, COLLECTED_AT_ONCE)
    CampaignRecipient.objects.bulk_create(
        (
            CampaignRecipient(campaign=campaign, party_id=party_id, region_code=region)
            for party_id, region in found
        ),
        ignore_conflicts=True,
    )
    if found:
        campaign.collected_until = found[-1][0]
    campaign.collected = len(found) < COLLECTED_AT_ONCE
    campaign.save(update_fields=["collected_until", "collected"])
    _record(actor, "notices.campaign_collected", campaign, now, enterprises=len(found))


def _write(actor: Actor, campaign: Campaign, waiting: list[CampaignRecipient], now: datetime) -> None:
    # Lists were looked up when they were given, maybe by somebody else: who sends today decides.
    numbers_of_waiting = [each.pk for each in waiting]
    mine = set(
        in_reach(actor, CampaignRecipient.objects.filter(pk__in=numbers_of_waiting)).values_list(
            "pk", flat=True
        )
    )
    drafts = _drafts(campaign, [each for each in waiting if each.pk in mine], now)
    numbers, messages = write_unrecorded(
        about=About(
            template="notices.campaign",
            version=None,
            kind=campaign.kind,
            urgent=campaign.urgent,
            link=campaign.link,
            campaign_id=campaign.pk,
        ),
        drafts=drafts,
        now=now,
        once=f"campaign:{campaign.pk}",
    )
    reached = {draft.party_id for draft in drafts}
    for state, numbers_of in (
        (CampaignRecipient.WRITTEN, [each.pk for each in waiting if each.party_id in reached]),
        (CampaignRecipient.UNREACHED, [each.pk for each in waiting if each.party_id not in reached]),
    ):
        CampaignRecipient.objects.filter(pk__in=numbers_of).update(state=state)
    if lost := [number for number in numbers_of_waiting if number not in mine]:
        CampaignRecipient.objects.filter(pk__in=lost).update(problem=OUT_OF_REACH)
    _record(
        actor,
        "notices.campaign_written",
        campaign,
        now,
        enterprises=len(waiting),
        messages=len(messages),
        first=numbers[0] if numbers else 0,
        last=numbers[-1] if numbers else 0,
    )


def _drafts(campaign: Campaign, waiting: list[CampaignRecipient], now: datetime) -> list[Draft]:
    """A message for everybody who acts for an enterprise, over each channel that reaches them and that they want.

    Where nobody with an account acts for it, the contact it is registered with.
    """
    numbers = [each.party_id for each in waiting if each.party_id is not None]
    accounts = contacts_of_parties(party_ids=numbers, today=timezone.localdate(now))
    registered = registered_contacts(party_ids=[each for each in numbers if each not in accounts])
    preferences = preferences_by_user({each.user_id for people in accounts.values() for each in people})
    texts = as_texts(campaign.texts)
    drafts = []
    for recipient in waiting:
        party = recipient.party
        if party is None:
            continue
        values = dict(zip(FIELDS, (party.name, party.credit_code or ""), strict=True))
        rendered: dict[str, Rendered] = {
            language: fill(texts, language, values) for language in LANGUAGES if language in texts
        }
        people = [
            Reached(each.user_id, each.email, each.phone, each.language)
            for each in accounts.get(party.pk, ())
        ]
        if not people and (contact := registered.get(party.pk)):
            people = [Reached(None, contact.email, contact.phone, LANGUAGES[0])]
        for each in people:
            language = each.language if each.language in rendered else LANGUAGES[0]
            preference = preferences.get(each.user_id or 0)
            for code in campaign.channels:
                if not reaches(code, each.user_id is not None, each.email, each.phone):
                    continue
                if not wants(preference, campaign.kind, code):
                    continue
                address = get_channel(code).address(email=each.email, phone=each.phone, endpoint="")
                drafts.append(
                    Draft(
                        Reached(each.user_id, each.email, each.phone, language),
                        code,
                        address,
                        rendered[language],
                        preference,
                        party.pk,
                        f":{party.pk}",
                    )
                )
    return drafts


def _record(actor: Actor, action: str, campaign: Campaign, now: datetime, **after: int) -> None:
    record(
        actor=actor,
        action=action,
        target=Target("campaign", str(campaign.pk), campaign.title, region_path=campaign.region_path),
        now=now,
        after=dict(after),
    )

"""Make a platform ready for a province or city: tables, static files, reference data, roles, its first administrator.

Repeated after every release, it brings all of these up to date and leaves what people changed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from yingshang.kernel.reference.api import codes_within, get_region
from yingshang.operations.errors import UnknownAgency


@dataclass(frozen=True, slots=True)
class SetupSummary:
    """What changed: numbers of regions and agencies, codes of roles, and whether the administrator is new."""

    regions: int
    agencies: int
    roles: tuple[str, ...]
    administrator_created: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def prepare_tables() -> None:
    """Migrations, the cache's table and the static files. Changes nothing the second time."""
    from django.core.management import call_command

    from yingshang.operations.migrating import migrate

    migrate()
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def set_up(
    *,
    region: str | None,
    now: datetime,
    administrator: str = "",
    email: str = "",
    agency: str = "",
) -> SetupSummary:
    """Load the regions, the agencies of `region` and everything below it (six digits; None leaves them), the roles, and
    the ladders, flows, forms and templates the platform comes with; those that people have changed stay as they are.

    With `administrator` an account of that name is appointed in `agency` (its code) unless there is one already; its
    owner sets a password by the page 忘记密码, so `email` is needed. Raises UnknownRegion, UnknownAgency, InvalidUser.
    """
    # They have models in their hands, so Django comes first.
    from yingshang.kernel.access import api as access
    from yingshang.kernel.clock import api as clock
    from yingshang.kernel.documents import api as documents
    from yingshang.kernel.flow import api as flow
    from yingshang.kernel.forms import api as forms
    from yingshang.kernel.notices import api as notices
    from yingshang.kernel.parties import api as parties

    actor = access.system_actor("setup")
    loaded = parties.load_reference_data(
        actor=actor, now=now, agency_regions=tuple(codes_within(region)) if region else ()
    )
    roles = access.load_roles(actor=actor, now=now)
    # They belong to the region the platform serves: whoever administers it may change them.
    place = get_region(region).path if region else ""
    for room in (clock, documents, forms, flow, notices):
        room.load_defaults(actor=actor, region_path=place, now=now)
    created = False
    if administrator:
        found = [each for each in parties.agencies(actor=actor, text=agency).rows if each.code == agency]
        if not found:
            raise UnknownAgency(
                f"no agency {agency!r}; load its region first, and give its code, such as 230100-data",
                message_zh=f"没有代码为“{agency}”的机构；请先装载其区划，并填写机构代码，例如 230100-data",
                value=agency,
            )
        try:
            access.find_account(actor=actor, username=administrator)
        except access.UserNotFound:
            user_id = access.create_user(
                actor=actor,
                username=administrator,
                name=administrator,
                agency_id=found[0].id,
                now=now,
                email=email,
            )
            access.appoint(actor=actor, user_id=user_id, role="administrator", agency_id=found[0].id, now=now)
            created = True
    return SetupSummary(
        regions=loaded.regions_added + loaded.regions_changed,
        agencies=loaded.agencies_added + loaded.agencies_changed,
        roles=roles,
        administrator_created=created,
    )

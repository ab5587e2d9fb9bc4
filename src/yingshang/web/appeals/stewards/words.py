"""Words for the codes of stewards; all of them are carried by the data."""

from __future__ import annotations

from yingshang.areas.appeals.api import CALL, steward_rules
from yingshang.web.words import in_language


def tier_name(code: str) -> str:
    """重点服务企业 for `key`."""
    found = steward_rules().tiers.get(code)
    return in_language(found.name, found.name_en) if found else code


def tier_choices() -> list[tuple[str, str]]:
    """Every tier with how often it is visited."""
    return [(code, tier_name(code)) for code in steward_rules().tiers]


def way_name(code: str) -> str:
    """上门走访 for `visit`."""
    found = steward_rules().ways.get(code)
    return in_language(found.name, found.name_en) if found else code


def way_choices() -> list[tuple[str, str]]:
    """Every way of a visit."""
    return [(code, way_name(code)) for code in steward_rules().ways]


def level_name(level: int | None) -> str:
    """满意 for 4; nothing for none."""
    found = steward_rules().levels.get(level or 0)
    return in_language(found.name, found.name_en) if found else ""


def level_choices() -> list[tuple[str, str]]:
    """The five levels, the best first."""
    return [(str(level), level_name(level)) for level in steward_rules().levels]


def service_name(code: str) -> str:
    """纳税 for `tax`; the code for one the lists do not have any more."""
    found = steward_rules().services.get(code)
    return in_language(found.name, found.name_en) if found else code


def service_choices(only: tuple[str, ...] | None = None) -> list[tuple[str, list[tuple[str, str]]]]:
    """The services by list; only some, if they are named."""
    lists = [
        (
            in_language(each.name, each.name_en),
            [(one.code, service_name(one.code)) for one in each.items if only is None or one.code in only],
        )
        for each in steward_rules().lists
    ]
    return [(name, items) for name, items in lists if items]


def call_state(code: str) -> tuple[str, str]:
    """The name of the state of a request to get in touch, and its tone."""
    found = CALL.states[code]
    return in_language(found.name, found.name_en), found.tone

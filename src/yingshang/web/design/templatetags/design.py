"""`{% load design %}`: icons, components, charts, and how figures are written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from yingshang.kernel.access.api import actor_from
from yingshang.web.design import formats, navigation
from yingshang.web.design.charts import Chart, RegionMap
from yingshang.web.design.icons import icon

register = template.Library()

register.filter("day", formats.day)
register.filter("moment", formats.moment)
register.filter("money", formats.money)
register.filter("large_money", formats.large_money)
register.filter("count", formats.number)
register.filter("percent", formats.percent)


@register.filter
def ago(value: Any) -> str:
    """How long before today: 12 天前."""
    return formats.ago(value, timezone.localdate())


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """1,234.5."""
    return formats.number(value, places)


@register.filter
def text(value: Any) -> str:
    """Nothing at all for None; everything else as it is."""
    return "" if value is None else str(value)


register.simple_tag(icon)


class ComponentNode(template.Node):
    """`{% component "panel" title=… %} … {% endcomponent %}`: a component with something inside."""

    def __init__(self, name: FilterExpression, values: dict[str, FilterExpression], inside: NodeList) -> None:
        self.name, self.values, self.nodelist = name, values, inside

    def render(self, context: template.Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        found = get_template(f"design/components/{self.name.resolve(context)}.html")
        # A component knows what it is given and nothing of the page around it, whose names might mean something else.
        own = context.new({"body": self.nodelist.render(context), **values})
        return found.template.render(own)  # type: ignore[attr-defined,no-any-return]


@register.tag
def component(parser: Parser, token: Token) -> ComponentNode:
    """A component around what stands between the tags, which it gets as `body`."""
    bits = token.split_contents()[1:]
    if not bits:
        raise template.TemplateSyntaxError('component needs a name: {% component "panel" %}')
    name = parser.compile_filter(bits.pop(0))
    values = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"component: {bits[0]} is not of the form name=value")
    inside = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(name, values, inside)


@register.simple_tag(takes_context=True)
def navigation_of(context: template.Context, face: str) -> list[dict[str, Any]]:
    """The groups of a face's navigation, each with the entries that are open to this actor."""
    request = context.get("request")
    if request is None:
        return []
    groups: dict[str, list[dict[str, Any]]] = {}
    found = list(navigation.destinations(face, actor_from(request)))
    # The longest address that this page's begins with is where one is.
    here = max((each.url for each in found if request.path.startswith(each.url)), key=len, default=None)
    for each in found:
        is_here = each.url == here and (each.url != "/" or request.path == "/")
        groups.setdefault(str(each.group), []).append({"entry": each, "url": each.url, "here": is_here})
    return [{"name": name, "entries": entries} for name, entries in groups.items()]


@register.inclusion_tag("design/components/chart.html")
def chart(
    chart: Chart, caption: str, *, source: str = "", size: str = "", heading: str = ""
) -> dict[str, Any]:
    """A chart with its table."""
    return {
        "chart": chart,
        "caption": caption,
        "source": source,
        "size": size,
        "heading": heading,
        "identifier": f"chart-{uuid4().hex[:8]}",
        "data": chart.data(),
    }


@register.inclusion_tag("design/components/map.html")
def region_map(map: RegionMap, caption: str, *, source: str = "", size: str = "high") -> dict[str, Any]:
    """A map with its table."""
    return {
        "map": map,
        "caption": caption,
        "source": source,
        "size": size,
        "identifier": f"map-{uuid4().hex[:8]}",
        "data": map.data(address=static(map.shapes), unknown=_("暂无数据")),
    }


# The colour of a deadline, with an icon and words of its own, so that the colour is never the only sign.
CLOCKS: dict[str, tuple[str, str]] = {
    "overdue": ("over", "clock-exclamation"),
    "today": ("bad", "clock-exclamation"),
    "soon": ("warn", "clock"),
    "later": ("good", "clock-check"),
    "open": ("quiet", "clock"),
    "paused": ("paused", "clock-pause"),
    "done": ("good", "check"),
}


@register.inclusion_tag("design/components/clock.html")
def clock(state: str, words: str = "", *, due: Any = None) -> dict[str, Any]:
    """A deadline: `state` is one of CLOCKS; `words` says it ("还剩 3 个工作日"), otherwise the state's own name."""
    tone, picture = CLOCKS[state]
    names = {
        "overdue": _("已超期"),
        "today": _("今天到期"),
        "soon": _("即将到期"),
        "later": _("期限内"),
        "open": _("无期限"),
        "paused": _("计时暂停"),
        "done": _("已办结"),
    }
    return {"tone": tone, "icon": picture, "words": words or names[state], "due": due}


@register.simple_tag
def page_numbers(number: int, last: int) -> Sequence[int | None]:
    """The pages to offer: first, last, those around here; None is a gap."""
    wanted = sorted({1, last, *range(max(1, number - 2), min(last, number + 2) + 1)})
    result: list[int | None] = []
    for each in wanted:
        if result and result[-1] is not None and each - result[-1] > 1:
            result.append(result[-1] + 1 if each - result[-1] == 2 else None)
        result.append(each)
    return result


@register.filter
def as_json(value: Any) -> str:
    """For data attributes; quotes are escaped by the template."""
    return json.dumps(value, ensure_ascii=False)

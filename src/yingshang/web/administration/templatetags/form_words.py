"""What changed between two versions of a form, in words."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

_KINDS: dict[str, str | Promise] = {
    "added": _("新增"),
    "removed": _("删除"),
    "changed": _("修改"),
    "moved": _("移动"),
}
_ASPECTS: dict[str, str | Promise] = {
    "form": _("表单名称"),
    "field": _("字段"),
    "section": _("所在部分"),
    "order": _("顺序"),
    "name": _("名称"),
    "kind": _("类型"),
    "hint": _("提示"),
    "required": _("必填"),
    "condition": _("显示条件"),
    "options": _("选项"),
    "columns": _("列"),
    "bounds": _("界限"),
    "pattern": _("格式"),
    "files": _("文件"),
    "prefilled": _("预填"),
    "personal": _("个人信息"),
    "width": _("宽度"),
    "source": _("JSON 中的其他内容"),
}


@register.filter
def form_change_word(kind: str) -> str:
    """Added, removed, changed, moved."""
    return str(_KINDS.get(kind, kind))


@register.filter
def form_aspect_word(what: str) -> str:
    """What it is that changed."""
    return str(_ASPECTS.get(what, what))

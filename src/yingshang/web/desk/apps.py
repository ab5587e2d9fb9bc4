from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "yingshang.web.desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        from . import (
            objections,  # noqa: F401  (registers the panel of their cases)
            providers,  # noqa: F401  (registers what is due)
        )

        work, parties = _("工作"), _("主体库")
        add_destinations(
            Destination("desk", _("今日到期"), "desk:home", "layout-dashboard", 10, group=work),
            Destination("desk", _("我的待办"), "desk:tasks", "list-check", 12, group=work),
            Destination("desk", _("办件"), "desk:cases", "stack-2", 14, group=work),
            Destination("desk", _("搜索"), "desk:search", "search", 20, group=work),
            Destination("desk", _("绑定审核"), "desk:bindings", "fingerprint", 30, group=work),
            Destination("desk", _("群发消息"), "desk:campaigns", "send", 35, group=work),
            Destination("desk", _("企业名录"), "desk:parties", "building-skyscraper", 40, group=parties),
            Destination("desk", _("导入"), "desk:imports", "database-import", 50, group=parties),
            Destination("desk", _("重复主体"), "desk:duplicates", "versions", 60, group=parties),
        )

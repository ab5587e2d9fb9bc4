from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "yingshang.web.portal"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        add_destinations(
            Destination("portal", _("首页"), "portal:home", "home", 10),
            Destination("portal", _("我的企业"), "portal:enterprises", "building-skyscraper", 20),
            Destination("portal", _("我的消息"), "portal:messages", "inbox", 30),
            Destination("portal", _("核验"), "verify:home", "shield-check", 90),
            Destination("verify", _("首页"), "portal:home", "home", 10),
            Destination("verify", _("核验"), "verify:home", "shield-check", 20),
            Destination("account", _("账号与安全"), "portal:account", "user", 10),
            Destination("account", _("谁看过我的信息"), "portal:personal-views", "eye", 20),
            Destination("account", _("工作台"), "desk:home", "layout-dashboard", 50, group="faces"),
            Destination("account", _("驾驶舱"), "cockpit:home", "chart-bar", 60, group="faces"),
        )

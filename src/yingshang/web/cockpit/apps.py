from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CockpitConfig(AppConfig):
    name = "yingshang.web.cockpit"
    verbose_name = "驾驶舱"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        add_destinations(
            Destination("cockpit", _("总览"), "cockpit:home", "map", 10),
            Destination("cockpit", _("工作台"), "desk:home", "layout-dashboard", 20),
        )

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AdministrationConfig(AppConfig):
    name = "yingshang.web.administration"
    verbose_name = "系统管理"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        from .places import PLACES

        add_destinations(
            *(
                Destination("desk", place.name, place.url, place.icon, 200 + number, group=_("系统管理"))
                for number, place in enumerate(PLACES)
            )
        )

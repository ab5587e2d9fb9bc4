from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RatingPagesConfig(AppConfig):
    name = "yingshang.web.ratings"
    label = "rating_pages"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        add_destinations(
            Destination("portal", _("好差评"), "ratings:results", "chart-bar", 28, only_for_visitors=True),
            Destination("desk", _("好差评"), "ratings_desk:ratings", "message-circle", 25, group=_("工作")),
        )

        from . import due  # noqa: F401  (registers what is due)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PolicyPagesConfig(AppConfig):
    name = "yingshang.web.policies"
    label = "policy_pages"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        add_destinations(
            Destination("portal", _("政策库"), "policies:library", "book-2", 15),
            Destination("portal", _("可享政策"), "policies:mine", "certificate", 22),
            Destination("desk", _("政策文件"), "policies_desk:documents", "file-text", 70, group=_("政策")),
            Destination("desk", _("政策事项"), "policies_desk:items", "list-details", 72, group=_("政策")),
            Destination(
                "desk",
                _("沙盘推演"),
                "policies_desk:sandboxes",
                "adjustments-horizontal",
                74,
                group=_("政策"),
            ),
            Destination("desk", _("政策触达"), "policies_desk:reach-items", "send", 76, group=_("政策")),
            # Who has an account has 可享政策, and the calculator from the library.
            Destination(
                "portal",
                _("政策计算器"),
                "policies:calculator",
                "list-check",
                24,
                only_for_visitors=True,
            ),
        )

        from . import searching  # noqa: F401  (registers what the search finds)
        from .review import panel  # noqa: F401  (registers the panel of its cases)

        add_destinations(
            Destination("portal", _("征求意见"), "policies:consultations", "message-circle", 26),
            Destination(
                "desk",
                _("征求意见"),
                "policies_desk:consultations",
                "message-circle",
                76,
                group=_("政策"),
            ),
        )

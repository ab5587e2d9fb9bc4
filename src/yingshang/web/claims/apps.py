from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClaimPagesConfig(AppConfig):
    name = "yingshang.web.claims"
    label = "claim_pages"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        add_destinations(Destination("portal", _("兑现申请"), "claims:mine", "cash", 23))

        add_destinations(
            Destination("portal", _("兑现公示"), "claims:publicities", "bell", 27, only_for_visitors=True),
            Destination("desk", _("兑现申请"), "claims_desk:claims", "cash", 80, group=_("兑现")),
            Destination(
                "desk", _("窗口预约"), "claims_desk:appointments", "calendar-event", 81, group=_("兑现")
            ),
            Destination(
                "desk", _("我的评审"), "claims_desk:my-scorings", "writing-sign", 79, group=_("兑现")
            ),
            Destination("desk", _("专家评审"), "claims_desk:scorings", "list-details", 81, group=_("兑现")),
            Destination("desk", _("实地核查"), "claims_desk:field-checks", "map-pin", 81, group=_("兑现")),
            Destination("desk", _("评审专家库"), "claims_desk:experts", "users", 92, group=_("兑现")),
            Destination("desk", _("免申即享名单"), "claims_desk:lists", "list-check", 82, group=_("兑现")),
            Destination("desk", _("兑现公示"), "claims_desk:publicities", "bell", 84, group=_("兑现")),
            Destination("desk", _("兑现复核"), "claims_desk:reconsiderations", "gavel", 83, group=_("兑现")),
            Destination("desk", _("承诺核查"), "claims_desk:promises", "writing-sign", 81, group=_("兑现")),
            Destination("desk", _("分期条件"), "claims_desk:instalments", "hourglass", 92, group=_("兑现")),
            Destination("desk", _("监督熔断"), "claims_desk:trips", "alert-triangle", 90, group=_("兑现")),
            Destination(
                "desk", _("资金追回"), "claims_desk:recoveries", "arrow-back-up", 91, group=_("兑现")
            ),
            Destination("desk", _("专项资金"), "claims_desk:funds", "coin", 86, group=_("兑现")),
            Destination("desk", _("拨付批次"), "claims_desk:batches", "building-bank", 87, group=_("兑现")),
            Destination("desk", _("银行对账"), "claims_desk:reconciliation", "scale", 88, group=_("兑现")),
            Destination("desk", _("资金分录"), "claims_desk:journal", "book-2", 89, group=_("兑现")),
        )

        from . import due  # noqa: F401  (registers what is due)
        from .reviewing import panel  # noqa: F401  (registers the panel of its cases)

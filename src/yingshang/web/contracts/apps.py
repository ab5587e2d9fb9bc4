from django.apps import AppConfig


class ContractPagesConfig(AppConfig):
    name = "yingshang.web.contracts"
    label = "contract_pages"

    def ready(self) -> None:
        """Destinations of the navigation, and what is due."""
        from django.utils.translation import gettext_lazy as _

        from yingshang.web.design.navigation import Destination, add_destinations

        from .registering.due import register_due
        from .supervising.due import register_due as register_supervision_due

        register_due()
        register_supervision_due()
        group = _("合同履约")
        add_destinations(
            Destination(
                "desk", _("合同登记与履约"), "contracts_desk:contracts", "file-text", 80, group=group
            ),
            Destination("desk", _("登记合同"), "contracts_desk:new", "plus", 81, group=group),
            Destination("desk", _("导入合同"), "contracts_desk:imports", "file-spreadsheet", 81, group=group),
            Destination("desk", _("本季度无合同"), "contracts_desk:none", "calendar-off", 82, group=group),
        )

        add_destinations(Destination("portal", _("政府合同"), "contracts:mine", "file-text", 24))
        add_destinations(
            Destination("cockpit", _("合同履约"), "contracts_cockpit:home", "file-text", 13),
            Destination("desk", _("履约统计"), "contracts_cockpit:home", "chart-line", 88, group=group),
        )
        add_destinations(
            Destination("desk", _("合同移交"), "contracts_desk:hand-overs", "users", 86, group=group),
            Destination("desk", _("履约画像"), "contracts_desk:portraits", "chart-bar", 87, group=group),
            Destination(
                "portal", _("政府履约等级"), "contracts:units", "chart-bar", 26, only_for_visitors=True
            ),
        )
        add_destinations(
            Destination("desk", _("逾期义务"), "contracts_desk:late", "clock-exclamation", 83, group=group),
            Destination("desk", _("督办通知书"), "contracts_desk:notices", "gavel", 84, group=group),
            Destination("desk", _("督办案件"), "contracts_desk:cases", "briefcase", 84, group=group),
            Destination("desk", _("移送"), "contracts_desk:transfers", "external-link", 85, group=group),
            Destination(
                "desk", _("销号申请"), "contracts_desk:cancellations", "circle-check", 85, group=group
            ),
        )

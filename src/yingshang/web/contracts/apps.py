from django.apps import AppConfig


class ContractPagesConfig(AppConfig):
    name = "yingshang.web.contracts"
    label = "contract_pages"

    def ready(self) -> None:
        """Destinations of the navigation, and what is due."""
        from django.utils.translation import gettext_lazy as _

        from yingshang.web.design.navigation import Destination, add_destinations

        from .registering.due import register_due

        register_due()
        group = _("合同履约")
        add_destinations(
            Destination("desk", _("合同登记与履约"), "contracts_desk:contracts", "file-text", 80, group=group),
            Destination("desk", _("登记合同"), "contracts_desk:new", "plus", 81, group=group),
            Destination("desk", _("本季度无合同"), "contracts_desk:none", "calendar-off", 82, group=group),
        )

        add_destinations(Destination("portal", _("政府合同"), "contracts:mine", "file-text", 24))
        add_destinations(Destination("cockpit", _("合同履约"), "contracts_cockpit:home", "file-text", 13))

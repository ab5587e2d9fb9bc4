from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AppealPagesConfig(AppConfig):
    name = "yingshang.web.appeals"
    label = "appeal_pages"

    def ready(self) -> None:
        from yingshang.web.design.navigation import Destination, add_destinations

        from .stewards.due import register_due
        from .suggesting.due import register_due as register_learning_due

        register_due()
        register_learning_due()
        group = _("诉求")
        add_destinations(
            Destination("portal", _("我的诉求"), "appeals:mine", "message-2", 24),
            Destination("portal", _("说诉求"), "appeals:say", "message-2", 24, only_for_visitors=True),
            Destination("portal", _("诉求解答"), "appeals:answers", "bulb", 25, only_for_visitors=True),
            Destination("desk", _("诉求办理"), "appeals_desk:appeals", "message-2", 70, group=group),
            Destination("desk", _("登记诉求"), "appeals_desk:register", "phone", 71, group=group),
            Destination("desk", _("导入诉求"), "appeals_desk:import", "file-spreadsheet", 71, group=group),
            Destination("desk", _("答复知识库"), "appeals_desk:answers", "bulb", 73, group=group),
            Destination("desk", _("服务管家"), "appeals_desk:stewards", "users", 74, group=group),
            Destination("desk", _("督办单"), "appeals_desk:notices", "gavel", 72, group=group),
            Destination("desk", _("政策建议"), "appeals_desk:suggestions", "message", 76, group=group),
            Destination("desk", _("考核台账"), "appeals_desk:records", "list-check", 77, group=group),
            Destination("cockpit", _("诉求分析"), "appeals_cockpit:home", "message-2", 12),
        )

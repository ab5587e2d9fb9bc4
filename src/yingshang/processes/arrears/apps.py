from django.apps import AppConfig


class ArrearsConfig(AppConfig):
    name = "yingshang.processes.arrears"
    verbose_name = "拖欠款项反映"

    def ready(self) -> None:
        from yingshang.areas.appeals.api import register_follower

        from .following import keep_blocks
        from .kinds import OBLIGATION, register_kinds

        register_kinds()
        register_follower(OBLIGATION, keep_blocks)

from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "yingshang.kernel.flow"
    verbose_name = "流程"

    def ready(self) -> None:
        from . import (
            clocks,
            permissions,  # noqa: F401  (declares them)
            rungs,
        )

        clocks.register(rungs.OWNERS)

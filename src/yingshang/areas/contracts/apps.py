from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "yingshang.areas.contracts"
    label = "contracts"
    verbose_name = "政府合同"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

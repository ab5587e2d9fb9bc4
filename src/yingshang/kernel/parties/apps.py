from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "yingshang.kernel.parties"
    verbose_name = "主体库"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

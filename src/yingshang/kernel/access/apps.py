from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "yingshang.kernel.access"
    verbose_name = "权限"

    def ready(self) -> None:
        from . import handlers  # noqa: F401  (connects the signals of the accounts library)

from django.apps import AppConfig


class DesignConfig(AppConfig):
    name = "yingshang.web.design"

    def ready(self) -> None:
        from yingshang.web import permissions  # noqa: F401  (declares them)

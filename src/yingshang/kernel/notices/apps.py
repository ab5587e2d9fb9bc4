from importlib.resources import files

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "yingshang.kernel.notices"
    verbose_name = "消息"

    def ready(self) -> None:
        from . import channels, permissions  # noqa: F401  (registers and declares them)
        from .message_templates import declare_templates

        declare_templates(files(__package__) / "data/templates.yaml")

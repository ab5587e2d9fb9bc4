from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "yingshang.kernel.ratings"
    verbose_name = "好差评"

    def ready(self) -> None:
        from importlib.resources import files

        from yingshang.kernel.clock.api import register_owner
        from yingshang.kernel.notices.api import declare_templates

        from . import permissions  # noqa: F401  (declares them)
        from .steps import OWNER, on_rung

        declare_templates(files(__package__) / "data/messages.yaml")
        register_owner(OWNER, on_rung=on_rung)

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "yingshang.areas.policies"
    label = "policies"
    verbose_name = "政策"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

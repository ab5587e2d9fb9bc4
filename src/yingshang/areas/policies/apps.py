from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "yingshang.areas.policies"
    label = "policies"
    verbose_name = "政策"

    def ready(self) -> None:
        from yingshang.kernel.parties.api import on_portraits_changed

        from . import permissions  # noqa: F401  (declares them)
        from .handlers import on_published, on_withdrawn
        from .matching.jobs import forget_withdrawn, match_published, rematch_soon

        on_published(match_published)
        on_withdrawn(forget_withdrawn)
        on_portraits_changed(rematch_soon)

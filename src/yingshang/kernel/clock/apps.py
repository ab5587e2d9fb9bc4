from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "yingshang.kernel.clock"
    verbose_name = "时限"

    def ready(self) -> None:
        from . import permissions, revisions

        assert permissions  # declares them
        revisions.refresh_with_requests()

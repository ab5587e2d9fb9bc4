from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "yingshang.kernel.jobs"
    verbose_name = "任务"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

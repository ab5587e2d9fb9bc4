from django.apps import AppConfig


class FactObjectionConfig(AppConfig):
    name = "yingshang.processes.fact_objection"
    verbose_name = "事实异议"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "yingshang.kernel.documents"
    verbose_name = "文书"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

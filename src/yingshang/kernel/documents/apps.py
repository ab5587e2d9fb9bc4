from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "yingshang.kernel.documents"
    verbose_name = "文书"

    def ready(self) -> None:
        from yingshang.kernel.parties.api import register_document_numbers

        from . import permissions  # noqa: F401  (declares them)
        from .numbering import used_by_others

        register_document_numbers("documents", used_by_others)

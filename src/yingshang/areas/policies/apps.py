from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "yingshang.areas.policies"
    label = "policies"
    verbose_name = "政策"

    def ready(self) -> None:
        from importlib.resources import files

        from yingshang.kernel.documents.api import declare_templates, register_owner
        from yingshang.kernel.parties.api import on_portraits_changed

        from . import permissions  # noqa: F401  (declares them)
        from .handlers import on_published, on_withdrawn
        from .matching.jobs import forget_withdrawn, match_published, rematch_soon

        on_published(match_published)
        on_withdrawn(forget_withdrawn)
        on_portraits_changed(rematch_soon)

        from .handlers import on_document
        from .search.jobs import index_document, index_version

        on_published(index_version)
        on_withdrawn(index_version)
        on_document(index_document)

        from .sandbox.selectors import OWNER, may_read_report

        declare_templates(files(__package__) / "data/documents/sandbox_report.yaml")
        register_owner(OWNER, may_read=may_read_report)

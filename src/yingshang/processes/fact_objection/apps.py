from importlib.resources import files

from django.apps import AppConfig


class FactObjectionConfig(AppConfig):
    name = "yingshang.processes.fact_objection"
    verbose_name = "事实异议"

    def ready(self) -> None:
        from yingshang.kernel.documents.api import register_owner
        from yingshang.kernel.flow.api import register_subject
        from yingshang.kernel.forms.api import register_reader
        from yingshang.kernel.notices.api import declare_templates

        from . import permissions  # noqa: F401  (declares them)
        from .actions._load import FORM
        from .followed import FOLLOWED
        from .handlers import follow
        from .selectors import (
            SUBJECT,
            may_read_documents,
            may_read_evidence,
            may_read_submission,
            note_evidence_opened,
            note_reply_opened,
        )

        declare_templates(files(__package__) / "data/templates.yaml")
        register_subject(SUBJECT, handler=follow, flows=[FOLLOWED])
        register_reader(
            FORM, may_read_submission, may_read_files=may_read_evidence, files_opened=note_evidence_opened
        )
        register_owner(SUBJECT, may_read=may_read_documents, opened=note_reply_opened)

from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "yingshang.areas.appeals"
    label = "appeals"
    verbose_name = "诉求"

    def ready(self) -> None:
        from importlib.resources import files

        from yingshang.kernel.clock.api import register_owner as register_clock_owner
        from yingshang.kernel.documents.api import declare_templates as declare_documents
        from yingshang.kernel.documents.api import register_owner
        from yingshang.kernel.notices.api import declare_templates
        from yingshang.kernel.ratings.api import register_rated

        from . import permissions  # noqa: F401  (declares them)
        from .actions.add_file import FILES
        from .actions.handle_appeal import PARTS
        from .actions.reply_to_appeal import DOCUMENTS
        from .clocks import CASE, CONTACT, STEP
        from .consulting.clocks import INVITATIONS
        from .consulting.rungs import on_invitation_rung
        from .files import may_read_file, may_read_notice, may_read_reply
        from .learning.suggestions.actions.suggest import SUGGESTIONS, on_suggestion_rung
        from .linking.kinds import register_kinds
        from .rating.kind import RATED
        from .stewards.actions.visit_files import FILES as VISIT_FILES
        from .stewards.actions.visit_files import may_read_visit_file
        from .stewards.calls import CALLS, on_call_rung
        from .supervising.actions.issue_notice import NOTICES
        from .supervising.rungs import (
            on_case_rung,
            on_case_rungs,
            on_notice_rung,
            on_part_rung,
            on_step_rung,
            on_step_rungs,
        )

        declare_templates(files(__package__) / "data/messages.yaml")
        declare_documents(files(__package__) / "data/documents.yaml")
        register_owner(FILES, may_read=may_read_file)
        register_owner(DOCUMENTS, may_read=may_read_reply)
        register_owner(NOTICES, may_read=may_read_notice)
        register_clock_owner(CASE, on_rung=on_case_rung, on_rungs=on_case_rungs)
        register_clock_owner(CONTACT, on_rung=on_step_rung, on_rungs=on_step_rungs)
        register_clock_owner(STEP, on_rung=on_step_rung, on_rungs=on_step_rungs)
        register_clock_owner(PARTS, on_rung=on_part_rung)
        register_clock_owner(NOTICES, on_rung=on_notice_rung)
        register_rated(RATED)
        register_clock_owner(SUGGESTIONS, on_rung=on_suggestion_rung)
        register_owner(VISIT_FILES, may_read=may_read_visit_file)
        register_clock_owner(CALLS, on_rung=on_call_rung)
        register_clock_owner(INVITATIONS, on_rung=on_invitation_rung)
        register_kinds()

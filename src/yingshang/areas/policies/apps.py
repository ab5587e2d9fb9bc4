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

        from .handlers import on_document, on_interpretation
        from .search.jobs import index_document, index_interpreted, index_version

        on_published(index_version)
        on_withdrawn(index_version)
        on_document(index_document)
        on_interpretation(index_interpreted)

        from .actions.take_in_document import OWNER as DOCUMENT
        from .selectors import may_read_file

        register_owner(DOCUMENT, may_read=may_read_file)

        from .readings.selectors import OWNER as READING
        from .readings.selectors import may_read_file as may_read_reading

        register_owner(READING, may_read=may_read_reading)

        from .interpretation.selectors import OWNER as INTERPRETATION
        from .interpretation.selectors import may_read_picture

        register_owner(INTERPRETATION, may_read=may_read_picture)

        from .sandbox.selectors import OWNER, may_read_report

        declare_templates(files(__package__) / "data/documents/sandbox_report.yaml")
        declare_templates(files(__package__) / "data/documents/review_opinion.yaml")
        register_owner(OWNER, may_read=may_read_report)

        from yingshang.kernel.clock.api import register_owner as register_clock_owner
        from yingshang.kernel.flow.api import declare_flows, register_subject
        from yingshang.kernel.notices.api import declare_templates as declare_messages

        from .review._steps import SUBJECT
        from .review.actions.issue_opinion import OWNER as OPINION
        from .review.actions.issue_opinion import may_read_opinion

        register_owner(OPINION, may_read=may_read_opinion)
        from .review.actions.consultations import OWNER as CONSULTATION
        from .review.handlers import FOLLOWED, follow

        declare_flows(files(__package__) / "data/flows/policy_review.yaml")
        declare_messages(files(__package__) / "data/review_messages.yaml")
        register_subject(SUBJECT, handler=follow, flows=[FOLLOWED])
        # The end of a consultation is kept by its clock; nobody is reminded of it.
        register_clock_owner(CONSULTATION, on_rung=lambda fired: None)
        declare_messages(files(__package__) / "data/outreach_messages.yaml")
        declare_messages(files(__package__) / "data/search_messages.yaml")

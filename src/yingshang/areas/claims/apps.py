from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "yingshang.areas.claims"
    label = "claims"
    verbose_name = "兑现"

    def ready(self) -> None:
        from importlib.resources import files

        from yingshang.areas.policies.api import register_carried_out, register_stage
        from yingshang.kernel.clock.api import register_owner as register_clock_owner
        from yingshang.kernel.documents.api import register_owner
        from yingshang.kernel.flow.api import declare_flows, register_subject
        from yingshang.kernel.forms.api import register_file_reader
        from yingshang.kernel.notices.api import declare_templates
        from yingshang.kernel.ratings.api import register_rated

        from . import (
            feeding,
            permissions,  # noqa: F401  (declares them)
        )
        from .actions._steps import ENRICH
        from .actions.add_material import OWNER
        from .actions.submit_claim import SUBJECT
        from .after.rating import RATED
        from .assessing.selectors import may_read_photo
        from .assessing.steps import CHECKS, PHOTOS, SEATS, on_check_rung, on_seat_rung
        from .claim_forms import may_read_form_files
        from .handlers import FOLLOWED, follow
        from .oversight.reminders import OWNER as REPAYMENTS
        from .oversight.reminders import on_rung as on_repayment_rung
        from .promises.beginning import OWNER as PROMISES
        from .promises.steps import on_rung as on_promise_rung
        from .reconsidering.flow import FOLLOWED_AGAIN
        from .reconsidering.selectors import may_read_file
        from .reconsidering.steps import OWNER as RECONSIDERATIONS
        from .reconsidering.steps import on_rung as on_reconsideration_rung
        from .reconsidering.telling import how_to_ask
        from .selectors import may_read_material, may_read_shared_material

        register_owner(OWNER, may_read=may_read_material, may_read_one=may_read_shared_material)
        register_file_reader(SUBJECT, may_read_form_files)
        register_owner(PHOTOS, may_read=may_read_photo)
        register_owner(RECONSIDERATIONS, may_read=may_read_file)
        declare_flows(files(__package__) / "data/flows/claim_review.yaml")
        declare_flows(files(__package__) / "data/flows/claim_review_again.yaml")
        declare_templates(files(__package__) / "data/messages.yaml")
        register_subject(SUBJECT, handler=follow, flows=[FOLLOWED, FOLLOWED_AGAIN])
        register_rated(RATED)
        register_clock_owner(REPAYMENTS, on_rung=on_repayment_rung)
        register_clock_owner(RECONSIDERATIONS, on_rung=on_reconsideration_rung)
        register_clock_owner(PROMISES, on_rung=on_promise_rung)
        ENRICH.update(refused=how_to_ask, approved=how_to_ask)
        register_clock_owner(SEATS, on_rung=on_seat_rung)
        register_clock_owner(CHECKS, on_rung=on_check_rung)
        register_stage("applied", feeding.applied)
        register_stage("paid", feeding.paid)
        register_carried_out(feeding.carried_out)

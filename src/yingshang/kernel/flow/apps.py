from django.apps import AppConfig


class FlowConfig(AppConfig):
    name = "yingshang.kernel.flow"
    verbose_name = "流程"

    def ready(self) -> None:
        from yingshang.kernel.documents.api import register_owner
        from yingshang.kernel.parties.api import register_agency_follower

        from . import (
            case_reads,
            clocks,
            permissions,  # noqa: F401  (declares them)
            rungs,
        )
        from .actions.follow_agency import follow_agency

        clocks.register(rungs.OWNERS)
        register_agency_follower("flow", follow_agency)
        register_owner(case_reads.STEP_FORM, may_read=case_reads.may_read_step_files)

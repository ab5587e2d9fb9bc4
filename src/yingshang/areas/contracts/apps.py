from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "yingshang.areas.contracts"
    label = "contracts"
    verbose_name = "政府合同"

    def ready(self) -> None:
        from importlib.resources import files

        from yingshang.kernel.clock.api import register_owner as register_clock_owner
        from yingshang.kernel.documents.api import declare_templates as declare_documents
        from yingshang.kernel.documents.api import register_owner
        from yingshang.kernel.notices.api import declare_templates

        from . import permissions  # noqa: F401  (declares them)

        declare_templates(files(__package__) / "data/own_messages.yaml")
        from .handing_over.documents import HAND_OVERS, may_read_list
        from .handing_over.rungs import on_hand_over_rung
        from .portraits.actions.object import OBJECTIONS
        from .portraits.actions.repair import REPAIRS
        from .portraits.evidence import PORTRAIT_EVIDENCE, may_read_added, may_read_named
        from .portraits.rungs import on_objection_rung, on_repair_rung

        data = files(__package__) / "data"

        # heads and portraits
        declare_templates(data / "people_messages.yaml")
        declare_documents(data / "people_documents.yaml")
        register_owner(HAND_OVERS, may_read=may_read_list)
        register_owner(PORTRAIT_EVIDENCE, may_read=may_read_added, may_read_one=may_read_named)
        register_clock_owner(HAND_OVERS, on_rung=on_hand_over_rung)
        register_clock_owner(OBJECTIONS, on_rung=on_objection_rung)
        register_clock_owner(REPAIRS, on_rung=on_repair_rung)

        # registering
        from .registering.files import FILES, may_read_contract_file

        declare_templates(data / "registering_messages.yaml")
        register_owner(FILES, may_read=may_read_contract_file)

        # performing
        from .performing.evidence import EVIDENCE, may_read_evidence

        declare_templates(data / "performing_messages.yaml")
        register_owner(EVIDENCE, may_read=may_read_evidence)

        # ladder
        from .ladder import register

        declare_templates(data / "ladder_messages.yaml")
        declare_documents(data / "ladder_documents.yaml")
        register()

        # units that move
        from yingshang.kernel.parties.api import register_agency_follower

        from .moving import follow_agency

        register_agency_follower("contracts", follow_agency)

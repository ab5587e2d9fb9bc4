from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "yingshang.kernel.ledger"
    verbose_name = "存证"

    def ready(self) -> None:
        from .guards import install_after_migrate

        post_migrate.connect(install_after_migrate, dispatch_uid="ledger.guards")

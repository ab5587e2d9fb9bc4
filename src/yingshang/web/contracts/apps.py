from django.apps import AppConfig


class ContractPagesConfig(AppConfig):
    name = "yingshang.web.contracts"
    label = "contract_pages"

    def ready(self) -> None:
        """Destinations of the navigation, and what is due."""

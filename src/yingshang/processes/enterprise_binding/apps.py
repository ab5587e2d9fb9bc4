from importlib.resources import files

from django.apps import AppConfig


class EnterpriseBindingConfig(AppConfig):
    name = "yingshang.processes.enterprise_binding"
    verbose_name = "企业绑定"

    def ready(self) -> None:
        from yingshang.kernel.notices.api import declare_templates

        declare_templates(files(__package__) / "data/templates.yaml")

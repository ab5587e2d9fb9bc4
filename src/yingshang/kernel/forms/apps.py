from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "yingshang.kernel.forms"
    # The framework has an app of the short name already.
    label = "yingshang_forms"
    verbose_name = "表单"

    def ready(self) -> None:
        from . import permissions  # noqa: F401  (declares them)

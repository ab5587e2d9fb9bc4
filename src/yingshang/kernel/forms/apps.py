from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "yingshang.kernel.forms"
    # The framework has an app of the short name already.
    label = "yingshang_forms"
    verbose_name = "表单"

    def ready(self) -> None:
        from yingshang.kernel.documents.api import register_owner

        from . import permissions  # noqa: F401  (declares them)
        from .attachments import OWNER_KIND
        from .selectors import may_read_files, note_file_opened

        register_owner(OWNER_KIND, may_read=may_read_files, opened=note_file_opened)

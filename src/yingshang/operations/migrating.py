"""Applying migrations without rendering every model again for every step.

Django keeps the models as they are between two steps as classes. When a model is new, or gets a field or an index, it
makes that class anew and with it those of all models that are linked to it, in case a step asks at the other end of a
link. With users and agencies in the middle that is nearly every model, seven hundred times: most of the time that a new
database takes. Here the class that changed is made anew, and all of them are for a step that does ask: one that changes
what others refer to, and one that runs code of its own (Django sees to that). What is said to the database is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.db.migrations.operations import AlterField, RenameField, RenameModel
from django.db.migrations.state import ProjectState
from django.db.migrations.utils import field_is_referenced


def migrate(**options: Any) -> None:
    """Bring the tables up to date; `options` are those of Django's command."""
    with rendered_one_by_one():
        call_command("migrate", interactive=False, verbosity=0, **options)


@contextmanager
def rendered_one_by_one() -> Iterator[None]:
    """One process applies migrations, and does nothing else meanwhile: Django's classes are changed for that time."""
    changes: list[tuple[Any, str, Callable[[Any], Any]]] = [
        (ProjectState, "reload_model", lambda usual: _reload_itself)
    ]
    changes += [
        (each, "database_forwards", _with_all_links) for each in (AlterField, RenameField, RenameModel)
    ]
    before = [(each, name, getattr(each, name)) for each, name, _ in changes]
    for (each, name, usual), (*_, change) in zip(before, changes, strict=True):
        setattr(each, name, change(usual))
    try:
        yield
    finally:
        for each, name, usual in before:
            setattr(each, name, usual)


def _reload_itself(state: Any, app_label: str, model_name: str, delay: bool = False) -> None:
    if "apps" in state.__dict__:
        state.is_delayed = True
        state._reload({(app_label, model_name)})


def _with_all_links(usual: Callable[..., None]) -> Callable[..., None]:
    def database_forwards(operation: Any, app_label: str, editor: Any, before: Any, after: Any) -> None:
        if _may_be_asked_for(operation, app_label, after):
            before.clear_delayed_apps_cache()
            after.clear_delayed_apps_cache()
        usual(operation, app_label, editor, before, after)

    return database_forwards


def _may_be_asked_for(operation: Any, app_label: str, state: ProjectState) -> bool:
    """Only a field that nothing refers to, and that refers to nothing, is changed by itself."""
    if not isinstance(operation, AlterField) or operation.field.is_relation:
        return True
    changed = operation.name, operation.field
    return bool(field_is_referenced(state, (app_label, operation.model_name_lower), changed))

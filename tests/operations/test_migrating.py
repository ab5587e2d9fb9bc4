"""Migrations applied with fewer models rendered say to the database what Django's own way says."""

from __future__ import annotations

import pytest
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations import operations as do
from django.db.migrations.state import ProjectState

from yingshang.operations.migrating import rendered_one_by_one

STEPS = [
    do.CreateModel("Region", [("code", models.CharField(max_length=6, primary_key=True))]),
    do.CreateModel(
        "Office",
        [
            ("id", models.AutoField(primary_key=True)),
            ("region", models.ForeignKey("tried.Region", on_delete=models.PROTECT)),
            ("above", models.ForeignKey("self", null=True, on_delete=models.PROTECT)),
        ],
    ),
    do.CreateModel(
        "Letter",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("office", models.ForeignKey("tried.Office", on_delete=models.PROTECT)),
            ("copies", models.ManyToManyField("tried.Office", related_name="+")),
        ],
    ),
    do.AddField("Region", "name", models.CharField(max_length=20, default="")),
    do.AddIndex("Region", models.Index(fields=["name"], name="region_name")),
    do.AddField("Region", "seat", models.ForeignKey("tried.Office", null=True, on_delete=models.PROTECT)),
    do.AddConstraint("Office", models.UniqueConstraint(fields=["region", "above"], name="once")),
    # What others refer to: their columns go with it.
    do.AlterField("Region", "code", models.CharField(max_length=12, primary_key=True)),
    do.AlterField("Office", "id", models.BigAutoField(primary_key=True)),
    do.RenameField("Region", "code", "number"),
    do.AlterField("Region", "number", models.CharField(max_length=30, primary_key=True)),
    do.RenameModel("Office", "Agency"),
    do.AlterField("Agency", "id", models.IntegerField(primary_key=True)),
    do.AlterField("Letter", "office", models.ForeignKey("tried.Agency", null=True, on_delete=models.PROTECT)),
    do.RemoveField("Letter", "copies"),
    do.DeleteModel("Letter"),
]


def _said() -> list[str]:
    migration = Migration("0001_initial", "tried")
    migration.operations = STEPS
    state = ProjectState()
    assert state.apps is not None
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
        return list(editor.collected_sql)


@pytest.mark.django_db
def test_what_is_said_to_the_database_is_the_same() -> None:
    usual = _said()
    assert sum("ALTER COLUMN" in each for each in usual) > 8
    with rendered_one_by_one():
        assert _said() == usual

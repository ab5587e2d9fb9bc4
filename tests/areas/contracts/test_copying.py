"""Rows made in bulk are those the model makes, and arrays written out here are those the server reads."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from yingshang.areas.contracts.copying import Blank, array_of
from yingshang.areas.contracts.models import Contract, Obligation


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (
            Obligation,
            {"contract_id": 7, "agency_id": 3, "title": "支付价款", "daily_rate": Decimal("0.0005")},
        ),
        (Contract, {"agency_id": 3, "party_id": None, "number": "HT1", "signed_on": date(2026, 11, 23)}),
    ],
)
def test_a_row_made_in_bulk_is_the_one_its_model_makes(
    model: type[Contract | Obligation], values: dict[str, object]
) -> None:
    blank = Blank(model)
    row, same = blank.row(**values), model(**values)

    names = [each.attname for each in model._meta.concrete_fields]
    assert [getattr(row, name) for name in names] == [getattr(same, name) for name in names]
    assert row._state.adding
    assert row.pk is None


def test_rows_share_no_list_and_no_object_with_each_other() -> None:
    blank = Blank(Contract)
    first, second = blank.row(), blank.row()
    first.others.append({"name": "某某"})
    first.release["a"] = 1

    assert (second.others, second.release) == ([], {})
    assert (blank.row().others, blank.row(release={"b": 2}).release) == ([], {"b": 2})


def test_a_value_for_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="Contract has no column agency"):
        Blank(Contract).row(agency=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, -2, 9_000_000_000_000_000]),
        ("date", [date(2026, 11, 23), date(2024, 2, 29)]),
        ("bool", [True, False]),
        ("numeric", [Decimal("0.0000000001"), Decimal("-1E+5"), Decimal(0), Decimal("0E-10")]),
        ("text", ["", "单位", 'a"b\\c,{}', "NULL"]),
        ("int", []),
    ],
)
def test_an_array_comes_to_the_server_as_it_was(kind: str, values: list[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [array_of(values)])
        assert cursor.fetchone()[0] == values

"""Lists of rows that a room hands out page by page: sorted, paged, and exported, the same way on every page.

A room's `api` answers with one page of frozen values and the total. `Listing` asks for the page the address names, puts
it into a django-tables2 table, and writes the same rows as CSV or as a workbook when the address says `export=`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, Protocol

import django_tables2 as tables
from django.conf import settings
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django_tables2.data import TableData
from openpyxl import Workbook

PAGE_SIZES = (20, 50, 100)
CSV_LIMIT = 50_000
WORKBOOK_LIMIT = 10_000
_EXPORT_STEP = 500
# Full-width signs too: a Chinese or Japanese spreadsheet reads them as the half-width ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What XML cannot hold, and so no workbook.
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Page(Protocol):
    """What a room answers: some rows, and how many there are in all.

    One that counts no further than some number says `at_least` where there are more.
    """

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def total(self) -> int: ...


Fetch = Callable[[str, int, int], Page]
"""(order, page, rows a page) → that page. The order is a column's name, with a minus sign for descending."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page made by hand, for rooms that hand out everything at once."""

    rows: Sequence[Any]
    total: int


def page_of(rows: Sequence[Any], order: str, page: int, per_page: int) -> Rows:
    """One page of rows that are all there already, sorted by an attribute; what is None comes last."""
    name = order.lstrip("-")
    if name:
        known = [row for row in rows if getattr(row, name) is not None]
        known.sort(key=lambda row: getattr(row, name), reverse=order.startswith("-"))
        rows = known + [row for row in rows if getattr(row, name) is None]
    return Rows(rows[(page - 1) * per_page : page * per_page], len(rows))


class _FetchedPage(TableData):
    """The one page that was fetched, standing for all rows: as long as they are, and whichever slice is asked for."""

    def __init__(self, rows: Sequence[Any], total: int) -> None:
        super().__init__(list(rows))
        self._total = total

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, key: Any) -> Any:
        return self.data if isinstance(key, slice) else self.data[key]

    def order_by(self, aliases: Any) -> None:
        """The rows came in order."""


class Listing:
    """A table of one page of rows, as the address asks for it."""

    def __init__(
        self,
        request: HttpRequest,
        table_class: type[tables.Table],
        fetch: Fetch,
        *,
        name: str,
        order: str = "",
        filters: Any = None,
    ) -> None:
        self.request, self.name, self.fetch = request, name, fetch
        self.filters = filters
        self.table_class = table_class
        self.order = self._order(order)
        per_page = _number(request.GET.get("per_page"), PAGE_SIZES[0])
        self.per_page = per_page if per_page in PAGE_SIZES else PAGE_SIZES[0]
        number = max(1, _number(request.GET.get("page"), 1))
        page = fetch(self.order, number, self.per_page)
        last = max(1, -(-page.total // self.per_page))
        if number > last:
            number, page = last, fetch(self.order, last, self.per_page)
        self.number, self.last, self.total = number, last, page.total
        self.at_least = bool(getattr(page, "at_least", False))
        self.rows = page.rows
        self.table = table_class(_FetchedPage(page.rows, page.total), order_by=self.order or None)
        # Given to the constructor it would page and sort by the address as it stands, -1 rows a page included.
        self.table.request = request
        self.table.paginate(Paginator, per_page=self.per_page, page=number)

    page_sizes = PAGE_SIZES

    @property
    def csv_limit(self) -> int:
        return CSV_LIMIT

    @property
    def workbook_limit(self) -> int:
        return WORKBOOK_LIMIT

    @property
    def narrowed(self) -> bool:
        """Whether a filter is set, so that no rows means "none like this" rather than "none yet"."""
        return bool(self.filters is not None and self.filters.narrowed)

    @property
    def export_is_cut(self) -> bool:
        return self.at_least or self.total > WORKBOOK_LIMIT

    @property
    def query(self) -> str:
        """The address' parameters without page and export, to build links on."""
        parameters = self.request.GET.copy()
        for name in ("page", "export"):
            parameters.pop(name, None)
        return parameters.urlencode()

    def respond(self, template: str, context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The page, only its list for htmx, or the file."""
        export = self.request.GET.get("export")
        if export == "csv":
            return self._as_csv()
        if export == "xlsx":
            return self._as_workbook()
        htmx: Any = getattr(self.request, "htmx", None)
        fragment = bool(htmx) and htmx.target == "list"
        return render(
            self.request,
            "design/components/listing.html" if fragment else template,
            {"listing": self, "table": self.table, "filters": self.filters, **(context or {})},
        )

    def _order(self, default: str) -> str:
        asked = self.request.GET.get("sort", "")
        column = self.table_class.base_columns.get(asked.lstrip("-"))
        return asked if column is not None and column.orderable is not False else default

    def _values(self, limit: int) -> Iterator[list[str]]:
        """Header and rows as text, at most `limit` rows."""
        written = 0
        for number in range(1, -(-limit // _EXPORT_STEP) + 1):
            page = self.fetch(self.order, number, _EXPORT_STEP)
            rows = page.rows[: limit - written]
            table = self.table_class(_FetchedPage(rows, len(rows)))
            table.request = self.request
            for position, values in enumerate(table.as_values(exclude_columns=("actions",))):
                if position or number == 1:
                    yield [_cell(value) for value in values]
            written += len(page.rows)
            if len(page.rows) < _EXPORT_STEP or written >= limit:
                return
            if written >= page.total and not self.at_least:
                return

    def _file_name(self, limit: int, ending: str) -> str:
        cut = f"-first-{limit}" if self.at_least or self.total > limit else ""
        # A file leaves the page that says so, and is passed on.
        mark = "DEMO-" if settings.DEMONSTRATION else ""
        return f"{mark}{self.name}-{timezone.localdate():%Y-%m-%d}{cut}.{ending}"

    def _as_csv(self) -> HttpResponseBase:
        language = translation.get_language() or "zh-hans"

        def lines() -> Iterator[str]:
            writer = csv.writer(_Echo())
            yield "\ufeff"
            with translation.override(language):
                for values in self._values(CSV_LIMIT):
                    yield writer.writerow(values)

        response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self._file_name(CSV_LIMIT, "csv")}"'
        return response

    def _as_workbook(self) -> HttpResponseBase:
        book = Workbook(write_only=True)
        sheet = book.create_sheet(self.name[:31])
        for values in self._values(WORKBOOK_LIMIT):
            sheet.append(values)
        # Closed by the response.
        file = TemporaryFile()  # noqa: SIM115
        book.save(file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=self._file_name(WORKBOOK_LIMIT, "xlsx"))


class _Echo:
    """A file that gives back what is written, for the streaming response."""

    def write(self, value: str) -> str:
        return value


def _cell(value: Any) -> str:
    """Text that a spreadsheet will not take for a formula."""
    text = "" if value is None else _CONTROL_CHARACTERS.sub(" ", str(value))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).isdigit()


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else default


def fragment_or_page(
    request: HttpRequest, fragment: str, page: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Only the fragment when htmx asks, otherwise the page that includes it."""
    htmx = bool(getattr(request, "htmx", None)) and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, fragment if htmx else page, context, status=status)

"""A changelist for each number of rows on a page, and the change form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bench.admin_site import ROW_COUNTS
from bench.admin_site.models import Customer, LargeRecord

if TYPE_CHECKING:
    CustomerAdminBase = admin.ModelAdmin[Customer]
else:
    CustomerAdminBase = admin.ModelAdmin


class CustomerAdmin(CustomerAdminBase):
    """The dashboard's columns, filters and search. `rows` is how many customers there are, all on one page."""

    rows = 100
    list_display = (
        "customerName",
        "emailAddress",
        "phone",
        "city",
        "country",
        "defaultCurrency",
        "sourceModifiedDate",
    )
    list_filter = ("status", "defaultCurrency")
    search_fields = ("customerName", "contactName", "emailAddress", "id", "phone")
    ordering = ("customerName",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        return super().get_queryset(request).filter(position__lt=self.rows)

    def has_module_permission(self, request: HttpRequest) -> bool:
        # Only one of them in the side bar.
        return self.rows == CustomerAdmin.rows and super().has_module_permission(request)


def _register(rows: int) -> None:
    """A proxy model of the same table, whose changelist has so many rows."""
    meta = type("Meta", (), {"proxy": True, "app_label": "admin_site"})
    proxy: Any = type(f"Customer{rows}", (Customer,), {"__module__": __name__, "Meta": meta})
    options = {"rows": rows, "list_per_page": rows, "list_max_show_all": rows}
    admin.site.register(proxy, type(f"Customer{rows}Admin", (CustomerAdmin,), options))


for _rows in ROW_COUNTS:
    _register(_rows)

admin.site.register(LargeRecord)

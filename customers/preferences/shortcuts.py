"""Every keyboard shortcut of the dashboard, by page. A page's own list is made of its elements: static/shortcuts.js."""

from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What a key does. `key` as in `data-key`."""

    key: str
    action: str

    @property
    def is_single(self) -> bool:
        """Whether the key is one character, which the reader can switch off (WCAG 2.1.4)."""
        return len(self.key) == 1


SHORTCUTS = (
    (
        "Every page",
        (
            Shortcut("Control+k", "Search all companies"),
            Shortcut("?", "List the shortcuts of the page"),
            Shortcut("/", "Search"),
        ),
    ),
    ("Customer", (Shortcut("e", "Edit the field, or the first one"),)),
    (
        "Customer, opened from a list",
        (
            Shortcut("j", "Next customer"),
            Shortcut("k", "Previous customer"),
        ),
    ),
    (
        "List of customers",
        (
            Shortcut("j", "Next row"),
            Shortcut("k", "Previous row"),
            Shortcut("x", "Select the row"),
            Shortcut("e", "Edit the selected customers"),
            Shortcut("[", "Previous page"),
            Shortcut("]", "Next page"),
        ),
    ),
    (
        "Attachment",
        (
            Shortcut("ArrowLeft", "Previous attachment"),
            Shortcut("ArrowRight", "Next attachment"),
        ),
    ),
    ("Form of a customer", (Shortcut("Control+s", "Save"),)),
    (
        "Form of a customer, opened from a list",
        (Shortcut("Control+Shift+Enter", "Save and next"),),
    ),
    (
        "Form of a customer, in a row of a list",
        (
            Shortcut("Alt+ArrowUp", "Move the row up"),
            Shortcut("Alt+ArrowDown", "Move the row down"),
            Shortcut("Control+Enter", "Add a row"),
            Shortcut("Alt+Shift+Enter", "Duplicate the row"),
            Shortcut("Alt+Delete", "Remove the row"),
        ),
    ),
)


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def shortcuts_page(request: HttpRequest) -> HttpResponse:
    """All shortcuts of all pages."""
    return render(request, "preferences/shortcuts.html", {"groups": SHORTCUTS})

"""The pages that save a list as a view, and rename, share or delete one. They work without scripts."""

from typing import cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.browsing.customer_list import saved_views
from customers.models.readers import SavedView
from customers.web import links
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import joined
from customers.web.origins.return_address import list_address


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    """The form for a new view of the list in `next`; POST stores it and shows the list in it."""
    user = cast(User, request.user)
    path, state, suffix = _list(request)
    name, is_team = request.POST.get("name", ""), "team" in request.POST
    problem: saved_views.Problem = ""
    if request.method == "POST":
        made = saved_views.create(user, name, state, is_team=is_team)
        if isinstance(made, SavedView):
            _choose_default(request, user, made)
            address = state.address(view=str(made.pk), page=1)
            return HttpResponseRedirect(path + joined(address, suffix))
        problem = made
    form = {"id": 0, "name": name, "is_team": is_team, "is_default": "default" in request.POST}
    return _form(request, form | {"may_change": True}, problem)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def view(request: HttpRequest, view_id: int) -> HttpResponse:
    """One view. POST `action=state` stores the list in `next` in it, `change` its name and whose it is, `delete` it."""
    if request.method == "POST":
        # Another person may delete a view of the team at this moment, too.
        with saved_views.views_lock(cast(User, request.user)):
            return _view(request, view_id)
    return _view(request, view_id)


def _view(request: HttpRequest, view_id: int) -> HttpResponse:
    user, is_post = cast(User, request.user), request.method == "POST"
    found = saved_views.find(user, view_id, lock=is_post)
    if found is None:
        raise Http404("no such view")
    path, state, suffix = _list(request)
    problem: saved_views.Problem = ""
    if is_post:
        problem = _act(request, user, found, state)
        if not problem:
            number = "" if request.POST.get("action") == "delete" else str(view_id)
            return HttpResponseRedirect(path + (joined(state.address(view=number), suffix) or "?"))
    shown = saved_views.as_dict(found, user)
    if request.POST.get("action") == "change":
        shown |= {"name": request.POST.get("name", ""), "is_team": "team" in request.POST}
    return _form(request, shown, problem)


def _act(
    request: HttpRequest, user: User, view: SavedView, state: ListState
) -> saved_views.Problem:
    """Do what was posted; what is wrong with it, or "". Raises PermissionDenied."""
    match request.POST.get("action"):
        case "state":
            return saved_views.save_state(user, view, state)
        case "delete":
            saved_views.delete(user, view)
        case "change":
            if saved_views.may_change(user, view):
                name, is_team = request.POST.get("name", ""), "team" in request.POST
                if problem := saved_views.change(user, view, name, is_team=is_team):
                    return problem
            _choose_default(request, user, view)
        case _:
            raise PermissionDenied("no such action")
    return ""


def _choose_default(request: HttpRequest, user: User, view: SavedView) -> None:
    saved_views.set_default(user, view, is_default="default" in request.POST)


def _list(request: HttpRequest) -> tuple[str, ListState, str]:
    return list_address(request.POST.get("next") or request.GET.get("next", ""))


def _form(
    request: HttpRequest, shown: dict[str, object], problem: saved_views.Problem
) -> HttpResponse:
    path, state, suffix = _list(request)
    context = {
        "view": shown,
        "next": path + joined(state.address(), suffix),
        "problem": saved_views.SENTENCES[problem] if problem else "",
        "max_name": saved_views.MAX_NAME,
        "may_share": request.user.has_perm("customers.write_customers"),
        "companies_url": links.companies(),
    }
    return render(request, "browsing/saved_view.html", context, status=422 if problem else 200)

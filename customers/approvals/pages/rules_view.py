"""The rules that ask for approval: the list, adding one, and switching one off."""

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from customers.approvals import rules as rules_module
from customers.approvals.pages.deputy_form import form_errors
from customers.approvals.pages.rule_form import RuleForm
from customers.models import ApprovalRule
from customers.web import htmx, links


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.manage_people", raise_exception=True)
def rules(request: HttpRequest) -> HttpResponse:
    """All rules. POST adds one, or with `off` switches that one off."""
    user = cast(User, request.user)
    for_all = rules_module.may_decide("", user)
    form, status = RuleForm(for_all=for_all), 200
    if request.method == "POST":
        if "off" in request.POST:
            text = request.POST["off"]
            pk = int(text) if text.isdecimal() and len(text) < 10 else 0
            rules_module.switch_off(get_object_or_404(ApprovalRule, pk=pk), user)
            return htmx.see_other(links.approval_rules())
        form = RuleForm(request.POST, for_all=for_all)
        if form.is_valid():
            rules_module.add(form.rule(), user)
            return htmx.see_other(links.approval_rules())
        status = 422
    return render(request, "approvals/rules.html", _context(form, user), status=status)


def _context(form: RuleForm, user: User) -> dict[str, Any]:
    listed = list(ApprovalRule.objects.order_by("-made_at", "-id"))
    return {
        "form": form,
        "errors": form_errors(form),
        "rows": [
            {
                "rule": rule,
                "companies": rules_module.companies_of(rule),
                "asks_for": rules_module.asks_for(rule),
                "may_switch_off": rules_module.may_decide(rule.company_id, user),
            }
            for rule in sorted(listed, key=lambda rule: rule.ended_at is not None)
        ],
    }

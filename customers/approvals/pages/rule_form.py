"""The form of a new rule: which companies, and what has to be approved."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError

from customers.approvals.rules import RuleRequest
from customers.codat.errors import CodatError, NotFound, UnaddressableId
from customers.codat.text import is_blank
from customers.codat.values import canonical_company_id
from customers.models import ApprovalRule
from customers.service import default_service

ALL, COMPANY, TAG = "all", "company", "tag"
_MAX_ROWS = 1_000_000


class RuleForm(forms.Form):
    """A rule as it is typed. Checking a company reads it from Codat.

    `for_all`: whether it may be about companies that are not named.
    """

    companies = forms.ChoiceField(
        label="Companies",
        choices=[(ALL, "All companies"), (COMPANY, "One company"), (TAG, "Companies with a tag")],
        initial=ALL,
    )
    company_id = forms.CharField(label="Company ID", required=False, max_length=64)
    tag_key = forms.CharField(label="Tag", required=False, max_length=200)
    tag_value = forms.CharField(label="Value of the tag", required=False, max_length=200)
    fields_changed = forms.MultipleChoiceField(
        label="Changed fields", required=False, choices=ApprovalRule.Field.choices
    )
    larger_than = forms.IntegerField(
        label="Rows of a batch",
        required=False,
        min_value=0,
        max_value=_MAX_ROWS,
        error_messages={
            "invalid": "Enter a whole number of rows.",
            "min_value": "Enter 0 or more rows.",
            "max_value": f"Enter at most {_MAX_ROWS} rows.",
        },
    )

    def __init__(self, *args: Any, for_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not for_all:
            companies = cast(forms.ChoiceField, self.fields["companies"])
            companies.choices = [(COMPANY, "One company")]
            companies.initial = COMPANY

    def clean(self) -> dict[str, Any]:
        """The values that belong together."""
        values = self.cleaned_data
        chosen = values.get("companies")
        if chosen == COMPANY:
            self._check_company()
        if chosen == TAG and any(is_blank(values.get(one, "")) for one in ("tag_key", "tag_value")):
            self.add_error("tag_key", "Enter the tag and its value.")
        has_no_size = values.get("larger_than") is None and "larger_than" not in self.errors
        if not values.get("fields_changed") and has_no_size:
            raise ValidationError("Choose fields, or enter a number of rows.")
        return values

    def rule(self) -> RuleRequest:
        """The rule of a valid form."""
        values = self.cleaned_data
        is_company, is_tag = (values["companies"] == kind for kind in (COMPANY, TAG))
        return RuleRequest(
            company_id=values["company_id"] if is_company else "",
            company_name=values["company_name"] if is_company else "",
            tag_key=values["tag_key"] if is_tag else "",
            tag_value=values["tag_value"] if is_tag else "",
            fields=tuple(values["fields_changed"]),
            larger_than=values["larger_than"],
        )

    def _check_company(self) -> None:
        """Read the company's name from Codat: a rule about a company that does not exist would protect nothing."""
        company_id = canonical_company_id(self.cleaned_data.get("company_id") or "")
        if not company_id:
            self.add_error("company_id", "Enter the ID of the company.")
            return
        try:
            company = default_service().get_company(company_id=company_id)
        except (NotFound, UnaddressableId):
            self.add_error("company_id", "Codat has no company with this ID.")
        except CodatError as error:
            self.add_error("company_id", f"The company could not be read. {error.sentence}")
        else:
            self.cleaned_data |= {
                "company_id": company_id,
                "company_name": str(company.get("name") or ""),
            }

"""Managers of the models that belong to a company: they have only rows of companies in the current scope.

What is reached from a row, such as the batch of a change, is read without them: it has the same company.
"""

from typing import TypeVar

from django.db import models
from django.db.models import Q

from customers import scope

M = TypeVar("M", bound=models.Model, covariant=True)


class CompanyManager(models.Manager[M]):
    """The default manager of a model with a company.

    `COMPANY` of the model is the path to the company's ID, where that is not `company_id`. A row with "" belongs to no
    company, and everybody has it. Where nothing is restricted, queries are as Django's own manager makes them.
    """

    has_common = True

    def get_queryset(self) -> models.QuerySet[M]:
        """The rows in the scope of the moment."""
        rows = super().get_queryset()
        companies = scope.current().companies
        if companies is None:
            return rows
        path = getattr(self.model, "COMPANY", "company_id")
        seen = companies | {""} if self.has_common else companies
        return rows.filter(Q(**{f"{path}__in": seen}))


class StrictCompanyManager(CompanyManager[M]):
    """The same where a row with "" is for those alone who see everything."""

    has_common = False

"""What is exported and imported again unchanged changes nothing: for each company of the sandbox, in each format."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.codat.companies import accounting_connections
from customers.models import Import
from customers.service import default_service
from sandbox import Sandbox
from sandbox.data.companies import PLANS
from tests.conftest import RawPathClient
from tests.support.imports import matched, states_of, uploaded, work
from tests.support.pages.exports import archive, content, export, page_url

pytestmark = pytest.mark.django_db(transaction=True)

# Companies whose customers can be read and written: of the others there is no form.
COMPANIES = [
    plan.key
    for plan in PLANS
    if plan.synced == "yes"
    and plan.key not in ("deauthorized", "unlinked", "read_only", "big")
    and any(link.integration.source_type == "Accounting" for link in plan.links)
]


@pytest.mark.parametrize("file_format", ["xlsx", "csv", "csv-exact"])
@pytest.mark.parametrize("company", COMPANIES)
def test_an_export_that_is_imported_changes_nothing(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, company: str, file_format: str
) -> None:
    answer = export(editor_client, page_url(sandbox, company), columns="all", format=file_format)
    file = content(answer) if file_format == "xlsx" else archive(answer)["Customers.csv"]
    found = default_service().get_company(company_id=sandbox.company(company))
    linked = accounting_connections(found)[0].get("id")
    number = next(n for n in range(5) if sandbox.connection(company, n) == linked)
    source = uploaded(
        sandbox, editor, file, name=f"x.{file_format[:4]}", company=company, connection=number
    )
    work(source)
    assert source.state == Import.State.COLUMNS, source.message
    matched(source, editor)
    assert source.match_by == "id"
    work(source)
    assert source.state == Import.State.CHECKED, source.message
    assert states_of(source) == {"unchanged": source.total}
    assert source.total

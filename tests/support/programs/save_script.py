"""A script that changes one customer, as a batch or a command does: without a request.

`python -m tests.support.programs.save_script USERNAME COMPANY CONNECTION CUSTOMER CHANGES`, the changes as a JSON
object. Prints the name of the outcome.
"""

import json
import sys

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the set-up)

from customers.codat.companies import accounting_connections  # noqa: E402
from customers.editing.edit import Edit, Target  # noqa: E402
from customers.editing.save import save  # noqa: E402
from customers.service import default_service  # noqa: E402


def main() -> None:
    """Read the record, change it, save it."""
    username, company_id, connection_id, customer_id, changes = sys.argv[1:]
    service = default_service()
    company = service.get_company(company_id=company_id)
    (connection,) = (c for c in accounting_connections(company) if c.get("id") == connection_id)
    model = service.get_create_update_model(company_id=company_id, connection_id=connection_id)
    target = Target(company_id, company, connection, customer_id, model)
    record = target.read(service)
    edit = Edit(target, target.form(record, filled=record | json.loads(changes)))
    outcome = save(edit, user=User.objects.get(username=username), service=service)
    sys.stdout.write(f"{type(outcome).__name__}\n")


if __name__ == "__main__":
    main()

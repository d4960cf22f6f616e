"""Have the worker read customers into the index again."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.codat.errors import CodatError
from customers.codat.values import canonical_company_id
from customers.home import reading
from customers.models import IndexedCompany
from customers.service import default_service
from customers.writes.leases import is_worker_alive


class Command(BaseCommand):
    """What is in the index stays until it has been read again. Nothing is read by the command itself but companies."""

    help = "Have the worker read all customers of one company, or of all, into the index again."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--company`: for one company."""
        parser.add_argument("--company", metavar="ID", help="of one company only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many companies the worker will read."""
        if not settings.INDEX_CUSTOMERS:
            raise CommandError("There is no index: INDEX_CUSTOMERS is false.")
        try:
            number = self._make_due(options["company"])
        except CodatError as error:
            raise CommandError(error.sentence) from None
        plural = "y" if number == 1 else "ies"
        self.stdout.write(f"{number} compan{plural} will be read.")
        if not is_worker_alive():
            self.stdout.write("No worker is running: start one with manage.py work.")

    def _make_due(self, company_id: str | None) -> int:
        service = default_service()
        if company_id is None:
            reading.read_all(service, lambda: False)
            companies = IndexedCompany.objects.all()
        else:
            company_id = canonical_company_id(company_id)
            service.get_company(company_id=company_id)
            IndexedCompany.objects.get_or_create(company_id=company_id)
            companies = IndexedCompany.objects.filter(company_id=company_id)
        # Whole, from the first page.
        companies.update(filled_at=None, next_page=0)
        return IndexedCompany.objects.make_due(*companies.values_list("company_id", flat=True))

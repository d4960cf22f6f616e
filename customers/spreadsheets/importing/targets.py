"""The connection that an import is for, and its create/update model."""

from customers.codat.companies import accounting_connection, is_linked
from customers.codat.errors import NotFound
from customers.forms import ModelError, compile_model
from customers.forms.presentation.display import CompiledModel
from customers.models import Import
from customers.service import CustomerService
from customers.spreadsheets.importing.sheets.sheet import Sheet

_REPLACED = "The company’s connection was replaced. Cancel this import, and upload the file again."
_NOT_LINKED = "The company’s connection is not linked. The import goes on when it is."


class NotPossible(Exception):
    """Customers cannot be changed through the connection of an import now. str(e) is a sentence for people."""


def model_of(source: Import, service: CustomerService) -> CompiledModel:
    """The create/update model of an import's connection. Raises NotPossible, CodatError."""
    company = service.get_company(company_id=source.company_id)
    connection = accounting_connection(company, source.connection_id)
    if connection is None:
        raise NotPossible(_REPLACED)
    if not is_linked(connection):
        raise NotPossible(_NOT_LINKED)
    try:
        model = service.get_create_update_model(
            company_id=source.company_id, connection_id=source.connection_id
        )
        return compile_model(model)
    except NotFound as error:
        raise NotPossible(error.sentence) from error
    except ModelError as error:
        raise NotPossible(str(error)) from error


def sheet_of(source: Import, service: CustomerService) -> Sheet:
    """What the columns of an import mean. Raises NotPossible, CodatError."""
    return Sheet(
        model_of(source, service),
        source.mapping,
        clear_word=source.clear_word,
        replaces_rows=source.replaces_rows,
    )

"""A form, bound and validated, from a create/update model.

    form = Form(model, record)                       # GET edit
    form = Form(model, creating=True)                # GET new
    form = Form(model, copy_of(record), creating=True)
    form = Form(model, data=request.POST)            # POST; FormTampered, ModelError
    form.act(request.POST["action"])                 # a row button; form.focus is the id to focus
    if form.is_valid(): send(form.payload_json())
    form.place(error.validation)                     # Codat's answer, at its fields

Knows no HTTP and no view. The modules: paths (names of inputs), values (text and JSON), assumptions,
bound (the bound tree), post_data, actions, validation, error_mapping, changes, merge, signing, iso_codes, render.
"""

from customers.forms.changes import Change, Unsent
from customers.forms.form import Form, copy_of
from customers.forms.merge import Conflict, Merge
from customers.forms.model import ModelError
from customers.forms.signing import FormTampered
from customers.forms.values import MISSING

__all__ = [
    "MISSING",
    "Change",
    "Conflict",
    "Form",
    "FormTampered",
    "Merge",
    "ModelError",
    "Unsent",
    "copy_of",
]

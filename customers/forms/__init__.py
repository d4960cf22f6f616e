"""A form, bound and validated, from a create/update model.

    form = Form(model, record)                       # GET edit
    form = Form(model, creating=True)                # GET new
    form = Form(model, copy_of(record), creating=True)
    form = Form(model, data=request.POST)            # POST; FormTampered, ModelError
    form.act(request.POST["action"])                 # a row button; form.focus is the id to focus
    if form.is_valid(): send(form.payload_json())
    form.place(error.validation)                     # Codat's answer, at its fields

Knows no HTTP and no view. The modules: paths (names of inputs), values (text and JSON), guesses,
state (the bound tree), posted, actions, checking, placing, changes, merging, sealing, codes, render.
"""

from customers.forms.changes import Change, Unsent
from customers.forms.form import Form, copy_of
from customers.forms.merging import Conflict, Merge, merge
from customers.forms.sealing import FormTampered
from customers.forms.values import MISSING
from customers.push_model import ModelError

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
    "merge",
]

"""A form, bound and validated, from a create/update model. Knows no HTTP and no view.

    form = Form(model, record)                       # GET of an edit page
    form = Form(model, creating=True)                # GET of a page for a new customer
    form = Form(model, filled=copy_of(record), creating=True)
    form = Form(model, data=request.POST)            # POST; raises FormTampered, ModelError
    form.apply_action(request.POST["action"])        # a row button; form.focus is the id to focus
    if form.is_valid(): send(form.payload_json())
    form.add_findings(error.validation)              # Codat's findings, at their fields
    compile_model(model)                             # raises ModelError where no form can be made of it

The model: model, assumptions, model_changes, and presentation/, which says how a form shows each node of it. One
form: bound, paths, values, dates, inputs, post_data, actions, validation, error_mapping, signing. What a page shows of
it: blocks, layout, changes, merge.
"""

from customers.forms.changes import Change, UnsentValue
from customers.forms.form import Form, copy_of
from customers.forms.merge import FieldConflict, Merge
from customers.forms.model import ModelError
from customers.forms.post_data import PostData
from customers.forms.presentation.display import compile_model
from customers.forms.signing import FormTampered
from customers.forms.values import MISSING

__all__ = [
    "MISSING",
    "Change",
    "FieldConflict",
    "Form",
    "FormTampered",
    "Merge",
    "ModelError",
    "PostData",
    "UnsentValue",
    "compile_model",
    "copy_of",
]

"""A post of a customer's form: a button that changes the form, a look at what would be sent, or a save."""

import uuid
from typing import Any, cast

import simplejson
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone

from customers.editing.form_page import EditPage, uuid_of
from customers.formatting import distance
from customers.forms import Form, FormTampered
from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes import drafts
from customers.writes.journal import Order, journal, send


def posted(desk: EditPage) -> HttpResponse:
    """The answer to a post; `action` says which button it was. Raises CodatError, ModelError."""
    post = desk.request.POST
    desk.submission = uuid_of(post.get("submission"))
    desk.read_options(post)
    if desk.creating and post.get("twin"):
        told = Write.objects.filter(company_id=desk.page.company_id)
        desk.twin = told.filter(pk=uuid_of(post.get("twin"))).first()
    action = post.get("action") or "save"
    try:
        form = desk.form(data=post)
    except FormTampered:
        return desk.render(desk.rebuilt_from_post(post), status=422)
    if action not in ("save", "review", "check"):
        form.act(action)
        return desk.render(form)
    if not form.is_valid() or desk.option_errors:
        return desk.render(form, status=422)
    if action != "save":
        return desk.render(form, reviewing=action == "review", checked=True)
    if not desk.creating:
        return _save_over(desk, form)
    twin, told_of = _twin(desk, form), desk.twin
    if twin and twin != told_of:
        desk.twin = twin
        form.problems.append(
            f"{twin.username} saved a new customer of this name {distance(twin.created_at, timezone.now())},"
            " and Codat does not show it yet. Nothing was sent: save once more if this is another one."
        )
        return desk.render(form, status=409)
    return _save(desk, form, {})


def _twin(desk: EditPage, form: Form) -> Write | None:
    """The last new customer of the same name that is on its way; what this form is a retry of is known to be."""
    name = str(form.payload().get("customerName") or "")
    if not name or not Write.objects.has_pending(desk.page.company_id):
        return None
    others = Write.objects.pending(desk.page.company_id).exclude(submission=desk.submission)
    if desk.retry_of:
        others = others.exclude(pk=desk.retry_of.pk)
    return others.filter(kind=Write.Kind.CREATE, customer_name__iexact=name).first()


def _save_over(desk: EditPage, form: Form) -> HttpResponse:
    """Save changes of a customer, unless somebody else has changed it since the form was opened."""
    if not form.changes():
        desk.notes.append("Nothing is changed, so there is nothing to save.")
        return desk.render(form)
    before = desk.record()
    coming = desk.with_pending_changes(before)
    merge = form.merge(coming, desk.request.POST)
    if not merge.resolved:
        return desk.render(form, merge=merge, status=409)
    if merge.conflicts:
        form = desk.form(coming, filled=merge.values())
    return _save(desk, form, before)


def _save(desk: EditPage, form: Form, before: dict[str, Any]) -> HttpResponse:
    """Journal a valid form and send it, once however often it is posted. `before` is the record, {} for a new one."""
    if done := Write.objects.filter(submission=desk.submission).first():
        return _saved_before(desk, form, done, before)
    user = cast(User, desk.request.user)
    write, is_new = journal(_order(desk, form, before), user)
    if not is_new:
        # Two at once; the other one was first, and may hold other values.
        return _saved_before(desk, form, write, before)
    send(write, default_service())
    drafts.discard(user, desk.submission)
    if write.state == Write.State.FAILED:
        return desk.go(desk.path + desk.page.query(write=write.pk))
    return desk.go(links.write(write.company_id, write.pk))


def _order(desk: EditPage, form: Form, before: dict[str, Any]) -> Order:
    name = form.payload().get("customerName") or before.get("customerName") or ""
    timeout = desk.options["timeout"]
    return Order(
        company_id=desk.page.company_id,
        company=desk.page.company,
        connection=desk.page.connection or {},
        customer_id=desk.customer_id,
        customer_name=str(name),
        payload=form.payload_json(),
        before=simplejson.dumps(before, use_decimal=True) if before else "",
        submission=desk.submission,
        timeout_in_minutes=int(timeout) if timeout else None,
        force_update=bool(desk.options["force"]),
        retry_of=desk.retry_of,
    )


def _saved_before(desk: EditPage, form: Form, done: Write, before: dict[str, Any]) -> HttpResponse:
    """This opened form was saved once: a double click or a reload leads to what became of it.

    Somebody who went back and typed on has something new to save, as a write of its own.
    """
    same_form = done.company_id == desk.page.company_id and (
        done.kind == Write.Kind.CREATE if desk.creating else done.customer_id == desk.customer_id
    )
    if same_form and done.payload in ("", form.payload_json()):
        return desk.go(links.write(done.company_id, done.pk) + "?again")
    desk.submission = uuid.uuid4()
    if desk.creating:
        desk.twin = done
    if before:
        # What was saved is what this form now stands on, not somebody else's change.
        form = desk.form(desk.with_pending_changes(before), filled=form.payload())
    desk.notes.append(
        "You saved this form before, with other values. Nothing was sent this time:"
        " look through it, then save it once more."
    )
    return desk.render(form, status=409)

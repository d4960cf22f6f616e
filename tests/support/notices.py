"""What tests of notifications need: people with choices; a mail server and a receiver of webhooks on real sockets."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.db.models import F
from pytest_django import Settings

from customers.access.roles import Role
from customers.models import Delivery, Notice, TeamChannel
from customers.notices import Kind, choices, tell
from customers.notices.kinds import Way
from customers.notices.sending import CLAIMED
from tests.support.people import person

# A self-signed certificate for this name and its key, for tests only.
RECEIVER, CERTIFICATE = "receiver.test", Path(__file__).with_name("receiver.pem")
TITLE = "A change was refused"


def reader(name: str, role: Role = Role.EDITOR, *, sees_all: bool = True, **ways: Way) -> User:
    """A person with an email address and choices: `change_failed=Way.MAIL`."""
    user = person(name, role, sees_all=sees_all)
    user.email = f"{name}@example.com"
    user.save()
    chosen = {Kind(kind.replace("_", "-")): way for kind, way in ways.items()}
    choices.save(user, chosen, digest_hour=8)
    return user


def told(
    *people: User | int | None,
    cause: str = "change:1",
    company_id: str = "",
    kind: Kind = Kind.CHANGE_FAILED,
    title: str = TITLE,
    link: str = "/companies/c/writes/1/",
) -> int:
    """Tell people of an event."""
    return tell(kind, cause=cause, company_id=company_id, people=people, title=title, link=link)


def titles(user: User) -> list[str]:
    """What a person was told, the newest first."""
    return list(Notice.objects.filter(user=user).values_list("title", flat=True))


def due_again() -> None:
    """Let the time pass until every waiting message is due, and no claim holds."""
    later = F("created_at") - CLAIMED
    Delivery.objects.filter(sent_at=None).update(due_at=later, claimed_until=None)


class Mailbox:
    """Receives mail. `answers` are replies in place of an acceptance, the first one first."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: list[str] = []

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail, as aiosmtpd asks it."""
        if self.answers:
            return self.answers.pop(0)
        self.recipients += envelope.rcpt_tos
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def mail_server(settings: Settings) -> Iterator[Mailbox]:
    """A mail server that Django sends to, whatever the test runner has put in its place."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        settings.HAS_MAIL = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = port
        yield mailbox
    finally:
        controller.stop()


@dataclass
class Receiver:
    """The receiver of a channel. `statuses` are answered first, with headers; then 204."""

    port: int
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        """The JSON of each request."""
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A receiver over TLS under the name `RECEIVER`, which the settings of tests lead to this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.requests.append((headers | {"path": self.path}, body))
            status, more = made.statuses.pop(0) if made.statuses else (204, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    made = Receiver(server.server_address[1])
    settings.NOTICE_HOSTS = [RECEIVER]
    settings.NOTICE_RECEIVERS_OF_TESTS = {RECEIVER: ("127.0.0.1", made.port, str(CERTIFICATE))}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def channel(
    form: str = "webhook", *kinds: Kind, url: str = f"https://{RECEIVER}/hook?a=1"
) -> TeamChannel:
    """A channel of the team, for refused changes unless others are named."""
    return TeamChannel.objects.create(
        name=f"Team {form}", form=form, url=url, kinds=list(kinds or [Kind.CHANGE_FAILED])
    )

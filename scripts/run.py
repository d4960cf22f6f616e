"""`make run`: the dashboard and its worker on this machine, with the sandbox instead of Codat unless a key is set.

With `CODAT_API_KEY` or `CODAT_AUTH_HEADER` in the environment or in `.env` no sandbox is started
and the dashboard uses Codat. When it is stopped, it stops everything that it started.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from codatdash import environment as env  # noqa: E402  (needs the path)
from codatdash.startup import operator_errors  # noqa: E402

# Seconds that each process has to end: more than the worker gives its calls that are running (CODAT_PAGE_DEADLINE).
STOP_TIMEOUT = 30
VAR, DOTENV = ROOT / "var", ROOT / ".env"
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def require_free(port: int, name: str) -> None:
    """Exit with a sentence where a port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is in use. Choose another: make run {name}={port + 100}")


def sandbox_secret() -> str:
    """The stored key of this clone, so that sessions survive a restart."""
    path = VAR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def add_secret_to_dotenv() -> str:
    """A new key, added to `.env`, so that other commands use it too."""
    secret = secrets.token_urlsafe(48)
    before = DOTENV.read_text(encoding="utf-8-sig") if DOTENV.exists() else ""
    DOTENV.touch(mode=0o600)
    lines = [line for line in before.splitlines() if line.strip() != "SECRET_KEY="]
    DOTENV.write_text("\n".join([*lines, f"SECRET_KEY={secret}", ""]), encoding="utf-8")
    print("SECRET_KEY was not set. A new one was added to .env.", flush=True)
    return secret


def listening(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> bool:
    """Whether the port accepts connections, at the latest after `seconds` or when the process ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def environment(port: int, sandbox_port: int, *, with_sandbox: bool) -> dict[str, str]:
    """The settings of the servers that are started, beside those in the environment and `.env`."""
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SECURE_COOKIES": "false"}
    if not env.text("SECRET_KEY"):
        settings["SECRET_KEY"] = sandbox_secret() if with_sandbox else add_secret_to_dotenv()
    if with_sandbox:
        settings |= {
            "CODAT_BASE_URL": f"http://127.0.0.1:{sandbox_port}",
            "CODAT_API_KEY": "sandbox-key",
            "CODAT_WEBHOOK_SECRET": "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA==",
        }
    return settings


def prepare(*, with_sandbox: bool) -> bool:
    """Migrate, create the first user and collect the static files; whether all of it succeeded."""
    commands = [
        ["migrate", "--verbosity=0"],
        # Before the static files, which take seconds: it may ask something.
        ["demo_user"] if with_sandbox else ["first_user"],
        ["collectstatic", "--noinput", "--verbosity=0"],
    ]
    # A command that fails has printed its error.
    return all(not subprocess.run([*MANAGE, *each], check=False).returncode for each in commands)


def serve(port: int, sandbox_port: int, *, with_sandbox: bool) -> int:
    """Run the servers and the worker until one of them ends, or until Ctrl-C or SIGTERM."""
    started: list[subprocess.Popen[bytes]] = []
    try:
        if with_sandbox:
            sandbox = [*MANAGE, "sandbox", "--port", str(sandbox_port)]
            sandbox += ["--webhook-url", f"http://127.0.0.1:{port}/webhooks/codat/"]
            sandbox += ["--dashboard-url", f"http://127.0.0.1:{port}"]
            started.append(subprocess.Popen(sandbox))
            if not listening(sandbox_port, started[-1]):
                return 1
        gunicorn = [sys.executable, "-m", "gunicorn", "--log-level", "warning"]
        started.append(subprocess.Popen([*gunicorn, "codatdash.wsgi"], cwd=ROOT))
        if not listening(port, started[-1]):
            return 1
        started.append(subprocess.Popen([*MANAGE, "work"]))
        print(_where(port, sandbox_port, with_sandbox=with_sandbox), flush=True)
        while all(process.poll() is None for process in started):
            time.sleep(0.5)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        stop(started)


def _where(port: int, sandbox_port: int, *, with_sandbox: bool) -> str:
    """The addresses, and how to sign in."""
    lines = [f"Dashboard: http://127.0.0.1:{port}"]
    if with_sandbox:
        lines += [
            "Sign in as demo / demo. Customers come from the sandbox.",
            f"Try it:    http://127.0.0.1:{sandbox_port}/ (a refusal, a time-out, a conflict, ...)",
        ]
    else:
        lines.append("Customers come from Codat.")
    return "\n".join(["", *(f"  {line}" for line in [*lines, "Stop with Ctrl-C."]), ""])


def stop(started: list[subprocess.Popen[bytes]]) -> None:
    """End what was started, the last one first; kill what does not end in time."""
    for process in reversed(started):
        process.terminate()
    for process in reversed(started):
        try:
            process.wait(timeout=STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt


def main() -> int:
    """Start, print where and how to sign in, wait, and stop what was started."""
    database = os.environ.get("DATABASE_URL")
    env.load(DOTENV)
    port = env.whole("PORT", 8000, minimum=1, maximum=65535)
    sandbox_port = env.whole("SANDBOX_PORT", 8001, minimum=1, maximum=65535)
    with_sandbox = not (env.text("CODAT_API_KEY") or env.text("CODAT_AUTH_HEADER"))
    VAR.mkdir(exist_ok=True)
    require_free(port, "PORT")
    if with_sandbox:
        require_free(sandbox_port, "SANDBOX_PORT")
        # A separate database, even if .env names one: demo / demo must not be able to sign in to real data.
        os.environ["DATABASE_URL"] = database or f"sqlite:///{VAR / 'sandbox.sqlite3'}"
    os.environ.update(environment(port, sandbox_port, with_sandbox=with_sandbox))
    signal.signal(signal.SIGTERM, interrupt)
    if not prepare(with_sandbox=with_sandbox):
        return 1
    return serve(port, sandbox_port, with_sandbox=with_sandbox)


if __name__ == "__main__":
    with operator_errors():
        try:
            sys.exit(main())
        except KeyboardInterrupt:
            sys.exit(130)

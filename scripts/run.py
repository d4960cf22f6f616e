"""`make run`: the dashboard on this machine, with a sandbox in Codat's place unless a key is set.

With `CODAT_API_KEY` or `CODAT_AUTH_HEADER` in the environment or in `.env` no sandbox is started
and the dashboard talks to Codat itself. Stops everything it started when it is stopped.
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

import environ

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


def free(port: int, name: str) -> None:
    """Stop with a sentence where a port is taken: the reader can choose another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            sys.exit(f"Port {port} is taken. Choose another: make run {name}={port + 100}")


def kept_secret() -> str:
    """A key of this clone's own, so that a restart signs nobody out."""
    path = VAR / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def listening(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> bool:
    """Wait until something accepts connections on the port, the process ends, or time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def main() -> int:
    """Start, print where and how to sign in, wait, and stop what was started."""
    given = os.environ.get("DATABASE_URL")
    env = environ.Env()
    if (ROOT / ".env").is_file():
        env.read_env(ROOT / ".env")
    port, sandbox_port = env.int("PORT", 8000), env.int("SANDBOX_PORT", 8001)
    with_sandbox = not (env.str("CODAT_API_KEY", "") or env.str("CODAT_AUTH_HEADER", ""))
    VAR.mkdir(exist_ok=True)
    free(port, "PORT")

    settings = {"HOST": "127.0.0.1", "PORT": str(port), "SECURE_COOKIES": "false"}
    if not env.str("SECRET_KEY", ""):
        settings["SECRET_KEY"] = kept_secret()
    if with_sandbox:
        free(sandbox_port, "SANDBOX_PORT")
        settings |= {
            "CODAT_BASE_URL": f"http://127.0.0.1:{sandbox_port}",
            "CODAT_API_KEY": "sandbox-key",
            "CODAT_WEBHOOK_SECRET": "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA==",
            # A database of its own, whatever .env says: demo / demo must not exist beside real customers.
            "DATABASE_URL": given or f"sqlite:///{VAR / 'sandbox.sqlite3'}",
        }
    os.environ.update(settings)

    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "--verbosity=0"], check=True)
    subprocess.run([*manage, "collectstatic", "--noinput", "--verbosity=0"], check=True)
    if with_sandbox:
        subprocess.run([*manage, "demo_user"], check=True)

    started: list[subprocess.Popen[bytes]] = []

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        if with_sandbox:
            command = [*manage, "sandbox", "--port", str(sandbox_port)]
            command += ["--webhook-url", f"http://127.0.0.1:{port}/webhooks/codat/"]
            started.append(subprocess.Popen(command))
            if not listening(sandbox_port, started[-1]):
                return 1
        gunicorn = [sys.executable, "-m", "gunicorn", "--log-level", "warning"]
        started.append(subprocess.Popen([*gunicorn, "codatdash.wsgi"], cwd=ROOT))
        if not listening(port, started[-1]):
            return 1
        print(f"\n  Dashboard: http://127.0.0.1:{port}", flush=True)
        print(
            "  Sign in as demo / demo. Customers come from the sandbox."
            if with_sandbox
            else "  Customers come from Codat. Make a first user: .venv/bin/python manage.py"
            " createsuperuser",
            "\n  Stop with Ctrl-C.\n",
            flush=True,
        )
        while all(process.poll() is None for process in started):
            time.sleep(0.5)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    sys.exit(main())

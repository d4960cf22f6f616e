"""Starts the servers that are measured, on free ports of 127.0.0.1, and stops them in any case."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from bench import http_clients

ROOT = Path(__file__).resolve().parent.parent
CERTIFICATE = ROOT / "tests" / "support" / "servers" / "raw_server.pem"
START_TIMEOUT, STOP_TIMEOUT, RUN_TIMEOUT = 60.0, 15.0, 1200.0
USER = PASSWORD = "demo"  # noqa: S105  as demo_user creates them, in a temporary database


class Server:
    """One server: its port, its process, and the CPU time and memory of its workers."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], *, forks: bool) -> None:
        self.port, self.process, self._forks = port, process, forks
        self.cookie = ""

    def browser(self, encodings: str = http_clients.ENCODINGS) -> http_clients.Browser:
        """A new connection to it, signed in where `cookie` is set."""
        return http_clients.Browser(self.port, self.cookie, encodings)

    @property
    def workers(self) -> list[int]:
        """The ids of the processes that serve: gunicorn's and nginx's children, else the process itself."""
        if not self._forks:
            return [self.process.pid]
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def cpu(self) -> float:
        """CPU seconds that its workers have used."""
        ticks = 0
        for pid in self.workers:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak(self) -> int:
        """The highest peak of a worker's resident memory, in bytes."""
        peaks = []
        for pid in self.workers:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            peaks += [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
        return max(peaks)

    def stop(self) -> None:
        """Stop it: SIGTERM, then SIGKILL."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Testbed:
    """The running servers, in a temporary folder. A context manager that stops them all."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="codatdash-bench-"))
        self._servers: list[Server] = []
        self._secret = secrets.token_urlsafe(48)

    def __enter__(self) -> Testbed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in reversed(self._servers):
            server.stop()
            log = (self.folder / f"{server.port}.log").read_text()
            if error is not None and (" 500 " in log or "Traceback" in log):
                print(log[-3000:], file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: Sequence[str], env: Mapping[str, str]) -> str:
        """Run a Python command; its output."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | dict(env),
            check=True,
            stdout=subprocess.PIPE,
            timeout=RUN_TIMEOUT,
        )
        return done.stdout.decode()

    def start_interactive(
        self, command: Sequence[str], env: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Start a Python program that responds to each line with a line, and ends with its input."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self, command: Sequence[str], port: int, env: Mapping[str, str], *, forks: bool = False
    ) -> Server:
        """Start a server and wait until it accepts connections."""
        log = (self.folder / f"{port}.log").open("wb")
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | dict(env), stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        server = Server(port, process, forks=forks)
        self._servers.append(server)
        end = time.monotonic() + START_TIMEOUT
        while process.poll() is None and time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return server
            time.sleep(0.05)
        raise RuntimeError((self.folder / f"{port}.log").read_text() or f"{command} did not start")

    def stop(self, server: Server) -> None:
        """Stop one of them."""
        server.stop()
        self._servers.remove(server)

    def upstream(self, *, tls: bool = False) -> Server:
        """The upstream instead of Codat."""
        port = free_port()
        command = [sys.executable, "-m", "bench.upstream", str(port)]
        return self.start([*command, str(CERTIFICATE)] if tls else command, port, {})

    def settings(self, upstream: Server, *, tls: bool = False) -> dict[str, str]:
        """The environment of a dashboard as in production, on a database of its own."""
        return {
            "DEBUG": "false",
            "SECRET_KEY": self._secret,
            "ALLOWED_HOSTS": "127.0.0.1",
            "CODAT_BASE_URL": f"{'https' if tls else 'http'}://127.0.0.1:{upstream.port}",
            "CODAT_API_KEY": "bench-key",
            "CODAT_AUTH_HEADER": "",
            "CODAT_PROXY": "",
            "CACHE_URL": "locmemcache://",
            "DATABASE_URL": f"sqlite:///{self.folder / 'dashboard.sqlite3'}",
            "SECURE_COOKIES": "false",
            # It has rows of its own.
            "INDEX_CUSTOMERS": "false",
            "BENCH_CERTIFICATE": str(CERTIFICATE),
        }

    def prepare(self, env: Mapping[str, str]) -> None:
        """Database, static files and a user for dashboards with this environment."""
        for command in (["migrate"], ["collectstatic", "--noinput"], ["demo_user"]):
            self.run(["manage.py", *command, "--verbosity=0"], env)

    def gunicorn(self, application: str, env: Mapping[str, str]) -> Server:
        """An application under gunicorn, with the dashboard's own settings of it and one worker."""
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "--log-level", "warning", application]
        return self.start(
            command,
            port,
            {
                **env,
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "WEB_WORKERS": "1",
                "WEB_THREADS": "64",
            },
            forks=True,
        )

    def dashboard(self, env: Mapping[str, str], application: str = "codatdash.wsgi") -> Server:
        """A dashboard, with the cookie of a signed-in user."""
        server = self.gunicorn(application, env)
        server.cookie = http_clients.sign_in(server.port, "/accounts/login/", USER, PASSWORD)
        return server

    def worker(self, env: Mapping[str, str]) -> Server:
        """A worker, which has no port of its own; its number names its log."""
        number = free_port()
        log = self.folder / f"{number}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "work"],
                cwd=ROOT,
                env=os.environ | dict(env),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        server = Server(number, process, forks=False)
        self._servers.append(server)
        end = time.monotonic() + START_TIMEOUT
        while process.poll() is None and time.monotonic() < end:
            if "started" in log.read_text():
                return server
            time.sleep(0.05)
        raise RuntimeError(log.read_text() or "the worker did not start")

    def admin(self, upstream: Server) -> Server:
        """Django's admin of the upstream's customers, with the cookie of a signed-in user."""
        env = {
            "DJANGO_SETTINGS_MODULE": "bench.admin_site.settings",
            "ADMIN_SITE_SECRET_KEY": self._secret,
            "ADMIN_SITE_DATABASE": str(self.folder / "admin.sqlite3"),
        }
        self.run(["-m", "bench.admin_site.fill", f"http://127.0.0.1:{upstream.port}"], env)
        server = self.gunicorn("bench.admin_site.wsgi", env)
        server.cookie = http_clients.sign_in(server.port, "/admin/login/", USER, PASSWORD)
        return server

    def nginx(self, upstream: Server, *, tls: bool = False) -> Server | None:
        """nginx in front of the upstream with its default settings; None where it is not installed."""
        program = shutil.which(
            "nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
        )
        if program is None:
            return None
        port = free_port()
        home = self.folder / f"nginx-{port}"
        home.mkdir()
        temporary = "".join(
            f"  {kind}_temp_path {home}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        scheme = "https" if tls else "http"
        configuration = home / "nginx.conf"
        # Only paths are set: everything that affects the speed is nginx's default.
        configuration.write_text(
            f"daemon off;\npid {home}/pid;\nerror_log {home}/error.log;\nevents {{}}\nhttp {{\n"
            f"  access_log off;\n{temporary}  server {{\n    listen 127.0.0.1:{port};\n"
            f"    location / {{ proxy_pass {scheme}://127.0.0.1:{upstream.port}; }}\n  }}\n}}\n"
        )
        if os.geteuid() == 0:
            # Its workers would otherwise run as `nobody`, who cannot write here.
            configuration.write_text("user root;\n" + configuration.read_text())
        command = [
            program,
            "-p",
            str(home),
            "-e",
            str(home / "error.log"),
            "-c",
            str(configuration),
        ]
        return self.start(command, port, {}, forks=True)


def free_port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

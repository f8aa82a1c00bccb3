"""Real git servers on loopback: HTTP with a token, and SSH with a key."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.missing import missing

USER, TOKEN = "git", "a-token-of-the-test"
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.org")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, message: str) -> str:
    """All changes of the work tree; returns the commit."""
    git(folder, "add", "--all")
    git(folder, *AUTHOR, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@contextmanager
def http_server(folder: Path) -> Iterator[str]:
    """``git http-backend`` for the repositories in a folder; the base of their addresses."""

    class Backend(GitOverHttp):
        root = folder

    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class GitOverHttp(BaseHTTPRequestHandler):
    """A CGI server of one program, behind basic authentication."""

    root: Path

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        expected = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        done = subprocess.run(["git", "http-backend"], env=self.cgi(), input=body, stdout=-1)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def cgi(self) -> dict[str, str]:
        address = urlsplit(self.path)
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": address.path,
            "QUERY_STRING": address.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }

    def log_message(self, *_: object) -> None:
        """Quiet."""


@dataclass(frozen=True)
class SshServer:
    base: str
    key: Path
    known_hosts: Path


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """OpenSSH's server, for this user and one key; its files are in ``folder``."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        missing("an SSH server", "apt-get install openssh-server")
    folder.mkdir(mode=0o700)
    for name in ("host", "key"):
        path = str(folder / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    settings = {
        "HostKey": folder / "host", "AuthorizedKeysFile": folder / "key.pub", "Port": port,
        "ListenAddress": "127.0.0.1", "StrictModes": "no", "UsePAM": "no",
        "PasswordAuthentication": "no", "PermitRootLogin": "prohibit-password", "PidFile": "none",
    }  # fmt: skip
    config = folder / "sshd_config"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    process = subprocess.Popen([program, "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE)
    try:
        wait_for_port(process, port)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
        yield SshServer(f"ssh://{user}@127.0.0.1:{port}", folder / "key", known)
    finally:
        process.terminate()
        process.wait()


def wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(100):
        assert process.poll() is None, process.stderr and process.stderr.read()
        with closing(socket.socket()) as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not listen on port {port}")

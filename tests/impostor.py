"""An impostor: a server on this machine, over TLS, that behaves as a tracker does, and misbehaves when it is told to.

It answers over a real socket, with a certificate that is signed for this run of the tests alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

TOKEN = "ATATT3xFfGF0plantedTOKENvalue=7A31"
"""The token that is planted everywhere, and must be found nowhere."""

ACCOUNT = f"ann@example.com:{TOKEN}"


@dataclass(frozen=True)
class Asked:
    """One question that the server got: its method, path, parameters, headers by names in small letters, body."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """What it answers: status, data (JSON, or bytes as they are), further headers, and what goes wrong on the way."""

    data: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False
    hangs_up: bool = False
    drip: float = 0.0


Behaviour = Callable[[Asked], Reply]


class Impostor:
    """A server that is running.

    behave : what it answers to a question, as the tracker would
    mischief : what it answers first, one a question, instead
    asked : the questions so far
    """

    def __init__(self, behave: Behaviour, certificate: Path) -> None:
        self.behave = behave
        self.mischief: deque[Reply | None] = deque()
        self.asked: list[Asked] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(self), bind_and_activate=True)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda request, address: None  # type: ignore[method-assign]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://localhost:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Reply:
        """What it answers to a question."""
        self.asked.append(asked)
        first = self.mischief.popleft() if self.mischief else None
        return first if first is not None else self.behave(asked)

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()


def _handler(impostor: Impostor) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: object) -> None:
            pass

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(sent) if sent else None
            reply = impostor.answer(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body))
            time.sleep(reply.delay)
            if reply.hangs_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            data = reply.data if isinstance(reply.data, bytes) else json.dumps(reply.data).encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if reply.drip:
                self._drip(data, reply.drip)
                return
            self.wfile.write(data[: len(data) // 2] if reply.cut else data)
            if reply.cut:
                self.wfile.flush()
                self.close_connection = True

        def _drip(self, data: bytes, wait: float) -> None:
            with contextlib.suppress(OSError):  # whoever asked has gone
                for at in range(len(data)):
                    self.wfile.write(data[at : at + 1])
                    time.sleep(wait)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    return Handler


@contextmanager
def running(behave: Behaviour, certificate: Path) -> Iterator[Impostor]:
    """A server that runs for as long as the block."""
    impostor = Impostor(behave, certificate)
    try:
        yield impostor
    finally:
        impostor.stop()


def make_certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate for a name, signed by itself, and its key, in one file; skips where nothing can make one."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: no certificate for the server on this machine")
    key, certificate, both = folder / f"{name}.key", folder / f"{name}.crt", folder / f"{name}.pem"
    command = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    command += [
        "-subj",
        f"/CN={name}",
        "-addext",
        f"subjectAltName=DNS:{name}",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    subprocess.run(command, check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


# The trackers ------------------------------------------------------------------------------------------------------------

DAY = dt.date(2025, 1, 6)


def day(number: int) -> str:
    """A moment on the n-th day of the story."""
    return (DAY + dt.timedelta(days=number)).isoformat() + "T09:30:00"


def jira_cloud(issues: list[dict[str, Any]], fields: list[dict[str, Any]], rows: int = 2) -> Behaviour:
    """Jira Cloud: page tokens, no total, the old search gone."""

    def behave(asked: Asked) -> Reply:
        if asked.path.endswith("/rest/api/2/serverInfo"):
            return Reply({"deploymentType": "Cloud", "version": "1001.0.0-SNAPSHOT"})
        if asked.path.endswith("/rest/api/3/field"):
            return Reply(fields)
        if asked.path.endswith("/rest/api/3/search/jql") and asked.method == "POST":
            begin = int(str(asked.body.get("nextPageToken") or "t0")[1:])
            chosen = [pick_fields(issue, asked.body["fields"]) for issue in issues[begin : begin + rows]]
            if begin + rows < len(issues):
                return Reply({"issues": chosen, "nextPageToken": f"t{begin + rows}", "isLast": False})
            return Reply({"issues": chosen, "isLast": True})
        if asked.path.endswith("/search"):
            words = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
            return Reply({"errorMessages": [words], "errors": {}}, 410)
        return Reply({"errorMessages": ["no such place"]}, 404)

    return behave


def jira_server(issues: list[dict[str, Any]], fields: list[dict[str, Any]], rows: int = 2) -> Behaviour:
    """Jira Data Center: startAt and total, fewer at once than asked for."""

    def behave(asked: Asked) -> Reply:
        if asked.path.endswith("/rest/api/2/serverInfo"):
            return Reply({"deploymentType": "Server", "version": "9.12.0"})
        if asked.path.endswith("/rest/api/2/field"):
            return Reply(fields)
        if asked.path.endswith("/rest/api/2/search") and asked.method == "POST":
            begin = asked.body["startAt"]
            chosen = [pick_fields(issue, asked.body["fields"]) for issue in issues[begin : begin + rows]]
            return Reply({"startAt": begin, "maxResults": rows, "total": len(issues), "issues": chosen})
        return Reply({"errorMessages": ["no such place"]}, 404)

    return behave


def pick_fields(issue: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """An issue with the fields that were asked for, and no others, as Jira answers."""
    return {**issue, "fields": {name: value for name, value in issue["fields"].items() if name in names}}


def azure(items: list[dict[str, Any]], types: list[dict[str, Any]], iterations: dict[str, Any]) -> Behaviour:
    """Azure DevOps: ids by WIQL, then batches of at most 200."""

    def behave(asked: Asked) -> Reply:
        if asked.params.get("api-version") is None:
            return Reply({"message": "No api-version was supplied"}, 400)
        if asked.path.endswith("/wit/workitemtypes"):
            return Reply({"count": len(types), "value": types})
        if asked.path.endswith("/wit/classificationnodes/Iterations"):
            return Reply(iterations)
        if asked.path.endswith("/wit/wiql"):
            words = asked.body["query"].split("[System.Id] > ")
            after = int(words[1].split()[0]) if len(words) > 1 else 0
            ids = sorted(item["id"] for item in items if item["id"] > after)[: int(asked.params.get("$top", 20_000))]
            return Reply(
                {"queryType": "flat", "workItems": [{"id": each, "url": f"x/workItems/{each}"} for each in ids]}
            )
        if asked.path.endswith("/wit/workitemsbatch"):
            wanted = asked.body["ids"]
            if len(wanted) > 200:
                return Reply({"message": f"VS403474: You requested {len(wanted)} work items"}, 400)
            if "fields" in asked.body and "$expand" in asked.body:
                return Reply({"message": "The expand parameter can not be used with the fields parameter."}, 400)
            known = {item["id"]: item for item in items}
            return Reply({"count": len(wanted), "value": [known.get(each) for each in wanted]})
        return Reply({"message": "no such place"}, 404)

    return behave


def linear(issues: list[dict[str, Any]], rows: int = 2) -> Behaviour:
    """Linear: one place, one query, a cursor."""

    def behave(asked: Asked) -> Reply:
        if asked.path != "/graphql" or "mutation" in asked.body["query"]:
            return Reply({"errors": [{"message": "no such place"}]}, 404)
        begin = int(asked.body["variables"]["after"] or 0)
        has_next = begin + rows < len(issues)
        info = {"hasNextPage": has_next, "endCursor": str(begin + rows) if has_next else None}
        return Reply({"data": {"issues": {"nodes": issues[begin : begin + rows], "pageInfo": info}}})

    return behave


def github(issues: list[dict[str, Any]], blockers: dict[int, list[int]], rows: int = 2) -> Behaviour:
    """GitHub Enterprise Server: a list, and a Link header that leads on."""

    def behave(asked: Asked) -> Reply:
        root = "/api/v3/repos/shop/web"
        if asked.path == f"{root}/issues":
            page = int(asked.params.get("page", 1))
            begin = (page - 1) * rows
            host = f"https://{asked.headers['host']}"
            link = f'<{host}{root}/issues?page={page + 1}>; rel="next", <{host}{root}/issues?page=9>; rel="last"'
            headers = {"Link": link} if begin + rows < len(issues) else {}
            return Reply(issues[begin : begin + rows], headers=headers)
        if asked.path.endswith("/dependencies/blocked_by"):
            number = int(asked.path.split("/")[-3])
            url = f"https://{asked.headers['host']}{root}"
            return Reply([{"number": other, "repository_url": url} for other in blockers[number]])
        return Reply({"message": "Not Found"}, 404)

    return behave

"""Client: asks one tracker over TLS, and only ever reads.

A token goes to the origin it is meant for and nowhere else: no other host, no other port, no plain http. What comes back is
bounded in time and size, and the token is blotted out of it before anyone looks at it, should the tracker repeat it.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from forecast import __version__
from forecast.errors import Fault
from forecast.trackers.address import Address
from forecast.trackers.patience import AGAIN, Patience, is_spent, read_pause
from forecast.trackers.refusals import Denied, Refusal, tell_refusal
from forecast.trackers.token import Token

if TYPE_CHECKING:
    import httpx2

LOGGERS = ("httpx2", *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))
"""Where the library writes what it does, for those who listen."""

HOPS = 3
"""Redirections within the origin that are followed."""


class Dropped(Exception):
    """An answer that did not come, or came in part; `str` of it says why, in words that hold nothing from outside."""


@dataclass(frozen=True)
class Reply:
    """What came back, as it is: status, headers by names in small letters, body."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Answer:
    """A good answer: its data as JSON has it, and its headers by names in small letters."""

    data: Any
    headers: Mapping[str, str]


class Client:
    """Asks one tracker.

    address : of the tracker; its origin is the only one that is ever asked
    headers : sent with each question, without the token
    authorization : value of that header, None without a token
    token : blotted out of all that comes back
    searches : the paths that may be asked with POST; all of them only read
    spoilt : tells from a refusal's data that it was only asked too often (Linear says so with status 400)
    note : told of each wait, in words
    """

    def __init__(
        self,
        address: Address,
        *,
        headers: Mapping[str, str],
        authorization: str | None = None,
        token: Token | None = None,
        searches: frozenset[str] = frozenset(),
        spoilt: Callable[[Any], bool] = lambda data: False,
        patience: Patience | None = None,
        note: Callable[[str], None] = lambda line: None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.address, self.token, self.searches = address, token, searches
        self.patience = patience or Patience()
        self._spoilt, self._note, self._sleep, self._now = spoilt, note, sleep, now
        self._headers = {"Accept": "application/json", "User-Agent": f"forecast/{__version__}", **headers}
        self._authorization = authorization
        self._rest = 0.0
        self._http = self._open()
        self._loggers = [logging.getLogger(name) for name in LOGGERS]

    def __enter__(self) -> Self:
        for logger in self._loggers:
            logger.addFilter(self._blot)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()
        for logger in self._loggers:
            logger.removeFilter(self._blot)

    def _blot(self, record: logging.LogRecord) -> bool:
        """Blots the token out of what the library logs when it is asked to: a tracker may repeat it in its headers."""
        record.msg, record.args = self._clean(record.getMessage()), ()
        return True

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a GET. Raises Fault when there is none in the end."""
        return self._ask("GET", path, params or {}, None)

    def search(self, path: str, body: Any, params: Mapping[str, str] | None = None) -> Answer:
        """The answer to a search, a POST that changes nothing. Raises Fault when there is none in the end."""
        if path not in self.searches:
            raise ValueError(f"{path} is no search; nothing but a search is sent with POST")
        return self._ask("POST", path, params or {}, body)

    def follow(self, link: str) -> Answer:
        """The answer to a GET of an address that the tracker gave itself. Raises Fault when it is not its own."""
        return self._ask("GET", self.check_own(link), {}, None)

    def check_own(self, link: str) -> str:
        """An address on the tracker's origin, whole. Raises Fault for any other: it is not asked."""
        import httpx2

        try:
            url = httpx2.URL(urljoin(str(self.address), link))
            origin = f"{url.scheme}://{url.host}" + ("" if url.port in (None, 443) else f":{url.port}")
        except (httpx2.InvalidURL, ValueError):
            origin = "an address that is none"
        if origin != self.address.origin or url.userinfo:
            way_out = "a token is not sent to another host; use the address that the browser ends up at"
            raise Fault(str(self.address), f"it leads to {self._clean(origin)}", f"{way_out}, and check the token")
        return str(url)

    def _open(self) -> httpx2.Client:
        import httpx2

        wait = self.patience
        try:
            return httpx2.Client(
                timeout=httpx2.Timeout(wait.read, connect=wait.connect),
                follow_redirects=False,
                limits=httpx2.Limits(max_connections=1),
                headers=self._headers,
            )
        except (OSError, ValueError, ImportError, httpx2.InvalidURL):  # what SSL_CERT_FILE or a proxy's variable says
            way_out = "mend SSL_CERT_FILE, SSL_CERT_DIR or HTTPS_PROXY in the environment, or take them out"
            raise Fault(str(self.address), "no connection can be prepared", way_out) from None

    def _ask(self, method: str, path: str, params: Mapping[str, str], body: Any) -> Answer:
        """Asks until there is an answer, with a wait before each further try."""
        if self._rest:  # the last answer was good, and asked for some time before the next question
            self._sleep(self._rest)
        for tried in range(1, self.patience.tries + 1):
            wait = None
            try:
                reply = self._send(method, path, params, body)
            except Dropped as dropped:
                why = str(dropped)
            else:
                wait = read_pause(reply.headers, self._now())
                if 200 <= reply.status < 300 and reply.status != 203:
                    self._rest = min(wait or 0.0, self.patience.longest) if "retry-after" in reply.headers else 0.0
                    return self._read(reply)
                if not self._is_passing(reply, wait):
                    raise self._refuse(reply)
                why = f"it answered with status {reply.status}"
            if tried < self.patience.tries:
                self._wait(max(self.patience.after(tried), wait or 0.0), why, tried)
        way_out = f"tried {self.patience.tries} times; try again later, it carries on where it stopped"
        raise Fault(str(self.address), why, way_out)

    def _is_passing(self, reply: Reply, wait: float | None) -> bool:
        if reply.status in AGAIN or (reply.status == 403 and (wait is not None or is_spent(reply.headers))):
            return True
        return reply.status == 400 and self._spoilt(self._parse(reply.body))

    def _wait(self, seconds: float, why: str, tried: int) -> None:
        if seconds > self.patience.longest:
            value = f"it asks to wait {seconds:,.0f} seconds"
            raise Fault(str(self.address), value, "import again after that; it carries on where it stopped")
        if seconds >= 1:
            self._note(f"{self.address.host}: {why}; waiting {seconds:,.0f} s before try {tried + 1} ...")
        self._sleep(seconds)

    def _send(self, method: str, path: str, params: Mapping[str, str], body: Any) -> Reply:
        """One question, with redirections within the origin followed."""
        url = path if path.startswith("https://") else self.address.origin + path
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        for _ in range(HOPS + 1):
            reply = self._fetch(method, url, params, content)
            if reply.status not in (301, 302, 303, 307, 308) or "location" not in reply.headers:
                return reply
            if method != "GET" and reply.status not in (307, 308):
                break
            url, params = self.check_own(urljoin(url, reply.headers["location"])), {}
            if content is not None and url.removeprefix(self.address.origin) not in self.searches:
                break
        way_out = "use the address that the browser ends up at, and check the token"
        raise Fault(str(self.address), "it sends the question elsewhere", way_out)

    def _fetch(self, method: str, url: str, params: Mapping[str, str], content: bytes | None) -> Reply:
        """One question and what came back. Raises Dropped when nothing did, or only a part, or too late."""
        import httpx2

        extra = {"Content-Type": "application/json"} if content is not None else {}
        if self._authorization is not None:
            extra["Authorization"] = self._authorization
        ends = time.monotonic() + self.patience.whole
        try:
            with self._http.stream(method, url, params=params or None, content=content, headers=extra) as response:
                pieces, size = [], 0
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    size += len(piece)
                    if size > self.patience.most_bytes:
                        raise Fault(str(self.address), f"an answer of over {size // 10**6} MB", "ask for less: --query")
                    if time.monotonic() > ends:
                        raise Dropped("the answer came too slowly")
                headers = {name.lower(): self._clean(value) for name, value in response.headers.items()}
                return Reply(response.status_code, headers, self._clean(b"".join(pieces).decode("utf-8", "replace")))
        except httpx2.TimeoutException:
            raise Dropped("there was no answer in time") from None
        except httpx2.ConnectError as error:
            self._check_reachable(error)
            raise Dropped("there is no connection to it") from None
        except httpx2.ProxyError:
            raise Dropped("the proxy does not let it through") from None
        except (httpx2.RequestError, OSError):
            raise Dropped("the connection broke off") from None
        except (httpx2.InvalidURL, httpx2.StreamError, ValueError) as error:
            if isinstance(error, Fault):
                raise
            raise Fault(str(self.address), "it cannot be asked", "write the address as the browser shows it") from None

    def _check_reachable(self, error: BaseException) -> None:
        """Raises Fault when there is no connection for a reason that does not pass."""
        causes = list(_causes(error))
        if any(isinstance(each, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(each) for each in causes):
            way_out = "it is not trusted, and the token was not sent; a company's own authority goes into SSL_CERT_FILE"
            raise Fault(str(self.address), "its certificate does not prove who it is", way_out)
        if any(isinstance(each, socket.gaierror) and each.errno == socket.EAI_NONAME for each in causes):
            raise Fault(
                str(self.address),
                "there is no host of this name",
                "check how it is spelt, the network, and HTTPS_PROXY",
            )

    def _read(self, reply: Reply) -> Answer:
        """A good reply as data. Raises Fault when it is no JSON."""
        data = self._parse(reply.body)
        if not isinstance(data, dict | list):
            seen = "a web page" if reply.body.lstrip()[:1] == "<" else "something that is no JSON"
            way_out = "is this the address of the tracker itself, and does the token open it?"
            raise Fault(str(self.address), f"it answered with {seen}", way_out)
        return Answer(data, reply.headers)

    def _parse(self, body: str) -> Any:
        try:
            data = json.loads(body, parse_constant=lambda name: None)
        except (ValueError, RecursionError):
            return None
        return self.token.scrub_data(data) if self.token is not None and "\\u" in body else data

    def _refuse(self, reply: Reply) -> Denied:
        has_token = self._authorization is not None
        return tell_refusal(Refusal(str(self.address), reply.status, self._parse(reply.body), has_token))

    def _clean(self, text: str) -> str:
        return text if self.token is None else self.token.scrub(text)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__

"""Token: what opens a tracker. It is read from the environment or a file, and shown nowhere."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote as url_quote

from forecast.errors import Fault, escape

HIDDEN = "***"
LONGEST, SHORTEST = 8192, 8
"""Characters of a token. A shorter one would be found, and blotted out, in the middle of ordinary words."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, repr=False)
class Token:
    """A secret and where it came from; it has no text of its own, so that no message can hold it by mistake.

    secret : the token; for Jira Cloud the address of the account and its token, ``"ann@example.com:token"``
    origin : where it was found, in words

    Raises Fault, which does not show it, when it can be no token.
    """

    secret: str = field(repr=False)
    origin: str

    def __post_init__(self) -> None:
        if not self.secret:
            raise Fault(self.origin, "empty", "put the token there")
        if not all("!" <= char <= "~" for char in self.secret):
            raise Fault(self.origin, "a token of other characters", "a token is one line of letters, digits and signs")
        if not SHORTEST <= len(self.secret.rpartition(":")[2]) <= LONGEST:
            raise Fault(self.origin, "too short or too long for a token", "copy it again, as the tracker showed it")

    def __repr__(self) -> str:
        return f"Token({HIDDEN})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token is not written anywhere")

    def basic(self, user: str = "") -> str:
        """The value of an Authorization header with a name and a password, the password being this token."""
        pair = self.secret if user == "" and self.has_user else f"{user}:{self.secret}"
        return "Basic " + base64.b64encode(pair.encode("ascii")).decode("ascii")

    @property
    def has_user(self) -> bool:
        """Whether an account is named before it: ``ann@example.com:token``."""
        name, colon, _ = self.secret.rpartition(":")
        return bool(colon) and "@" in name

    def scrub(self, text: str) -> str:
        """The text with the token, in any of its spellings, blotted out."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

    def scrub_data(self, data: Any) -> Any:
        """Data as JSON has it, with the token blotted out of every text in it, keys included."""
        if isinstance(data, str):
            return self.scrub(data)
        if isinstance(data, list):
            return [self.scrub_data(each) for each in data]
        if isinstance(data, dict):
            return {self.scrub(key): self.scrub_data(value) for key, value in data.items()}
        return data

    def is_in(self, text: str) -> bool:
        """Whether the token, in any of its spellings, is part of the text."""
        return any(form in text for form in self._forms)

    @cached_property
    def _forms(self) -> tuple[str, ...]:
        """Every spelling, the longest first."""
        bare = self.secret.rpartition(":")[2] if self.has_user else self.secret
        plain = (self.secret, bare)
        coded = [base64.b64encode(text.encode()).decode() for text in (*plain, f":{bare}", f"x-access-token:{bare}")]
        forms = {*plain, *coded, *(url_quote(text, safe="") for text in (*plain, *coded))}
        forms |= {json.dumps(text)[1:-1].replace("/", "\\/") for text in forms}
        return tuple(sorted(forms, key=len, reverse=True))


def read_token(
    variable: str | None, file: str | os.PathLike[str] | None = None, environ: Mapping[str, str] | None = None
) -> Token | None:
    """The token that lies in a file, or else in a variable of the environment; None when the variable is not set.

    Raises Fault when the file cannot be read, when others on this machine can read it, or when there is no token in it.
    """
    if file is not None:
        return Token(_read_file(Path(file)), f"the token file {escape(str(file))}")
    if variable is None:
        return None
    value = (os.environ if environ is None else environ).get(check_variable(variable))
    return None if value is None else Token(value.strip(), f"the environment variable {variable}")


def check_variable(name: str) -> str:
    """A name of a variable, as it is. Raises Fault, which does not show it, when it is none: it might be the token."""
    if not NAME.fullmatch(name):
        raise Fault("--token-env", "not a name of a variable", "write the name, such as JIRA_TOKEN, not the token")
    return name


def _looks_secret(path: str) -> bool:
    """Whether what should be a file, and is none, may be the token itself: then it is not shown."""
    return not {"/", "\\"} & {*path} and (":" in path or (len(path) >= 20 and "." not in path))


def _read_file(path: Path) -> str:
    where = f"the token file {escape(str(path))}"
    try:
        with path.open("rb") as file:
            mode, data = os.fstat(file.fileno()).st_mode, file.read(LONGEST + 3)
    except OSError as error:
        raise Fault(
            "--token-file" if _looks_secret(str(path)) else where,
            escape(str(error.strerror or "cannot be read")),
            "name a file that holds the token",
        ) from None
    except ValueError:
        raise Fault("--token-file", "no path", "name a file that holds the token") from None
    if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:
        raise Fault(where, "every user of this machine can read it", "close it first: chmod 600 on the file")
    return data.decode("utf-8-sig", "replace").strip()

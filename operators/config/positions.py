"""Where things stand in a TOML file: the line of every table, key and list element, and of every fault of form.

`tomllib` gives values without positions and stops at the first fault. This scanner knows only the form of TOML
(headers, keys, where a value ends); every value is still read by `tomllib`, statement by statement. It runs only when a
file has a fault.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, Final

Path = tuple[str | int, ...]
"""("stores", "SH001", "lines", 1): keys, and the index of a list element."""

DEEPEST: Final = 64
"""Nesting of lists and inline tables that the scanner follows; beyond, the value is one piece."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_BLANK: Final = re.compile(r"[ \t]*")
_SPACE: Final = re.compile(r"(?:[ \t\n]|\r\n|#[^\n]*)*")
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_PLAIN: Final = re.compile(r"[^,\]}#\n\"'\[{=]+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}(?!")' r"|'''.*?'{3,5}(?!')" r'|"(?:\\[^\n]|[^"\\\n])*"' r"|'[^'\n]*'", re.DOTALL
)
_STATEMENT: Final = re.compile(
    r"^[ \t]*(?:\[\[?[^\[\],\n]+\]\]?[ \t]*(?:#.*)?\r?$"
    r"|(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*'))*[ \t]*=)",
    re.MULTILINE,
)
"""A line that begins a statement, as far as a line alone can tell: where reading goes on after a fault."""
_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class _Lost(Exception):
    """The form at this place is not TOML."""


@dataclass(slots=True)
class Scan:
    """What a file says as far as it can be read, and where."""

    lines: dict[Path, int] = field(default_factory=dict)
    """First line of each table, key and list element, from 1."""
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    """(line, key or '', sentence) for each fault of form."""
    tables: dict[str, Any] = field(default_factory=dict)
    """What remains when the statements with faults are left out."""

    def line(self, path: Path) -> int:
        """The line of `path`, else of the nearest table or key around it, else 0."""
        for length in range(len(path), 0, -1):
            found = self.lines.get(path[:length])
            if found is not None:
                return found
        return 0


def scan(text: str) -> Scan:
    """Read a whole TOML file; never raises. Only `\\n` and `\\r\\n` end a line, as in TOML."""
    scanner = _Scanner(text)
    scanner.run()
    result = scanner.result
    if not result.faults and _fault_of(text, 1, 1) is not None:
        # A rule of TOML that no statement breaks alone: the statement is to blame with which the text stops being TOML.
        ends = [*scanner.starts[1:], len(text)]
        index = bisect_left(ends, True, key=lambda end: _fault_of(text[:end], 1, 1) is not None)
        fault = _fault_of(text[: ends[index]], 1, scanner.line(scanner.starts[index]) if scanner.starts else 1)
        assert fault is not None
        result.faults.append((fault[0], "", fault[1]))
    return result


def written(path: Path) -> str:
    """A path as it is written in TOML: `stores."上海".lines[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.fullmatch(part) else '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{name}" if text else name
    return text


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.result = Scan()
        self.newlines = [found.start() for found in re.finditer("\n", text)]
        self.starts: list[int] = []
        """Where each statement begins."""
        self.declared: dict[Path, int] = {}
        """Tables that may not be named by a header again, and the line that made them."""
        self.under: Path | None = ()
        """The table that keys now belong to; None after a header that cannot be read."""
        self.found: list[tuple[Path, int]] = []

    def run(self) -> None:
        while True:
            self._skip(_SPACE)
            if self.at >= len(self.text):
                return
            start = self.at
            self.starts.append(start)
            self.found = []
            try:
                if self.text[start] == "[":
                    self._header(start)
                else:
                    self._setting(start)
            except _Lost:
                self._lost(start)

    # --- statements

    def _header(self, start: int) -> None:
        double = self.text.startswith("[[", start)
        self.at += 2 if double else 1
        keys = self._keys()
        self._expect("]]" if double else "]")
        self._end_of_line()
        line = self.line(start)
        fault = _fault_of(self.text[start : self.at], line, line)
        if fault is not None:
            self.result.faults.append((fault[0], written(keys), fault[1]))
            self.under = None
            return
        path: Path = ()
        node: Any = self.result.tables
        for depth, key in enumerate(keys):
            path = (*path, key)
            last = depth == len(keys) - 1
            if last and double:
                node = node.setdefault(key, [])
                if not isinstance(node, list):
                    return self._twice(path, line)
                path = (*path, len(node))
                node.append({})
                node = node[-1]
            else:
                node = node.setdefault(key, {})
                if isinstance(node, list) and node and isinstance(node[-1], dict) and not last:
                    path = (*path, len(node) - 1)
                    node = node[-1]
            if not isinstance(node, dict):
                return self._twice(path, line)
            self.result.lines.setdefault(path, line)
        if double:
            self.result.lines.setdefault(path[:-1], line)
        self.under = path
        first = self.declared.setdefault(path, line)
        if first != line:
            sentence = f"This table is set twice, first in line {first}; each table may be set once."
            self.result.faults.append((line, written(path), sentence))

    def _twice(self, path: Path, line: int) -> None:
        first = self.result.line(path)
        self.under = None
        self.result.faults.append(
            (
                line,
                written(path),
                f"This name has a value already, in line {first}, and cannot be a table too; use one of the two.",
            )
        )

    def _setting(self, start: int) -> None:
        keys = self._keys()
        self._expect("=")
        base: Path = (*(self.under or ()), *keys)
        line = self.line(start)
        self._skip(_BLANK)
        self._value(base, 0)
        self._end_of_line()
        fault = _fault_of(self.text[start : self.at], line, line)
        if fault is not None:
            self.result.faults.append((fault[0], written(base) if self.under is not None else "", fault[1]))
            return
        if self.under is None:
            return
        value: Any = tomllib.loads(self.text[start : self.at])
        for key in keys:
            value = value[key]
        self._put(base, value, line)

    def _put(self, path: Path, value: Any, line: int) -> None:
        node: Any = self.result.tables
        for depth, key in enumerate(path[:-1], 1):
            node = node[key] if isinstance(key, int) else node.setdefault(key, {})
            if isinstance(node, list) and not isinstance(path[depth], int):
                node = node[-1]
            if not isinstance(node, dict | list):
                first = self.result.line(path[:depth])
                sentence = f"{written(path[:depth])} has a value already, in line {first}; a value cannot hold keys."
                self.result.faults.append((line, written(path), sentence))
                return
        if path[-1] in node:
            first = self.result.line(path)
            sentence = f"This key is set twice, first in line {first}; each key may be set once."
            self.result.faults.append((line, written(path), sentence))
            return
        node[path[-1]] = value
        for depth in range(len(self.under or ()) + 1, len(path) + isinstance(value, dict)):
            self.declared.setdefault(path[:depth], line)
        for depth in range(1, len(path)):
            self.result.lines.setdefault(path[:depth], line)
        self.result.lines[path] = line
        for place, at in self.found:
            self.result.lines.setdefault(place, at)

    def _lost(self, start: int) -> None:
        """Give up this statement: name its fault, and go on at the next line that begins one."""
        following = self.text.find("\n", start)
        found = _STATEMENT.search(self.text, following + 1) if following >= 0 else None
        end = found.start() if found else len(self.text)
        self.at = end
        line = self.line(start)
        fault = _fault_of(self.text[start:end], line, line)
        header = self.text[start] == "["
        key = ""
        if not header and self.under is not None:
            named = re.match(r"[A-Za-z0-9_.-]+(?=[ \t]*=)", self.text[start:end])
            key = written((*self.under, *named[0].split("."))) if named else ""
        if header:
            self.under = None
        sentence = "This cannot be read as TOML; see the lines around it."
        self.result.faults.append((line, key, sentence) if fault is None else (fault[0], key, fault[1]))

    # --- pieces

    def _keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            if bare := _BARE.match(self.text, self.at):
                keys.append(bare[0])
                self.at = bare.end()
            elif self.text.startswith(('"', "'"), self.at) and not self.text.startswith(('"""', "'''"), self.at):
                quoted = _STRING.match(self.text, self.at)
                if quoted is None:
                    raise _Lost
                try:
                    keys.append(tomllib.loads("k=" + quoted[0])["k"])
                except ValueError:
                    raise _Lost from None
                self.at = quoted.end()
            else:
                raise _Lost
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(keys)
            self.at += 1

    def _value(self, path: Path, depth: int) -> None:
        self.found.append((path, self.line(self.at)))
        opening = self.text[self.at : self.at + 1]
        if depth > DEEPEST:
            raise _Lost
        if opening in ('"', "'"):
            self._string()
        elif opening == "[":
            self._items(path, depth, "]")
        elif opening == "{":
            self._items(path, depth, "}")
        elif plain := _PLAIN.match(self.text, self.at):
            self.at = plain.end()
        else:
            raise _Lost

    def _string(self) -> None:
        found = _STRING.match(self.text, self.at)
        if found is None or (self.text.startswith(('"""', "'''"), self.at) and len(found[0]) < 6):
            raise _Lost
        self.at = found.end()

    def _items(self, path: Path, depth: int, closing: str) -> None:
        """A list or an inline table; what may stand where a newline may not is left to tomllib."""
        self.at += 1
        index = 0
        while True:
            self._skip(_SPACE)
            if self.text.startswith(closing, self.at):
                self.at += 1
                return
            if closing == "]":
                self._value((*path, index), depth + 1)
            else:
                keys = self._keys()
                for length in range(1, len(keys)):
                    self.found.append(((*path, *keys[:length]), self.line(self.at)))
                self._expect("=")
                self._skip(_SPACE)
                self._value((*path, *keys), depth + 1)
            index += 1
            self._skip(_SPACE)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith(closing, self.at):
                raise _Lost

    def _skip(self, what: re.Pattern[str]) -> None:
        found = what.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def _expect(self, what: str) -> None:
        self._skip(_BLANK)
        if not self.text.startswith(what, self.at):
            raise _Lost
        self.at += len(what)

    def _end_of_line(self) -> None:
        found = _REST_OF_LINE.match(self.text, self.at)
        if found is None:
            raise _Lost
        self.at = found.end()

    def line(self, at: int) -> int:
        """The line of a character, from 1."""
        return bisect_left(self.newlines, at) + 1


_SENTENCES: Final = (
    (r"Illegal character '\\n'", "A text is not closed on its line; it needs a quotation mark at its end."),
    (r"Illegal character (.+)", r"The character \1 may not stand here; inside a text it must be written as an escape."),
    (r"Unterminated string", "A text is not closed; it needs a quotation mark at its end."),
    (r"Expected \"'+\"|Expected '\"+'", "A text is not closed; it needs its closing quotation marks."),
    (r"Unclosed array", "A list is not closed; it needs a ] at its end."),
    (r"Unclosed inline table", "An inline table is not closed; it needs a } on the same line."),
    (r"Invalid value", "The value is missing or cannot be read; texts stand in quotation marks."),
    (
        r"Invalid initial character for a key part",
        "A name is missing here, or has letters other than A to Z, a to z, 0 to 9, _ and -; "
        "such a name stands in quotation marks.",
    ),
    (
        r"Invalid statement",
        'A line must be a [table], a key = value or a # comment; names with other letters stand in "…".',
    ),
    (r"Expected '=' after a key.*", "A key must be followed by = and a value."),
    (r"Expected '\]+' at the end of a table.*|Expected '\]+'.*", "A table's header must be closed by a ]."),
    (
        r"Expected newline or end of document after a statement",
        "Something stands after the value that does not belong there; one line holds one key and one value, "
        "and a date or number must exist.",
    ),
    (r"Unescaped '\\\\' in a string", r"A \\ in a text begins an escape that does not exist; write \\\\\\\\ for one."),
    (r"Invalid date or datetime", "This date or time does not exist; dates are written YYYY-MM-DD."),
    (r"Cannot declare .* twice", "This table is set twice; each table may be set once."),
    (r"Cannot overwrite a value", "A key is set twice; each key may be set once."),
    (r"Duplicate inline table key '(.+)'", r"The key \1 is set twice; each key may be set once."),
    (r"Cannot redefine namespace .*|Cannot mutate immutable.*", "A table is set twice; each table may stand once."),
)


def _fault_of(text: str, line: int, end_line: int) -> tuple[int, str] | None:
    """(line, sentence) of tomllib's complaint about `text`, which begins in `line`; None if it has none."""
    try:
        tomllib.loads(text)
    except RecursionError:
        return line, "Lists or tables are nested too deeply to be read; a few levels are allowed."
    except ValueError as error:
        message = str(error)
        found = _AT.search(message)
        if found:
            message = message[: found.start()]
        at = line + int(found[1]) - 1 if found and found[1] else end_line
        for pattern, sentence in _SENTENCES:
            if match := re.fullmatch(pattern, message, re.DOTALL):
                return at, match.expand(sentence)
        return at, f"This cannot be read as TOML: {message[:200]}."
    return None

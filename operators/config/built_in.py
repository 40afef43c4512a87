"""The built-in profiles: what a configuration is merged over (ruling 15)."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

PROFILE: Final = "automotive"
REPLACED: Final = ("channels", "stores")
"""Tables that replace the profile's (ruling 15)."""


def profiles() -> tuple[str, ...]:
    """Names of the built-in industry profiles."""
    folder = files("operators").joinpath("profiles")
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def _profile(own: dict[str, Any]) -> dict[str, Any]:
    name = own.get("profile", PROFILE)
    if name not in profiles():
        name = PROFILE
    return tomllib.loads(files("operators").joinpath("profiles", f"{name}.toml").read_text(encoding="utf-8"))


def left_out(own: dict[str, Any]) -> list[str]:
    """A note where a file seems to change one key of a built-in channel, and loses all others by it."""
    channels = own.get("channels") or {}
    bare = [code for code, row in channels.items() if "name" not in row]
    if not bare:
        return []
    known = _profile(own).get("channels", {})
    touched = [code for code in bare if code in known]
    if not touched:
        return []
    left = len(known.keys() - channels.keys())
    return [
        f"[channels] takes the place of the built-in table as a whole: {left} built-in channels are not known now, and of "
        f"{touched[0]} only what this file says holds. To change one key, begin with a copy of the profile."
    ]


def merged(own: dict[str, Any]) -> dict[str, Any]:
    """A file's tables over those of the profile that it names, else of the default one."""
    base = _profile(own)
    for table in REPLACED:
        if table in own:
            base.pop(table, None)
    return _over(base, own)


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    found = dict(base)
    for key, value in own.items():
        under = found.get(key)
        found[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return found

"""The public face: its names are frozen here, so that one can only change together with this list."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import leadstream

EXPORTED = {
    "__version__",
}


def test_the_exported_names_are_these() -> None:
    assert set(leadstream.__all__) == EXPORTED
    assert len(leadstream.__all__) == len(EXPORTED)


def test_every_name_is_in_the_lazy_table_and_there() -> None:
    assert {"__version__", *leadstream._PUBLIC} == EXPORTED
    for name in EXPORTED:
        assert getattr(leadstream, name) is not None
        assert name in dir(leadstream)


def test_a_lazy_name_is_the_object_of_its_module() -> None:
    for name, (module, attribute) in leadstream._PUBLIC.items():
        assert getattr(leadstream, name) is getattr(importlib.import_module(module), attribute)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'leadstream' has no attribute 'no_such_name'"):
        leadstream.no_such_name  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("imported", ["leadstream", "flows"])
def test_the_guard_imports_none_of_the_four(imported: str, checkout: Path) -> None:
    """No circle can arise where nothing is imported: only the package asked for itself."""
    program = f"""if True:
        import sys
        import {imported}
        print(*sorted(m for m in sys.modules if m.partition(".")[0] in {{"flows", "operators", "state", "connectors"}}))
    """
    said = subprocess.run([sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, check=True)
    assert set(said.stdout.split()) == {imported} - {"leadstream"}


@pytest.mark.parametrize("part", ["flows", "operators", "state", "connectors", "leadstream"])
def test_every_package_is_marked_and_typed(part: str, checkout: Path) -> None:
    module = importlib.import_module(part)
    assert module.__part_of__ == "leadstream"
    assert (checkout / part / "py.typed").is_file()

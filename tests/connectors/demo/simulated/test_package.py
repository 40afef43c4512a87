"""The simulated world must not know the engine, and must not decide marks by looking at leads."""

import ast
import sys
from pathlib import Path

import connectors.demo.simulated as simulated

PACKAGE = Path(simulated.__file__).parent
MODULES = sorted(PACKAGE.glob("*.py"))
MARKS = {"FIRST_TOUCH", "DEDUPED", "MERGED", "DEAL_MERGED"}
MANY = {"list", "tuple", "Sequence", "Iterable", "Iterator", "Collection", "dict", "Mapping", "set", "frozenset"}


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide where they lead"
            names.add(node.module or "")
    return names


def test_imports_only_itself_the_standard_library_and_a_json_encoder():
    assert len(MODULES) > 10
    for path in MODULES:
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            own = name == "connectors.demo.simulated" or name.startswith("connectors.demo.simulated.")
            head = name.partition(".")[0]
            assert own or head in sys.stdlib_module_names or head == "orjson", f"{path.name} imports {name}"


CALLS = {"call_centre.py", "calls.py", "exits.py", "key_life.py"}


def test_marks_are_named_only_where_scripts_are_written():
    """A mark is set by a step of a script; the calls read which they may not disturb; elsewhere it is only passed on."""
    naming = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and node.id in MARKS:
                naming.add(path.name)
            if isinstance(node, ast.Constant) and node.value in MARKS:
                naming.add(path.name)
    assert naming == {"cast.py", "life.py", "records.py"} | CALLS


def test_a_mark_is_changed_by_a_store_answer_alone():
    """Ruling 7 is the only one by which the call centre touches what a script has said: an answer, or a fold."""
    changing = set()
    for path in MODULES:
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Attribute) and node.attr == "mark" and isinstance(node.ctx, ast.Store):
                    changing.add((path.name, function.name))
    assert changing == {("call_centre.py", "_answered"), ("call_centre.py", "_fold")}


def test_no_script_function_takes_several_records():
    """What takes a list of leads and gives marks would be an engine of its own; scripts take times and one thread."""
    for name in ("cast.py", "life.py"):
        for node in ast.walk(ast.parse((PACKAGE / name).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            for argument in (*node.args.args, *node.args.kwonlyargs):
                if argument.annotation is None:
                    continue
                named = {part.id for part in ast.walk(argument.annotation) if isinstance(part, ast.Name)}
                records = named & {"RawLead", "Delivery", "Activity", "Part"}
                assert not records or not named & MANY, f"{name}: {node.name}({argument.arg})"
                assert not named & {"RawLead", "Delivery"}, f"{name}: {node.name}({argument.arg}) looks at leads"

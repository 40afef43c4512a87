"""The distribution as a user gets it: sdist -> wheel -> an empty environment, tried from an empty folder.

Nothing here runs in or imports from the checkout except the build itself, so that a file which is missing in the wheel
is missed here and not at a user's.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from waiting import wait_until

import leadstream
from hatch_build import FOLDER, compiled_files, why_no_compiler
from operators.wire.streams import STREAMS

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging"), pytest.mark.timeout(900)]

PACKAGES = {"flows", "operators", "state", "connectors", "leadstream"}
PARTS = ("flows", "operators", "state", "connectors")


def _environment(**more: str) -> dict[str, str]:
    """The environment without what would lead Python back to the checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "LEADSTREAM", "VIRTUAL_ENV"))}
    return kept | more


def _run(
    command: list[str | Path],
    folder: Path,
    *,
    code: int = 0,
    timeout_s: float = 240,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run to the end and check the exit code; what was printed stands in the failure."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(**(environment or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    shown = " ".join(map(str, command))
    assert done.returncode == code, f"{shown}: exit {done.returncode}, not {code}\n{done.stdout}\n{done.stderr}"
    return done


@dataclass(frozen=True)
class Built:
    """The archives: the wheel with compiled rules, and the pure one."""

    sdist: Path
    wheel: Path
    pure: Path


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel, and nothing of the checkout."""

    folder: Path
    wheel: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "leadstream"

    @property
    def site(self) -> Path:
        return next((self.folder / "lib").glob("python3.*")) / "site-packages"


@pytest.fixture(scope="session")
def built(checkout: Path, lacking: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory) -> Built:
    for tool in ("build", "hatchling", "mypyc", "setuptools"):
        if importlib.util.find_spec(tool) is None:
            lacking(f"The Python package {tool} is missing: run `make setup`.")
    if (why := why_no_compiler()) is not None:
        lacking(f"The rules cannot be compiled: {why}.")
    out, pure = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("pure")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    # without --wheel and --sdist: the sdist from the checkout, the wheel from that sdist
    _run([*build, out, checkout], out, timeout_s=600)
    _run([*build, pure, "--wheel", checkout], pure, environment={"LEADSTREAM_PURE": "1"})
    return Built(next(out.glob("*.tar.gz")), next(out.glob("*.whl")), next(pure.glob("*.whl")))


def _pinned(checkout: Path, folder: Path) -> Path:
    """The lock without its hashes, as constraints: pip takes hashes for all or none, and our wheel has none."""
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[A-Za-z0-9._-]+==[^\s\\]+(?: ; [^\\\n]+)?", lock, re.MULTILINE)
    file = folder / "constraints.txt"
    file.write_text("\n".join(pins) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def installed(
    built: Built, checkout: Path, lacking: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    return _installed(built.wheel, checkout, lacking, tmp_path_factory.mktemp("venv"))


@pytest.fixture(scope="session")
def installed_pure(
    built: Built, checkout: Path, lacking: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    return _installed(built.pure, checkout, lacking, tmp_path_factory.mktemp("venv_pure"))


def _installed(wheel: Path, checkout: Path, lacking: Callable[[str], None], folder: Path) -> Installed:
    _run([sys.executable, "-m", "venv", folder / "env"], folder)
    environment = Installed(folder / "env", wheel)
    pip: list[str | Path] = [environment.python, "-m", "pip", "install", "--quiet", "--no-input", "--retries", "1"]
    command = [*pip, "--constraint", _pinned(checkout, folder), wheel]
    done = subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode and re.search(r"connection|NewConnectionError|No matching distribution", done.stderr, re.I):
        lacking(
            "The dependencies of a second environment cannot be fetched: make the package index reachable, "
            f"then `make packaging`. pip said: {done.stderr.strip().splitlines()[-1]}"
        )
    assert done.returncode == 0, done.stderr
    return environment


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """An input file of three raw leads: a first touch, the same phone again that day, another phone."""

    def lead(number: int, phone: str, at: str) -> str:
        record = {
            "type": "raw_lead",
            "channel": "autohome",
            "source_lead_id": f"A{number}",
            "event_time": at,
            "ingest_time": at,
            "phone": phone,
            "store": "SH001",
            "line": "main",
            "consent": True,
        }
        return json.dumps(record) + "\n"

    file = tmp_path / "in" / "raw_leads.jsonl"
    file.parent.mkdir()
    file.write_text(
        lead(1, "13812345678", "2026-03-02T10:00:00+08:00")
        + lead(2, "13812345678", "2026-03-02T11:00:00+08:00")
        + lead(3, "13987654321", "2026-03-02T12:00:00+08:00"),
        encoding="utf-8",
    )
    return file


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(
        '[channels.autohome]\nname = "汽车之家"\ngroup = "vertical"\nstatus = "LIVE"\nconsent = true\n\n'
        '[stores.SH001]\nname = "上海浦东店"\ncity = "上海"\nlines = ["main"]\nopens = "09:00"\ncloses = "18:00"\n',
        encoding="utf-8",
    )
    return file


def _lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


# --- the archives


def test_the_wheel_holds_the_five_packages_and_nothing_else(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in names} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_wheel_holds_every_file_of_the_checkout(built: Built, checkout: Path) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = set(archive.namelist())
    files = (file for package in PACKAGES for file in (checkout / package).rglob("*"))
    here = {str(f.relative_to(checkout)) for f in files if f.is_file() and "__pycache__" not in f.parts}
    assert {name for name in here if not name.startswith(FOLDER)} <= names


def test_the_wheel_says_what_it_fits(built: Built, checkout: Path) -> None:
    """Compiled for one Python on one platform, with the sources beside; pure for all."""
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert re.search(rf"-{python}-{python}-linux_\w+\.whl$", built.wheel.name)
    assert built.pure.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(built.wheel) as archive:
        compiled = {name for name in archive.namelist() if name.startswith(FOLDER)}
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {f"{FOLDER}/{path.removesuffix('.py')}{suffix}" for path in compiled_files(checkout)[0]} <= compiled
    with zipfile.ZipFile(built.pure) as archive:
        assert not [name for name in archive.namelist() if name.startswith(FOLDER) or name.endswith(".so")]


def test_the_sdist_holds_what_the_wheel_needs(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        top = {name.split("/")[1] for name in archive.getnames()}
    assert top >= PACKAGES | {"pyproject.toml", "hatch_build.py", "LICENSE", "PKG-INFO"}
    assert not top & {"tests", "benchmarks", "scripts", "var", ".venv"}


# --- what was installed


def test_the_command_says_its_version(installed: Installed, tmp_path: Path) -> None:
    for command in ([installed.command], [installed.python, "-m", "leadstream"]):
        assert leadstream.__version__ in _run([*command, "--version"], tmp_path).stdout


def test_compiled_and_pure_rules_decide_the_same(
    installed: Installed, installed_pure: Installed, tmp_path: Path
) -> None:
    """Both wheels over the same generated leads: every output line is the same."""
    leads: list[str | Path] = ["generate", "--leads", "2000", "--seed", "3", "--out", "leads"]
    _run([installed.command, *leads], tmp_path)
    found: dict[str, dict[str, list[str]]] = {}
    for name, environment, pure, rules in (
        ("compiled", installed, "", "compiled"),
        ("pure", installed_pure, "", "pure"),
        ("asked", installed, "1", "pure (LEADSTREAM_PURE is set)"),
    ):
        wanted = {"LEADSTREAM_PURE": pure}
        said = _run([environment.command, "--version"], tmp_path, environment=wanted).stdout
        assert said == f"leadstream {leadstream.__version__}, rules {rules}\n"
        run: list[str | Path] = [environment.command, "run", "--config", "leads/config.toml", "--source", "leads"]
        run += ["--sink", f"{name}/out", "--state", f"{name}/state", "--metrics", "127.0.0.1:0"]
        run += ["--until", "2026-12-31T00:00:00+08:00", "--beyond-today"]
        assert f"Rules: {rules}." in _run(run, tmp_path, environment=wanted).stderr
        out = tmp_path / name / "out"
        found[name] = {
            stream: sorted((out / f"{stream}.jsonl").read_text(encoding="utf-8").splitlines()) for stream in STREAMS
        }
    assert len(found["pure"]["dispositions"]) > 1500 and found["pure"]["closings"]
    assert found["compiled"] == found["pure"] and found["asked"] == found["pure"]


def test_a_sample_run(installed: Installed, tmp_path: Path, sample: Path, configuration: Path) -> None:
    run: list[str | Path] = [installed.command, "run", "--config", configuration, "--source", sample]
    run += ["--sink", "out", "--state", "var/state", "--metrics", "127.0.0.1:0"]
    _run(run, tmp_path)
    marks = {str(line["source_lead_id"]): line["mark"] for line in _lines(tmp_path / "out" / "dispositions.jsonl")}
    assert marks == {"A1": "FIRST_TOUCH", "A2": "DEDUPED", "A3": "FIRST_TOUCH"}
    # the same input a second time changes nothing (contract, commands)
    before = (tmp_path / "out" / "dispositions.jsonl").read_bytes()
    _run(run, tmp_path)
    assert (tmp_path / "out" / "dispositions.jsonl").read_bytes() == before


def test_the_stock_runner(installed: Installed, tmp_path: Path, configuration: Path) -> None:
    """The embedded default: simulated feed, var/state, var/out."""
    log = tmp_path / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [installed.python, "-m", "bytewax.run", "flows.lead_center"],
            cwd=tmp_path,
            env=_environment(LEADSTREAM_CONFIG=str(configuration)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        out = tmp_path / "var" / "out" / "dispositions.jsonl"
        try:
            wait_until(
                lambda: process.poll() is not None or (out.exists() and out.stat().st_size > 0),
                60,
                f"the first disposition in {out}",
            )
            assert process.poll() is None, log.read_text(errors="replace")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    text = log.read_text(errors="replace")
    assert code in (0, -signal.SIGTERM), text  # how it ends is the stock runner's; a panic or a traceback is ours
    assert "panicked" not in text and "Traceback" not in text, text


def test_a_user_program_is_typed(installed: Installed, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import leadstream\nfrom flows.lead_center import flow\nprint(leadstream.__version__.upper(), flow.__name__)\n",
        encoding="utf-8",
    )
    checker: list[str | Path] = [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed.python]
    checker += ["--cache-dir", tmp_path / "cache"]
    _run([*checker, program], tmp_path)
    # and a name that does not exist is still an error, although names load lazily
    program.write_text("from leadstream import no_such_name\n", encoding="utf-8")
    assert "no_such_name" in _run([*checker, program], tmp_path, code=1).stdout


# --- the guard


def _refusal(python: Path, folder: Path, *statement: str, path: Path | None = None) -> str:
    more = {} if path is None else {"PYTHONPATH": str(path)}
    return _run([python, *statement], folder, code=1, environment=more).stderr


@pytest.mark.parametrize("part", PARTS[1:])
@pytest.mark.parametrize("statement", ["import leadstream", "import flows"])
def test_a_folder_that_hides_a_package_is_named(
    installed: Installed, tmp_path: Path, part: str, statement: str
) -> None:
    stranger = tmp_path / part / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("raise SystemExit('the stranger was imported')\n", encoding="utf-8")
    said = _refusal(installed.python, tmp_path, "-c", statement)
    assert "ImportError" in said and str(stranger) in said and f"'{part}'" in said
    assert str(installed.site) in said


def test_a_hidden_flows_is_named(installed: Installed, tmp_path: Path) -> None:
    """`import flows` is the stranger's then; the command and the public names say so."""
    stranger = tmp_path / "flows.py"
    stranger.write_text("", encoding="utf-8")
    assert str(stranger) in _refusal(installed.python, tmp_path, "-c", "import leadstream")
    assert str(stranger) in _refusal(installed.python, tmp_path, "-m", "leadstream", "--version")


def test_the_stock_runner_is_refused_too(installed: Installed, tmp_path: Path) -> None:
    stranger = tmp_path / "state" / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("", encoding="utf-8")
    assert str(stranger) in _refusal(installed.python, tmp_path, "-m", "bytewax.run", "flows.lead_center")


def test_a_folder_without_init_hides_nothing(installed: Installed, tmp_path: Path) -> None:
    """A data folder called `state` beside the user's files is no package and must not stop anything."""
    (tmp_path / "state").mkdir()
    _run([installed.python, "-c", "import leadstream, flows, state; assert state.__part_of__"], tmp_path)


def _other_distribution(folder: Path, part: str) -> Path:
    """A wheel of another project with a top-level package `part`, made by hand: no build back end needed."""
    wheel = folder / "otherproject-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{part}/__init__.py", "VALUE = 1\n")
        archive.writestr(
            "otherproject-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: otherproject\nVersion: 1.0\n"
        )
        archive.writestr(
            "otherproject-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("otherproject-1.0.dist-info/top_level.txt", f"{part}\n")
        archive.writestr(
            "otherproject-1.0.dist-info/RECORD",
            f"{part}/__init__.py,,\notherproject-1.0.dist-info/METADATA,,\notherproject-1.0.dist-info/WHEEL,,\n"
            "otherproject-1.0.dist-info/top_level.txt,,\notherproject-1.0.dist-info/RECORD,,\n",
        )
    return wheel


@pytest.mark.parametrize("part", PARTS)
def test_another_distribution_is_named(installed: Installed, tmp_path: Path, part: str) -> None:
    """Found before ours on the path, as with `pip install --user` or a `--target` folder on PYTHONPATH."""
    target = tmp_path / "target"
    pip: list[str | Path] = [installed.python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
    _run([*pip, "--target", target, _other_distribution(tmp_path, part)], tmp_path)
    said = _refusal(installed.python, tmp_path, "-c", "import leadstream", path=target)
    assert str(target / part / "__init__.py") in said and "otherproject" in said


def test_a_package_overwritten_by_another_distribution_is_named(installed: Installed, tmp_path: Path) -> None:
    """Two distributions in one site-packages: the later `__init__.py` lies where ours lay; only the mark tells."""
    copy = tmp_path / "site"
    copy.mkdir()
    for package in PACKAGES:
        shutil.copytree(installed.site / package, copy / package)
    _run([installed.python, "-c", "import leadstream"], tmp_path, environment={"PYTHONPATH": str(copy)})
    (copy / "connectors" / "__init__.py").write_text("VALUE = 1\n", encoding="utf-8")
    said = _refusal(installed.python, tmp_path, "-c", "import leadstream", path=copy)
    assert str(copy / "connectors" / "__init__.py") in said


def test_a_mix_of_two_copies_is_named(installed: Installed, tmp_path: Path) -> None:
    """Part of another version of leadstream on the path: marked as ours, but not from beside this one."""
    copy = tmp_path / "older"
    shutil.copytree(installed.site / "operators", copy / "operators")
    said = _refusal(installed.python, tmp_path, "-c", "import leadstream", path=copy)
    assert str(copy / "operators" / "__init__.py") in said


def test_a_missing_package_is_named(installed: Installed, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    shutil.copytree(installed.site / "leadstream", copy / "leadstream")
    # -S: without site-packages, so that the four are nowhere
    said = _refusal(installed.python, tmp_path, "-S", "-c", "import leadstream", path=copy)
    assert "incomplete" in said and "'flows'" in said

"""`./dev` sets up once, whoever runs it how often, and then becomes server.py."""

import ast
import base64
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

DEV = Path(__file__).parents[1] / "dev"
PYTHON = Path(sys.base_prefix, "bin", "python3")  # pip is there, not in the test's environment
SERVER = """
import importlib.util, sys
parts = [name for name in ("runtime_part", "test_part") if importlib.util.find_spec(name)]
print(sys.prefix, sys.argv[1:], parts)
"""
SETTING_UP = "Setting up (once) …\n"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("runtime_part", "test_part"):
        info = f"{name}-1.dist-info"
        files = {
            f"{name}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = ""
        for path, text in files.items():
            digest = base64.urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")
            record += f"{path},sha256={digest},{len(text)}\n"
        with zipfile.ZipFile(folder / f"{name}-1-py3-none-any.whl", "w") as wheel:
            for path, text in (files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}).items():
                wheel.writestr(path, text)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, wheels: Path) -> Path:
    runtime, test = (
        f"{path.stem.split('-')[0]}==1 --hash=sha256:{sha256(path.read_bytes()).hexdigest()}\n"
        for path in sorted(wheels.iterdir())
    )
    folder = tmp_path / "check out"
    folder.mkdir()
    shutil.copy(DEV, folder)
    (folder / "server.py").write_text(SERVER)
    (folder / "requirements.lock").write_text(runtime)
    (folder / "requirements-dev.lock").write_text(runtime + test)
    return folder


@pytest.fixture
def environment(wheels: Path, tmp_path: Path) -> dict[str, str]:
    """No network, and a home that is not there."""
    return {
        "PATH": os.defpath,
        "HOME": str(tmp_path / "nowhere"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONUTF8": "1",
    }


def dev(
    checkout: Path, environment: dict[str, str], *args: str, python: Path = PYTHON
) -> tuple[int, str, str]:
    """Run it; return exit code, output and errors, the path of the environment shortened."""
    done = subprocess.run(
        [python, checkout / "dev", *args],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.replace(str(checkout / ".venv"), "VENV"), done.stderr


def test_it_sets_up_once_and_becomes_the_server(
    checkout: Path, environment: dict[str, str]
) -> None:
    first = dev(checkout, environment, "serve", "--port", "1")
    assert first == (0, "VENV ['serve', '--port', '1'] ['runtime_part']\n", SETTING_UP)
    assert dev(checkout, environment) == (0, "VENV [] ['runtime_part']\n", "")
    shutil.copy(checkout / "requirements-dev.lock", checkout / "requirements.lock")
    both = "VENV [] ['runtime_part', 'test_part']\n"
    assert dev(checkout, environment) == (0, both, SETTING_UP)


def test_development_gets_more_and_keeps_it(checkout: Path, environment: dict[str, str]) -> None:
    both = "['runtime_part', 'test_part']\n"
    assert dev(checkout, environment, "test") == (0, f"VENV ['test'] {both}", SETTING_UP)
    assert dev(checkout, environment, "serve") == (0, f"VENV ['serve'] {both}", "")


def test_two_first_starts_take_turns(checkout: Path, environment: dict[str, str]) -> None:
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(dev, checkout, environment) for _ in range(2)]
    done = sorted(run.result() for run in runs)
    said = (0, "VENV [] ['runtime_part']\n")
    assert done == [(*said, ""), (*said, SETTING_UP)]


def test_an_interrupted_set_up_begins_anew(checkout: Path, environment: dict[str, str]) -> None:
    venv.create(checkout / ".venv", symlinks=True)
    (checkout / ".venv/half").touch()
    (checkout / ".venv/stamp").write_text("")
    active = checkout / ".venv/bin/python"
    ready = (0, "VENV [] ['runtime_part']\n", SETTING_UP)
    assert dev(checkout, environment, python=active) == ready
    assert not (checkout / ".venv/half").exists()


def test_a_removed_python_is_replaced(checkout: Path, environment: dict[str, str]) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    (checkout / ".venv/stamp").write_text("3.11 of a Python that is gone")
    ready = (0, "VENV [] ['runtime_part']\n", SETTING_UP)
    assert dev(checkout, environment) == ready


def test_what_cannot_be_installed_is_named(checkout: Path, environment: dict[str, str]) -> None:
    environment["PIP_FIND_LINKS"] = ""
    code, output, errors = dev(checkout, environment)
    assert (code, output) == (1, "")
    assert errors == SETTING_UP + (
        "Cannot install requirements.lock (is the package index in reach?) "
        "ERROR: No matching distribution found for runtime_part==1\n"
    )
    assert (checkout / ".venv/stamp").read_text() == ""


def test_a_missing_pip_is_named(
    checkout: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pip.py").write_text("raise ModuleNotFoundError('No module named pip')")
    environment["PYTHONPATH"] = str(tmp_path)
    said = f"{SETTING_UP}{PYTHON} has no pip: `apt install python3-pip`, then start again.\n"
    assert dev(checkout, environment) == (1, "", said)


def test_a_place_that_cannot_be_used_is_named(checkout: Path, environment: dict[str, str]) -> None:
    (checkout / ".venv/pyvenv.cfg").mkdir(parents=True)
    code, output, errors = dev(checkout, environment)
    assert (code, output) == (1, "")
    assert errors.startswith(
        f"{SETTING_UP}Cannot set up in {checkout}/.venv: [Errno 21] Is a directory"
    )


def test_an_old_python_is_told_so() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 6))
    old = f"import sys; sys.version_info = (3, 10, 4); exec(open({str(DEV)!r}).read())"
    done = subprocess.run([PYTHON, "-c", old], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Python 3.11 or newer is needed, this is 3.10: ")

"""Install a copy of the helper that only root can change, and what polkit asks for it.

    sudo python3 packaging/polkit/install.py            install, or bring up to date
    sudo python3 packaging/polkit/install.py --remove   leave nothing behind

Needs nothing but Python's standard library, and neither does the copy. ``--root DIR``
puts everything below a folder, for packages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(PROJECT))

# The path comes first.
from leakgui.helper.elevation import INSTALLED as LAUNCHER  # noqa: E402
from leakgui.helper.elevation import is_of_root  # noqa: E402
from leakgui.helper.verbs import PROTOCOL  # noqa: E402

CODE = Path(f"/usr/local/lib/leakgui-helper-{PROTOCOL}")
EVERY = "leakgui-helper-[0-9]*"
POLICY = Path("/usr/share/polkit-1/actions/org.leakgui.helper.policy")
PARTS = ("__init__.py", "errors.py", "texts.py", "helper", "model", "probe", "wire")
"""Of leakgui: what the helper imports, and no more."""

LAUNCHER_TEXT = """\
#!{python} -IB
import sys

sys.path.insert(0, "{code}")
from leakgui.helper.__main__ import main

sys.exit(main())
"""


def install(root: Path, python: str) -> None:
    """Write launcher, code and policy below a folder, in place of any older copy."""
    code, launcher, policy = (below(root, path) for path in (CODE, LAUNCHER, POLICY))
    remove_copies(root)
    for name in PARTS:
        copy(PROJECT / "leakgui" / name, code / "leakgui" / name)
    write(launcher, LAUNCHER_TEXT.format(python=python, code=CODE), 0o755)
    template = (HERE / "org.leakgui.helper.policy.in").read_text(encoding="utf-8")
    write(policy, template.replace("@PROGRAM@", str(LAUNCHER)), 0o644)
    print(f"installed {launcher}, {code} and {policy}")


def remove(root: Path) -> None:
    """Remove what ``install`` wrote, older copies too."""
    remove_copies(root)
    below(root, POLICY).unlink(missing_ok=True)
    print("removed")


def remove_copies(root: Path) -> None:
    """Remove the copies of every protocol: an old one keeps what was mended since."""
    for code in below(root, CODE).parent.glob(EVERY):
        shutil.rmtree(code)
    for launcher in below(root, LAUNCHER).parent.glob(EVERY):
        launcher.unlink()


def below(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def copy(source: Path, target: Path) -> None:
    """Copy code only, for everybody to read and for its owner to write."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if source.is_file():
        write(target, source.read_text(encoding="utf-8"), 0o644)
        return
    target.mkdir(mode=0o755)
    for path in sorted(source.rglob("*.py")):
        copy(path, target / path.relative_to(source))


def write(path: Path, text: str, mode: int) -> None:
    """Write another file in its place, never into one that somebody has open."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(mode)
    fresh.replace(path)


def find_problem(python: str) -> str:
    """Return why a Python cannot run the helper with rights, or nothing."""
    if not Path(python).is_file():
        return "is not there"
    if not is_of_root(Path(python)):
        return "can be changed by others than root"
    newest = "import sys; sys.exit(sys.version_info < (3, 11))"
    if subprocess.run([python, "-I", "-c", newest], check=False).returncode:
        return "is older than 3.11"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--remove", action="store_true", help="remove it again")
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR")
    parser.add_argument("--python", default="/usr/bin/python3", metavar="PROGRAM")
    chosen = parser.parse_args()
    if chosen.root == Path("/") and os.geteuid() != 0:
        print("This must be run as root: sudo python3 packaging/polkit/install.py")
        return 1
    if chosen.remove:
        remove(chosen.root)
        return 0
    if problem := find_problem(chosen.python):
        print(f"{chosen.python} {problem}; choose another with --python")
        return 1
    os.umask(0o022)
    install(chosen.root, chosen.python)
    return 0


if __name__ == "__main__":
    sys.exit(main())

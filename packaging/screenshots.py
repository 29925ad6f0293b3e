"""Make the pictures of the README anew: the window on practice targets, under Xvfb.

    .venv/bin/python packaging/screenshots.py [--into docs/images]

Needs Xvfb, openbox, xdotool and ImageMagick, as the tests do.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ui.desktop import Desktop, Program

RECORD_S = 75
HEAP_GROWS_S = 12
COMPILES_S = 240.0
"""Each has a home of its own, so the engine is prepared anew."""
SETTLE_S = 2


Story = Callable[[Desktop, Program, Path, str], None]


def take_pictures(
    into: Path, theme: str, size: tuple[int, int], scale: int, told: tuple[str, Story]
) -> None:
    """Watch a practice target, do what the story says, and picture the pages."""
    practice, follow = told
    desktop = Desktop(size[0] * scale, size[1] * scale)
    with tempfile.TemporaryDirectory() as home:
        settings = Path(home, "leakgui", "settings.toml")
        settings.parent.mkdir()
        settings.write_text(f'theme = "{theme}"\n', encoding="utf-8")
        environment = {
            "HOME": home,
            "XDG_CONFIG_HOME": home,
            "XDG_DATA_HOME": home,
            "QT_SCALE_FACTOR": str(scale),
        }
        program = Program(desktop, "demo", practice, env=environment)
        try:
            follow(
                desktop, program, into, f"{theme}{f'-{scale}x' if scale > 1 else ''}"
            )
        finally:
            program.kill()
            desktop.close()


def tell_of_files(desktop: Desktop, program: Program, into: Path, tag: str) -> None:
    """Take snapshots and steps, and save a picture of each page."""

    def picture(name: str) -> None:
        take_picture(desktop, into / f"{name}-{tag}.png")

    program.wait_for("watching")
    desktop.wait_for_window("leakgui")
    for number in (1, 2, 3):
        desktop.press("F5")
        program.wait_for(f"snapshot {number} taken")
        if number < 3:
            desktop.press("m")
            time.sleep(RECORD_S / 2)
    picture("difference")
    desktop.press("w")
    picture("evidence")
    desktop.press("ctrl+p")
    picture("picker")
    desktop.press("ctrl+q")
    program.end()


def tell_of_blocks(desktop: Desktop, program: Program, into: Path, tag: str) -> None:
    """Take two heap snapshots, the question before the first one pictured."""
    program.wait_for("watching")
    desktop.wait_for_window("leakgui")
    time.sleep(HEAP_GROWS_S)
    desktop.press("F6")
    program.wait_for("would pause")
    desktop.wait_for_window("Heap snapshot")
    take_picture(desktop, into / f"heap-question-{tag}.png")
    desktop.press("Return")
    program.wait_for("snapshot 1 taken", COMPILES_S)
    take_picture(desktop, into / f"heap-{tag}.png")
    desktop.press("ctrl+q")
    program.end()


def take_picture(desktop: Desktop, path: Path) -> None:
    """Save what is on the screen when it has come to rest."""
    time.sleep(SETTLE_S)
    desktop.picture(path)


def main() -> None:
    """Take every picture that the README shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    into = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    os.environ.pop("QT_QPA_PLATFORM", None)
    stories = (("descriptor-leak", tell_of_files), ("lost-blocks", tell_of_blocks))
    for told in stories:
        for theme in ("light", "dark"):
            take_pictures(into, theme, (1280, 800), 1, told)
        take_pictures(into, "light", (1280, 800), 2, told)


if __name__ == "__main__":
    main()

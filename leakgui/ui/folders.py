"""Where new recordings and exported files go."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from leakgui.errors import WriteFailed
from leakgui.settings import Settings
from leakgui.texts import say


def recordings_folder(settings: Settings) -> Path:
    """Return the folder of recordings; it need not exist."""
    chosen = str(settings.get("recordings"))
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("leakgui", appauthor=False)) / "recordings"


def new_recording_path(settings: Settings, name: str, pid: int) -> Path:
    """Return a path that does not exist yet; raises ``WriteFailed``."""
    folder = recordings_folder(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(
            say(
                "Recordings cannot be kept in {folder}: {error}",
                folder=folder,
                error=error,
            ),
            say("Choose another folder in the settings (Ctrl+,)."),
        ) from error
    moment = datetime.now(tz=UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    stem = f"{file_stem(name)}-{pid}-{moment}"
    path = folder / f"{stem}.leak"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}.leak"
        number += 1
    return path


def file_stem(name: str) -> str:
    """Turn a stranger's name into a part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[:40] or "program"

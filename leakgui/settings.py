"""What the user can change, read from one TOML file.

The file holds only what was changed; window geometry is Qt's own business. Keys
that this version does not know are kept when the file is written again.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from leakgui.errors import BadUsage, WriteFailed
from leakgui.texts import say

logger = logging.getLogger(__name__)

Value = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table: dialog, command line and help are made from it."""

    key: str
    label: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="theme",
        label="Theme",
        default="system",
        choices=("system", "light", "dark"),
        meaning="Colours of the window; files are always written on white.",
    ),
    Setting(
        key="language",
        label="Language",
        default="en",
        meaning="Two letters, such as en.",
    ),
    Setting(
        key="units",
        label="Units",
        default="binary",
        choices=("binary", "decimal"),
        meaning="binary counts KiB, MiB, GiB (1024); decimal kB, MB, GB (1000).",
    ),
    Setting(
        key="interval_s",
        label="Interval",
        default=0.1,
        least=0.02,
        most=3600.0,
        meaning="Seconds between two readings of the cheap counters.",
    ),
    Setting(
        key="cost_share",
        label="Cost",
        default=0.01,
        least=0.001,
        most=0.2,
        meaning="Share of one core that watching may use before it slows down.",
    ),
    Setting(
        key="mask",
        label="Mask names in exports",
        default=False,
        meaning="Replace paths, command lines and user names in exported files.",
    ),
    Setting(
        key="snapshot_every_s",
        label="Snapshot every",
        default=0.0,
        least=0.0,
        most=86400.0,
        meaning="Seconds between automatic snapshots; 0 takes none.",
    ),
    Setting(
        key="snapshot_heap",
        label="Heap in automatic snapshots",
        default=False,
        meaning="Say at each what is lost, too: this pauses the program for a moment.",
    ),
    Setting(
        key="recordings",
        label="Folder of recordings",
        default="",
        meaning="Where new recordings are kept; empty means the user's data folder.",
    ),
)

SETTING_BY_KEY: Mapping[str, Setting] = {row.key: row for row in SETTINGS}


def settings_file() -> Path:
    """Return where the settings are kept; the folder need not exist."""
    return (
        Path(platformdirs.user_config_dir("leakgui", appauthor=False)) / "settings.toml"
    )


def parse_value(setting: Setting, text: str) -> Value:
    """Turn text into a value of the setting's kind, or raise ``BadUsage``."""
    kind = type(setting.default)
    try:
        if kind is bool:
            value: Value = {"true": True, "yes": True, "false": False, "no": False}[
                text.lower()
            ]
        else:
            value = kind(text)
    except (KeyError, ValueError):
        raise BadUsage(
            say("{key} cannot be {text!r}.", key=setting.key, text=text),
            setting.meaning,
        ) from None
    check_value(setting, value)
    return value


def check_value(setting: Setting, value: Value) -> None:
    """Raise ``BadUsage`` where the value is out of the setting's range."""
    wrong = bool(setting.choices) and value not in setting.choices
    if isinstance(value, int | float):
        wrong |= setting.least is not None and value < setting.least
        wrong |= setting.most is not None and value > setting.most
    if wrong:
        raise BadUsage(
            say("{key} cannot be {value!r}.", key=setting.key, value=value),
            setting.meaning,
        )


@dataclass(slots=True)
class Settings:
    """Changed values over the defaults of the table."""

    changed: dict[str, object] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """Read the file; a missing one means defaults, a damaged one is told."""
        path = path or settings_file()
        try:
            return cls(dict(tomllib.loads(path.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError) as error:
            logger.warning(
                "settings in %s not read, defaults are used: %s", path, error
            )
            return cls()

    def get(self, key: str) -> Value:
        """Return the value of a key of the table, its default where it is unusable."""
        setting = SETTING_BY_KEY[key]
        value = self.changed.get(key, setting.default)
        if isinstance(setting.default, float) and isinstance(value, int):
            value = float(value)
        if type(value) is not type(setting.default):
            return setting.default
        try:
            check_value(setting, value)
        except BadUsage:
            return setting.default
        return value

    def number(self, key: str) -> float:
        """Return a numeric setting as float."""
        return float(self.get(key))

    def set(self, key: str, value: Value) -> None:
        """Change one value; raises ``BadUsage`` for an unknown key or a bad value."""
        setting = SETTING_BY_KEY.get(key)
        if setting is None:
            raise BadUsage(
                say("There is no setting {key!r}.", key=key),
                say("Settings are: {keys}", keys=", ".join(SETTING_BY_KEY)),
            )
        check_value(setting, value)
        self.changed[key] = value

    def save(self, path: Path | None = None) -> None:
        """Write the file beside and move it into place; raises ``WriteFailed``."""
        path = path or settings_file()
        lines = [f"{key} = {_as_toml(value)}" for key, value in self.changed.items()]
        beside = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text("\n".join([*lines, ""]), encoding="utf-8")
            os.replace(beside, path)  # noqa: PTH105  # replaces on every system
        except OSError as error:
            raise WriteFailed(
                say("The settings could not be saved: {error}", error=error), str(path)
            ) from error


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'

"""Every sentence of the command line and the guidance passes through here.

The English text stands where it is used, so that code can be read; this module
looks it up in the catalogue of the chosen language (gettext, one ``.mo`` file a
language under ``resources/locale``) and fills in the values. The window has
Qt's own translation (``tr``) for the same purpose.
"""

from __future__ import annotations

import gettext
from pathlib import Path

_PACKAGE = Path(__file__).parent
# Installed they lie inside the package, in a checkout beside it.
RESOURCES = next(
    (
        folder
        for folder in (_PACKAGE / "resources", _PACKAGE.parent / "resources")
        if folder.is_dir()
    ),
    _PACKAGE / "resources",
)
_active: gettext.NullTranslations = gettext.NullTranslations()


def use_language(code: str) -> None:
    """Speak the language of this code from now on; English where it is unknown."""
    global _active  # noqa: PLW0603  # the one switch of the whole process
    _active = gettext.translation(
        "leakgui", localedir=RESOURCES / "locale", languages=[code], fallback=True
    )


def say(text: str, /, **values: object) -> str:
    """Return the text in the user's language with its ``{name}`` places filled.

    Values are inserted as they are: a brace inside a value is not looked at again.
    """
    translated = _active.gettext(text)
    return translated.format(**values) if values else translated


def say_count(one: str, many: str, count: int, /, **values: object) -> str:
    """Return ``one`` or ``many`` by the language's rule; ``{count}`` is the number."""
    return _active.ngettext(one, many, count).format(count=count, **values)

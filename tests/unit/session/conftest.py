"""Ways to spoil a session file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def change() -> Callable[..., None]:
    """Execute statements in a file, behind leakgui's back."""

    def execute(path: Path, *statements: str) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return execute

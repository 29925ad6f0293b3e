"""Makes ``scenes`` importable for the tests of guidance and of its rules."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

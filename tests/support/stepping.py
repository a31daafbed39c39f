"""The server with a clock that a test sets: by the seconds in a file, added to the present."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import server

STEPS = "KONTINGENT_TEST_CLOCK_STEP_FILE"
"""The variable that names the file."""


def stepped() -> datetime:
    """Return the present, as far off as the file says."""
    seconds = float(Path(os.environ[STEPS]).read_text(encoding="ascii") or 0)
    return datetime.now(UTC) + timedelta(seconds=seconds)


if __name__ == "__main__":
    server.clock = stepped
    server.main()

"""One recording in one SQLite file."""

"""Parse the command line and turn errors into exit codes."""

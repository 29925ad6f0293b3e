"""Programs of a user without rights, and programs that give rights."""

from __future__ import annotations

import subprocess
from pathlib import Path

NOBODY = 65534
GROUP_OF_ANOTHER = 42
"""Any group that nobody is not in: on Debian shadow's, which may read passwords."""

# Waits for a line; with "drop" it has given up all rights of its file before, and says
# in the system's words that nothing was (PR_SET_DUMPABLE, as a program may).
LINGER = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        if (!strcmp(arguments[i], "drop"))
            if (setresgid(getgid(), getgid(), getgid()) ||
                setresuid(getuid(), getuid(), getuid()))
                return 1;
        if (!strcmp(arguments[i], "dumpable"))
            prctl(PR_SET_DUMPABLE, 1);
        if (!strcmp(arguments[i], "protected"))
            prctl(PR_SET_DUMPABLE, 0);
    }
    printf("{}\n");
    fflush(stdout);
    for (char line[4096]; fgets(line, sizeof line, stdin);) {
        line[strcspn(line, "\n")] = 0;
        execl(line, line, "drop", "dumpable", (char *)NULL);
    }
    return 0;
}
"""


def compile_linger(folder: Path) -> Path:
    """Return a program that waits, and executes what it reads, in an open folder."""
    program = folder / "linger"
    command = ["gcc", "-O1", "-x", "c", "-", "-o", str(program)]
    subprocess.run(command, input=LINGER.encode(), check=True)
    folder.chmod(0o755)
    return program


AS_NOBODY = (
    "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
    "--bounding-set=-all", "--inh-caps=-all",
)  # fmt: skip

"""Programs whose heaps are looked into, besides those of ``programs``.

Each is started, does some work, and is left running; ``start`` returns the pid.
"""

from __future__ import annotations

import os
import subprocess
import sys

from programs import PROGRAMS, Program
from stage import Stage, free_port, wait_for_port, wait_until

_QT = """
import sys
from PySide6.QtWidgets import QApplication, QTreeWidget, QTreeWidgetItem
app = QApplication(sys.argv)
tree = QTreeWidget()
for number in range(4000):
    tree.addTopLevelItem(QTreeWidgetItem([f"item {number}", "x" * 40]))
tree.resize(600, 400)
tree.show()
open("ready", "w").close()
sys.exit(app.exec())
"""
_SQLITE_THREADS = """
import sqlite3, threading, time
def work(number):
    base = sqlite3.connect(":memory:")
    base.execute("create table t (a integer primary key, b text)")
    base.executemany("insert into t (b) values (?)", (("x" * 50,) for _ in range(9000)))
    open(f"ready{number}", "w").close()
    while True:
        base.execute("select count(*) from t where b like '%xy%'").fetchall()
        time.sleep(0.01)
for number in range(4):
    threading.Thread(target=work, args=(number,)).start()
"""
_BASH = """
declare -A table
for ((i = 0; i < 20000; i++)); do table[key$i]=value$i; done
: > ready
read -r line
"""
_PERL = """
my %h; $h{"key$_"} = [1, 2, "value $_"] for 1 .. 20000;
$h{self} = \\%h;
open(my $f, '>', 'ready'); close $f;
<STDIN>;
"""


def _is_there(stage: Stage, *names: str) -> None:
    wait_until(
        lambda: all((stage.folder / name).exists() for name in names), "never ready"
    )


def qt(stage: Stage) -> int:
    """Show 4,000 items in a tree; nobody sees it."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    script = stage.write("window.py", _QT)

    pid = stage.start(sys.executable, script).pid
    _is_there(stage, "ready")
    return pid


def python_sqlite(stage: Stage) -> int:
    """Four threads, each with a database in memory."""
    pid = stage.start("python3", stage.write("threads.py", _SQLITE_THREADS)).pid
    _is_there(stage, *(f"ready{number}" for number in range(4)))
    return pid


def bash_table(stage: Stage) -> int:
    """Hold 20,000 entries of an associative array."""
    script = stage.write("table.sh", _BASH)
    pid = stage.start("bash", script, stdin=subprocess.PIPE).pid
    _is_there(stage, "ready")
    return pid


def perl_hash(stage: Stage) -> int:
    """Hold a hash that refers to itself."""
    script = stage.write("hash.pl", _PERL)
    pid = stage.start("perl", script, stdin=subprocess.PIPE).pid
    _is_there(stage, "ready")
    return pid


def vim(stage: Stage) -> int:
    """Hold a file of 50,000 lines open in an editor."""
    text = stage.write("text", "a line of text to edit\n" * 50_000)
    pid = stage.start(
        "vim", "-u", "NONE", "-es", "-c", "normal Goend", "-c", "write! ready",
        text, stdin=subprocess.PIPE,
    ).pid  # fmt: skip
    _is_there(stage, "ready")
    return pid


def recursor(stage: Stage) -> int:
    """Answer names with a C++ daemon that keeps a stack for each question."""
    port = free_port()
    pid = stage.start(
        "pdns_recursor", "--daemon=no", f"--local-port={port}",
        "--local-address=127.0.0.1", f"--socket-dir={stage.folder}",
        f"--config-dir={stage.folder}", "--setuid=0", "--setgid=0",
        "--security-poll-suffix=", "--threads=2",
    ).pid  # fmt: skip
    wait_for_port(port)
    return pid


_ALSO = ("redis", "nginx", "sqlite-memory", "postgres-backend", "java", "node", "make")
HEAP_PROGRAMS: tuple[Program, ...] = (
    Program("bash-table", ("bash",), bash_table),
    Program("python-sqlite", ("python3",), python_sqlite),
    Program("perl-hash", ("perl",), perl_hash),
    Program("vim", ("vim",), vim),
    Program("qt-tree", ("python3",), qt),
    Program("pdns-recursor", ("pdns_recursor",), recursor),
    *(program for program in PROGRAMS if program.name in _ALSO),
)

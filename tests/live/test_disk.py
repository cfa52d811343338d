"""The disk refuses: full, locked, taken away, broken, or takes its time.  Nothing is lost, nothing is acknowledged, and
what people see says why.  Disks that are really full are in test_real_disk.py.
"""
import contextlib
import errno
import resource
import sqlite3
import subprocess

import pytest

import rig
from rpc import Rpc


@contextlib.contextmanager
def no_room(confab):
    """No file of the core's can grow: what a full disk and a used-up quota are to it."""
    pid = confab.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield "cannot be used: File too large"
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def locked(confab):
    with contextlib.closing(sqlite3.connect(confab.home / "data/confab.db", isolation_level=None)) as other:
        rig.until(lambda: begun(other), "the database is never free")
        yield "another program has it locked"
        other.execute("ROLLBACK")


def begun(other):
    try:
        other.execute("BEGIN IMMEDIATE")
        return True
    except sqlite3.OperationalError:
        return False


@contextlib.contextmanager
def away(confab):
    (confab.home / "data").rename(confab.home / "elsewhere")
    yield "was taken away or replaced beneath confab"
    (confab.home / "elsewhere").rename(confab.home / "data")


class Disk:
    """Under a confab that is not started yet; see disk_shim.c."""

    def __init__(self, confab):
        self.control = confab.home / "disk"
        self.met = confab.home / "disk.met"
        confab.env.update(LD_PRELOAD=str(rig.BUILD / "tests/disk_shim.so"), CONFAB_DISK=str(self.control))
        if rig.SANITIZED:
            confab.env["ASAN_OPTIONS"] = confab.env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"

    def does(self, what):
        """At once, and never half of it."""
        new = self.control.with_suffix(".new")
        new.write_text(str(what))
        new.rename(self.control)

    @contextlib.contextmanager
    def waits(self):
        """Until the end of this no sync comes to its end."""
        self.does("wait")
        try:
            yield
        finally:
            self.does("")


@contextlib.contextmanager
def broken(confab):
    confab.disk.does(errno.EIO)
    yield "cannot be used: Input/output error"
    confab.disk.does("")


@contextlib.contextmanager
def read_only(confab):
    """As a file system becomes on which an error was met."""
    confab.disk.does(errno.EROFS)
    yield "it may only be read"
    confab.disk.does("")


WAYS = [no_room, locked, away]


@pytest.fixture
def home(confab, server, people):
    mira, alice = people(2)
    confab.disk = Disk(confab)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    return confab, f"{alice}@{server.domain}", alice, f"{mira}@{server.domain}"


def bodies(confab, chat):
    return [m["body"] for m in confab.history("home", chat)]


@pytest.fixture
def watch(home, place):
    """Somebody who is told of everything from now on."""
    session = place.keep(Rpc(home[0]))
    session.call("subscribe")
    return session


@pytest.mark.parametrize("way", [*WAYS, broken, read_only])
def test_nothing_is_lost_and_it_goes_on_by_itself(home, watch, peer, way):
    confab, chat, alice, mira = home
    other = peer(alice, receipts=True)
    confab.do("before", chat=chat, wait="delivered")
    other.message("before")
    with way(confab) as why:
        other.send(mira, "one", id="m1", extra="<request xmlns='urn:xmpp:receipts'/>")
        assert why in watch.event("notice", severity="error")["text"]
        assert why in confab.wait_state("home")["text"] and confab.accounts()["home"]["reason"] == "disk"
        # It is refused with a sentence, and is not there afterwards.
        assert "disk refuses" in confab.do("two", chat=chat, ok=False)
        other.send(mira, "three")
        assert not [e for e in watch.events("message") if e["body"] in ("one", "three")]
    watch.event("notice", lambda e: "takes again" in e["text"])
    watch.event("message", body="three")
    other.expect(ev="message", received="m1")
    confab.do("four", chat=chat, wait="delivered")
    other.message("four")
    assert bodies(confab, chat) == ["before", "one", "three", "four"]
    assert "reason" not in confab.accounts()["home"]
    confab.stop()
    with contextlib.closing(sqlite3.connect(confab.home / "data/confab.db")) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)


@pytest.mark.parametrize("way", WAYS)
def test_a_core_that_dies_then_has_acknowledged_nothing(home, watch, peer, way):
    confab, chat, alice, mira = home
    other = peer(alice, receipts=True)
    confab.do("before", chat=chat, wait="delivered")
    with way(confab):
        other.send(mira, "one")
        watch.event("notice", severity="error")
        other.send(mira, "two")
        confab.kill()
    # What our server was not told to forget comes again.
    confab.start()
    rig.until(lambda: bodies(confab, chat) == ["before", "one", "two"], lambda: str(bodies(confab, chat)))


def test_a_disk_that_takes_its_time(home, peer, tmux):
    """Nothing leaves before it is on disk, and who types need not wait for that."""
    confab, chat, alice, _ = home
    other = peer(alice)
    confab.do("before", chat=chat, wait="stored")
    other.message("before")
    terminal = tmux(100, 24).confab(confab)
    terminal.wait_for(f"2 .* {alice}")
    terminal.line("/win 2")
    terminal.wait_for(f"^{alice}>")
    with confab.disk.waits():
        terminal.line("slowly")
        rig.until(confab.disk.met.exists, "nothing is synced")
        # The core sits in that sync; the line is open all the same.
        terminal.type("and this meanwhile")
        terminal.wait_for(f"^{alice}> and this meanwhile")
        # What alice says to herself comes back to her behind what would have come.
        other.send(other.jid, "is there more?")
        other.message("is there more?")
        assert not [e for e in other.seen if e.get("body") == "slowly"]
    other.message("slowly")
    terminal.keys("Enter")
    other.message("and this meanwhile")
    assert bodies(confab, chat) == ["before", "slowly", "and this meanwhile"]


def test_killed_while_the_disk_takes_its_time(home, peer):
    """What was not on disk was told to nobody: it is there once, or not at all, and the other side has the same."""
    confab, chat, alice, _ = home
    other = peer(alice)
    confab.do("before", chat=chat, wait="stored")
    other.message("before")
    words = [confab.program, "--home", confab.home, "do", "--chat", chat, "--", "slowly"]
    with confab.disk.waits(), subprocess.Popen(words, env=confab.env, stderr=subprocess.DEVNULL) as typing:
        rig.until(confab.disk.met.exists, "nothing is synced")
        assert typing.poll() is None
        confab.kill()
        assert typing.wait(rig.PATIENCE) != 0
    confab.start()
    confab.wait_state("home")
    confab.do("after", chat=chat, wait="stored")
    other.message("after")
    here = bodies(confab, chat)
    assert here in (["before", "after"], ["before", "slowly", "after"])
    assert [e["body"] for e in other.seen if e.get("body")] == here


def test_in_the_terminal(home, peer, tmux):
    confab, chat, alice, mira = home
    other = peer(alice)
    confab.do("before", chat=chat, wait="stored")
    terminal = tmux(100, 24).confab(confab)
    terminal.wait_for(f"2 .* {alice}")
    terminal.line("/win 2")
    terminal.wait_for(f"^{alice}>")
    with locked(confab):
        terminal.line("not now")
        terminal.wait_for("The disk refuses")
        terminal.wait_for(f"^{alice}> not now")
        terminal.wait_for("home .* disk")
        # What is no message goes on.
        terminal.keys("C-u")
        terminal.line("/help explain")
        terminal.wait_for("everything that is known of a message")
    terminal.wait_gone("home .* disk")
    terminal.line("but now")
    other.message("but now")
    assert bodies(confab, chat) == ["before", "but now"]


def test_a_line_that_meets_the_full_disk_waits(home, peer, tmux):
    """It was taken before the disk was asked: it is not in the line any more, is told to wait, and goes once."""
    confab, chat, alice, _ = home
    other = peer(alice)
    confab.do("before", chat=chat, wait="stored")
    terminal = tmux(100, 24).confab(confab)
    terminal.wait_for(f"2 .* {alice}")
    terminal.line("/win 2")
    terminal.wait_for(f"^{alice}>")
    # What is typed is kept, too: the disk has it before it is full, so that the line is the first to meet that.
    terminal.type("in time")
    rig.until(lambda: [c for c in confab.call("chats")["chats"] if c.get("draft") == "in time"], "no draft")
    with no_room(confab):
        terminal.keys("Enter")
        terminal.wait_for("home .* disk")
        terminal.line("too late")
        terminal.wait_for("The disk refuses")
        terminal.wait_for(f"^{alice}> too late")
    other.message("in time")
    terminal.wait_gone("home .* disk")
    terminal.keys("Enter")
    other.message("too late")
    assert bodies(confab, chat) == ["before", "in time", "too late"]


def test_another_file_in_its_place_is_not_written(home):
    confab, chat, _, _ = home
    confab.do("before", chat=chat, wait="stored")
    path = confab.home / "data/confab.db"
    path.rename(path.with_suffix(".aside"))
    path.write_bytes(b"mine")
    assert "disk refuses" in confab.do("one", chat=chat, ok=None).stderr
    assert path.read_bytes() == b"mine"
    path.with_suffix(".aside").rename(path)
    rig.until(lambda: "reason" not in confab.accounts()["home"], lambda: str(confab.accounts()))
    assert bodies(confab, chat) == ["before"]


# --- a database that is damaged ---

def write(confab, chat, n):
    for first in range(0, n, 20):
        confab.do(*[f"/msg {chat} line {i}" for i in range(first, first + 20)])


def spoil(path, where):
    data = bytearray(path.read_bytes())
    if where == "header":
        data[:100] = b"\x5a" * 100
    elif where == "first page":
        data[:4096] = b"\x5a" * 4096
    elif where == "end":
        del data[-4 * 4096:]
    elif where == "all of it":
        data[:] = b"\x5a" * len(data)
    path.write_bytes(data)


def asides(confab, kind):
    return sorted(p for p in (confab.home / "data").glob(f"confab.db.{kind}-*") if not p.name.endswith(("-wal", "-shm", ".part")))


@pytest.mark.parametrize("where", ["header", "first page", "end", "all of it"])
def test_a_damaged_database_is_set_aside_and_brought_back(confab, server, people, tmux, where):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    # Off line: what the server's archive would bring back is no proof.
    confab.account("home", server, mira, autoconnect="false").start()
    write(confab, chat, 200)
    confab.stop()
    spoil(confab.home / "data/confab.db", where)
    damaged = (confab.home / "data/confab.db").read_bytes()
    text = confab.run("doctor").stdout
    assert "is damaged" in text and "confab doctor --recover" in text
    # It goes on with a new one, and the accounts are as they were.
    confab.start()
    assert confab.accounts()["home"]["jid"] == f"{mira}@{server.domain}"
    aside, = asides(confab, "damaged")
    assert aside.read_bytes() == damaged
    prompt, = confab.call("prompts")["prompts"]
    assert str(aside) in prompt["text"] and prompt["title"] == "the database was damaged"
    terminal = tmux(110, 30).confab(confab)
    terminal.wait_for("the database was damaged")
    terminal.line("/detach")
    assert terminal.exit_code() == 0
    # Not while it runs.
    done = confab.run("doctor", "--recover")
    assert done.returncode == 1 and "Another core runs" in done.stdout
    confab.stop()
    assert str(aside) in confab.run("doctor").stdout
    done = confab.run("doctor", "--recover")
    if where == "all of it":
        assert done.returncode == 1 and "nothing in it that could be read" in done.stdout
        assert aside.read_bytes() == damaged
        return
    assert done.returncode == 0, done.stdout + done.stderr
    assert not asides(confab, "damaged") and len(asides(confab, "recovered")) == 1
    with contextlib.closing(sqlite3.connect(confab.home / "data/confab.db")) as db:
        bodies = [row[0] for row in db.execute("SELECT body FROM message ORDER BY ord")]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(bodies) == len(set(bodies)), "some are twice"
    assert set(bodies) <= {f"line {i}" for i in range(200)}
    assert bodies == sorted(bodies, key=lambda b: int(b.split()[1]))
    assert len(bodies) >= (200 if where != "end" else 50)
    assert f"{len(bodies)} of " in done.stdout or f"{len(bodies)} messages" in done.stdout
    # Once is enough, and more does no harm.
    assert "Nothing is damaged" in confab.run("doctor", "--recover").stdout
    text = confab.run("doctor").stdout
    assert "it may be deleted" in text and "is whole" in text
    confab.start()
    last = confab.history("home", chat, limit=1)[-1]
    assert last["body"] == bodies[-1] and last["state"] == "failed" and "/retry" in last["reason"]


def test_damage_that_shows_while_it_runs(home):
    """What it says is stored is not a guess: the next start looks, and goes on with a new one."""
    confab, chat, _, _ = home
    write(confab, chat, 100)
    confab.stop()
    path = confab.home / "data/confab.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        root, = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'message_origin'").fetchone()
    data = bytearray(path.read_bytes())
    data[(root - 1) * 4096:root * 4096] = b"\x5a" * 4096
    path.write_bytes(data)
    confab.start()
    confab.wait_state("home")
    said = confab.do("one more", chat=chat, ok=None).stderr
    assert "is damaged" in said or "disk refuses" in said
    account = rig.until(lambda: (lambda a: a if a.get("reason") == "disk" else None)(confab.accounts()["home"]),
                        lambda: str(confab.accounts()))
    assert "is damaged" in account["text"] and "confab stop" in account["text"]
    confab.stop()
    confab.start()
    confab.wait_state("home")
    assert "reason" not in confab.accounts()["home"] and len(asides(confab, "damaged")) == 1
    confab.stop()
    assert confab.run("doctor", "--recover").returncode == 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (100,)


def test_a_newer_database_is_left_alone(confab):
    confab.start()
    confab.stop()
    path = confab.home / "data/confab.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 4711")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    done = confab.run("core")
    assert done.returncode == 1 and "was written by a newer confab" in done.stderr
    assert path.read_bytes() == before and not asides(confab, "damaged")
    done = confab.run("doctor", "--recover")
    assert done.returncode == 1 and "was written by a newer confab" in done.stdout and not asides(confab, "damaged")

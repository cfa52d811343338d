"""The disk refuses: full, locked, taken away.  Nothing is lost, nothing is acknowledged, and what people see says why."""
import contextlib
import resource
import sqlite3

import pytest

import rig


@contextlib.contextmanager
def no_room(confab):
    """No file of the core's can grow: what a full disk and a used-up quota are to it."""
    pid = confab.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    yield "cannot be used: the disk reports an error"
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


WAYS = [no_room, locked, away]


@pytest.fixture
def home(confab, server, people):
    mira, alice = people(2)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    return confab, f"{alice}@{server.domain}", alice, f"{mira}@{server.domain}"


def bodies(confab, chat):
    return [m["body"] for m in confab.history("home", chat)]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_lost_and_it_goes_on_by_itself(home, peer, way):
    confab, chat, alice, mira = home
    other = peer(alice, receipts=True)
    confab.do("before", chat=chat, wait="delivered")
    other.message("before")
    watch = confab.watch()
    with way(confab) as why:
        other.send(mira, "one", id="m1", extra="<request xmlns='urn:xmpp:receipts'/>")
        assert why in watch.expect(type="notice", severity="error")["text"]
        assert why in confab.wait_state("home")["text"] and confab.accounts()["home"]["reason"] == "disk"
        # It is refused with a sentence, and is not there afterwards.
        assert "disk refuses" in confab.do("two", chat=chat, ok=False)
        other.send(mira, "three")
        assert not [e for e in watch.seen if e["type"] == "message" and e["body"] in ("one", "three")]
    watch.expect(type="notice", severity="info", _condition=lambda e: "takes again" in e["text"])
    watch.expect(type="message", body="three")
    other.expect(ev="message", received="m1")
    confab.do("four", chat=chat, wait="delivered")
    other.message("four")
    assert bodies(confab, chat) == ["before", "one", "three", "four"]
    assert "reason" not in confab.accounts()["home"]
    confab.stop()
    with contextlib.closing(sqlite3.connect(confab.home / "data/confab.db")) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)


@pytest.mark.parametrize("way", WAYS)
def test_a_core_that_dies_then_has_acknowledged_nothing(home, peer, way):
    confab, chat, alice, mira = home
    other = peer(alice, receipts=True)
    confab.do("before", chat=chat, wait="delivered")
    watch = confab.watch("notice")
    with way(confab):
        other.send(mira, "one")
        watch.expect(severity="error")
        other.send(mira, "two")
        confab.kill()
    # What our server was not told to forget comes again.
    confab.start()
    rig.until(lambda: bodies(confab, chat) == ["before", "one", "two"], lambda: str(bodies(confab, chat)))


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
    with no_room(confab):
        terminal.line("in time")
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

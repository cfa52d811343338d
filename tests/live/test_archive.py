"""What the server's archive kept while we were away: all of it, once each, in order (XEP-0313)."""
import contextlib
import json
import os
import sqlite3
import time

import pytest

import rig
from stored import kept, kept_sql

PEER = "alice"


def all_bodies(confab, chat):
    """Every message of the chat that is stored, oldest first."""
    pages, before = [], {}
    while True:
        page = confab.call("history", account="home", chat=chat, limit=1000, **before)["messages"]
        if not page:
            return [m["body"] for p in reversed(pages) for m in p]
        pages.append(page)
        before = {"before": page[0]["id"]}


def ledger(confab):
    return json.loads(confab.do("/sync", json=True))[0]


def wait_complete(confab, timeout=None):
    return rig.until(lambda: (lambda l: l if l["state"] == "complete" else None)(ledger(confab)),
                     lambda: f"not complete: {ledger(confab)}\n{confab.tail()}", timeout)


def test_the_first_log_in_fetches_the_last_days(confab, server, people):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    kept(server, mira, alice, [f"old {i}" for i in range(120)], time.time() - 40 * 86400)
    kept(server, mira, alice, [f"new {i}" for i in range(120)], time.time() - 86400, own=(7,))
    confab.account("home", server, mira).start()
    wait_complete(confab)
    got = all_bodies(confab, chat)
    assert [b for b in got if b.startswith("new")] == [f"new {i}" for i in range(120)]
    assert confab.call("chats")["chats"][0]["unread"] == 0


def cpu_s(pid):
    """Seconds of processor time that a process has used."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def sql_server(shared, authority, place):
    """A server whose archive is a database: the files of internal storage are read whole for each page."""
    server = rig.Prosody(place.path / "prosody", authority, extra='''
storage = { archive = "sql" }
sql = { driver = "SQLite3", database = "archive.sqlite" }
''')
    return place.keep(server)


def test_many_missed_with_three_cuts(confab, sql_server, place, proxy):
    """MISSED=10000 in make soak: the server alone takes ten seconds for them."""
    server, missed = sql_server, int(os.environ.get("MISSED", "1000"))
    for name in ("mira", "alice"):
        server.user(name)
    server.friends("mira", "alice")
    server.start()
    wire = proxy(server.port)
    chat = f"alice@{server.domain}"
    confab.account("home", server, "mira", port=wire.port).start()
    wait_complete(confab)
    # By hand: the database is made by the first who asks for it, and a known id is where the catch-up begins.
    confab.stop()
    server.stop()
    kept_sql(server, "mira", "alice", ["first"], time.time() - 10)
    server.start()
    confab.start(log="notice")
    rig.until(lambda: all_bodies(confab, chat) == ["first"], "the first message")
    wait_complete(confab)
    confab.stop()
    server.stop()
    bodies = [f"missed {i}" for i in range(missed)]
    kept_sql(server, "mira", "alice", bodies, time.time() - 9000, step=5000 / missed, own=range(0, missed, 97))
    server.start()
    confab.start(log="notice")
    watch = confab.watch("sync")
    for at in (0.15, 0.25, 0.3):
        watch.expect(lambda e: e["total"] >= at * missed, _timeout=60)
        wire.cut()
        confab.do("/connect home")
        confab.wait_state("home")
    wait_complete(confab, timeout=120)
    print(f"{missed} archived messages: {cpu_s(confab.process.pid):.2f} s of processor time, three cuts included")
    assert all_bodies(confab, chat) == ["first", *bodies]


def test_scrolling_back_goes_on_in_the_archive(confab, server, people):
    """What is older than the first log-in fetched comes when somebody asks for it, of this chat alone."""
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    old = [f"old {i}" for i in range(130)]
    kept(server, mira, alice, old, time.time() - 90 * 86400, own=(3, 77))
    kept(server, mira, "somebody", [f"other {i}" for i in range(60)], time.time() - 60 * 86400)
    kept(server, mira, alice, [f"new {i}" for i in range(60)], time.time() - 86400)
    confab.account("home", server, mira).start()
    wait_complete(confab)
    watch = confab.watch("sync")
    page = confab.call("history", account="home", chat=chat, limit=1000)
    while page["more"]:
        # The first page that was fetched may hold some of what is older than it was asked for.
        assert page["fetching"]
        watch.expect(type="sync", chat=chat)
        page = confab.call("history", account="home", chat=chat, limit=1000)
    assert [m["body"] for m in page["messages"]] == old + [f"new {i}" for i in range(60)]
    assert [m["direction"] for m in page["messages"]].count("out") == 2
    assert confab.call("chats")["chats"][0]["unread"] == 0


def test_the_terminal_scrolls_on_into_the_archive(confab, server, people, tmux):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    kept(server, mira, alice, [f"old {i}." for i in range(130)], time.time() - 90 * 86400)
    kept(server, mira, alice, [f"new {i}." for i in range(60)], time.time() - 86400)
    confab.account("home", server, mira).start()
    wait_complete(confab)
    terminal = tmux(80, 24).confab(confab)
    terminal.wait_for("home")
    terminal.line(f"/msg {chat}")
    terminal.wait_for("new 59")

    def up():
        terminal.keys("PPage")
        return "old 0." in terminal.capture()
    rig.until(up, terminal.capture)
    terminal.line("/quit")


def test_sent_and_lost_is_looked_for(confab, server, people, peer, proxy):
    """Cut after it reached the server and before that is known: found in the archive, and not sent again."""
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    wire = proxy(server.port)
    confab.account("home", server, mira, port=wire.port).start()
    wait_complete(confab)
    other = peer(alice)
    confab.do("zero", chat=chat, wait="stored")
    other.message("zero")
    # The server gets it, and what it answers comes nowhere.
    wire.stall_back()
    confab.do("held up", chat=chat)
    other.message("held up")
    confab.kill()
    wire.cut()
    wire.go_on()
    forget_session(confab)
    confab.start()
    rig.until(lambda: [m["state"] for m in confab.history("home", chat) if m["body"] == "held up"] == ["stored"],
              lambda: str(confab.history("home", chat)) + confab.tail())
    confab.do("after it", chat=chat)
    assert other.expect(ev="message")["body"] == "after it"


def test_sent_and_never_arrived_goes_again(confab, server, people, peer, proxy):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    wire = proxy(server.port)
    confab.account("home", server, mira, port=wire.port).start()
    wait_complete(confab)
    other = peer(alice)
    confab.do("zero", chat=chat, wait="stored")
    other.message("zero")
    wire.stall()
    confab.do("never on the wire", chat=chat)
    confab.kill()
    wire.cut()
    wire.go_on()
    forget_session(confab)
    confab.start()
    other.message("never on the wire")
    rig.until(lambda: [m["state"] for m in confab.history("home", chat)] == ["stored", "stored"],
              lambda: str(confab.history("home", chat)) + confab.tail())


def forget_session(confab):
    """The server has forgotten the session: it cannot be resumed."""
    with contextlib.closing(sqlite3.connect(confab.home / "data" / "confab.db")) as db, db:
        db.execute("UPDATE stream SET resume = 'gone'")


def test_kill_9_while_it_catches_up(confab, server, people):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    bodies = [f"missed {i}" for i in range(600)]
    kept(server, mira, alice, bodies, time.time() - 600, step=0.9)
    confab.account("home", server, mira)
    for at in (100, 350):
        confab.start(log="notice")
        rig.until(lambda: len(all_bodies(confab, chat)) >= at, "no page came")
        confab.kill()
    confab.start(log="notice")
    wait_complete(confab)
    assert all_bodies(confab, chat) == bodies

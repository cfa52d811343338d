"""Logging in and staying in: several accounts, passwords, certificates, links that stall and break, and what lies on the disk."""
import json
import os
import re
import signal
import sqlite3
import subprocess
import time

import pytest

import rig
import rpc
import secrecy


@pytest.fixture(autouse=True)
def secrets_stay(confab):
    yield
    secrecy.check(confab)


@pytest.fixture
def own_server(place, authority):
    """own_server("name", ...): a Prosody of this test alone, which writes every stanza into its log."""
    return lambda name="own", **options: place.keep(rig.Prosody(place.path / name, authority, modules=("stanza_debug",), **options))


def question(confab, account):
    """The open prompt of an account."""
    return rig.until(lambda: next((p for p in confab.call("prompts")["prompts"] if p.get("account") == account), None),
                     lambda: f"nobody is asked about {account}\n{confab.tail()}")


def failed(confab, account, reason):
    state = confab.wait_state(account, "failed")
    assert state["reason"] == reason, state
    return state


def refusals(server):
    """How many log-ins this server refused."""
    return len(re.findall(r"sasl reply: <failure|Authentication failure|<not-authorized", server.log.read_text(errors="replace")))


# --- on line ---

@pytest.mark.parametrize("tls", ["starttls", "direct"])
def test_over_tls(confab, server, people, tls):
    (mira,) = people(1)
    confab.account("home", server, mira, tls=tls).start()
    state = confab.wait_state("home")
    assert state["jid"] == f"{mira}@localhost" and "reason" not in state and state["resumed"] is False
    shown = confab.do("/account show home")
    assert f"on line as       {mira}@localhost/" in shown and "(set, not shown)" in shown


def test_several_accounts_at_once(confab, server, people, own_server):
    mira, alice = people(2)
    other = own_server("other", domain="elsewhere.test", certificate=server.authority.certificate("elsewhere", ["elsewhere.test"]))
    other.user("cleo")
    other.start()
    confab.account("one", server, mira).account("two", server, alice).account("three", other, "cleo").start()
    for name in ("one", "two", "three"):
        confab.wait_state(name)
    # Each talks as itself; without a name nobody is guessed.
    refusal = confab.do(f"/msg {mira}@localhost hello", ok=False)
    assert all(name in refusal for name in ("one", "two", "three"))
    confab.do(f"/msg {mira}@localhost from two", account="two", wait="stored")
    got = rig.until(lambda: confab.history("one", f"{alice}@localhost"), "the other account got nothing")
    assert [(m["body"], m["direction"]) for m in got] == [("from two", "in")]
    # The end of one is not the end of the others.
    other.stop()
    confab.wait_state("three", "waiting")
    assert {confab.accounts()[n]["state"] for n in ("one", "two")} == {"online"}


def test_not_by_itself_when_told_so(confab, server, people):
    mira, alice = people(2)
    confab.account("home", server, mira, autoconnect="false").account("work", server, alice, enabled="false").start()
    assert confab.accounts()["home"]["state"] == "offline"
    confab.do("/connect home")
    confab.wait_state("home")
    assert "disabled" in confab.do("/account")
    confab.do("/account enable work")
    confab.wait_state("work")
    confab.do("/disconnect home")
    confab.wait_state("home", "offline")
    confab.do("/account disable work")
    rig.until(lambda: "disabled" in confab.do("/account"), "it is not disabled")


def test_set_up_from_nothing_by_commands(confab, server, people):
    (mira,) = people(1)
    confab.start()
    assert "/account add" in confab.do("/account")
    confab.do(f"/account add home {mira}@localhost")
    confab.do("/account set home host 127.0.0.1", f"/account set home port {server.port}",
              f"/account set home ca_file {server.authority.ca}")
    read, write = os.pipe()
    os.write(write, f"secret-{mira}\n".encode())
    os.close(write)
    done = confab.run("do", "--secret-fd", read, "--", "/account password home", pass_fds=[read])
    os.close(read)
    assert done.returncode == 0, done.stderr
    confab.do("/connect home")
    confab.wait_state("home")
    assert confab.do("/account set home colour red", ok=False).count("\n") == 1
    assert "jid" in confab.do("/account show home")
    assert confab.do("/account remove home", yes=True) is not None
    assert confab.accounts() == {}


# --- passwords ---

def test_a_wrong_password_is_tried_once_and_asked_for(confab, own_server, proxy):
    server = own_server()
    server.user("mira")
    server.start()
    wire = proxy(server.port)
    confab.account("home", server, "mira", port=wire.port, password="secret-wrong")
    confab.start()
    state = failed(confab, "home", "password")
    assert '"' in state["text"] and "not-authorized" in state["text"] and state["text"].endswith(".")
    prompt = question(confab, "home")
    assert prompt["kind"] == "password" and prompt["secret"] is True and prompt["scope"] == "everyone"
    assert state["text"] in confab.do("/account") and "/prompts" in confab.do("/account")
    assert str(prompt["id"]) in confab.do("/prompts")
    assert (wire.accepted, refusals(server)) == (1, 1)

    # Not as a word, and not without an answer.
    assert "not written" in confab.do(f"/answer {prompt['id']} secret-mira", ok=False)
    assert confab.do(f"/answer {prompt['id']}", ok=None).returncode == 1
    assert question(confab, "home")["id"] == prompt["id"]

    # A wrong one again: again once.
    confab.call("answer", id=prompt["id"], value="secret-also-wrong")
    again = rig.until(lambda: next((p for p in confab.call("prompts")["prompts"] if p["id"] != prompt["id"]), None), "not asked again")
    assert (wire.accepted, refusals(server)) == (2, 2)
    read, write = os.pipe()
    os.write(write, b"secret-mira\n")
    os.close(write)
    done = confab.run("do", "--secret-fd", read, "--", f"/answer {again['id']}", pass_fds=[read])
    os.close(read)
    assert done.returncode == 0, done.stderr
    confab.wait_state("home")
    assert confab.call("prompts")["prompts"] == []
    # It was not said to be kept.
    assert "secret-mira" not in confab.accounts_file.read_text()
    wire.cut()
    confab.wait_state("home", timeout=30)


def test_an_answer_is_kept_when_it_says_so(confab, server, people):
    (mira,) = people(1)
    confab.account("home", server, mira, password="secret-wrong").start()
    failed(confab, "home", "password")
    confab.call("answer", id=question(confab, "home")["id"], value=f"secret-{mira}", keep=True)
    confab.wait_state("home")
    assert f"password = {mira and 'secret-' + mira}" in confab.accounts_file.read_text().replace("password=", "password = ")
    assert os.stat(confab.accounts_file).st_mode & 0o777 == 0o600
    confab.stop()
    confab.start()
    confab.wait_state("home")


def test_no_password_at_all_is_asked_for_and_an_answer_works_after_a_restart(confab, server, people):
    (mira,) = people(1)
    confab.account("home", server, mira)
    text = confab.accounts_file.read_text()
    confab.accounts_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("password")))
    confab.start()
    failed(confab, "home", "password")
    first = question(confab, "home")
    # Cancelled is not answered: it fails, and is asked again when somebody wants it on line.
    confab.call("answer", id=first["id"], cancel=True)
    confab.do("/connect home")
    confab.call("answer", id=question(confab, "home")["id"], value=f"secret-{mira}")
    confab.wait_state("home")


@pytest.mark.parametrize("command, words", [
    ("false", "status 1"),
    ("true", "printed nothing"),
    ("printf '\\377\\n'", "not UTF-8"),
    ("/nowhere/at/all", "cannot be started"),
    ("sh -c 'kill -9 $$'", "signal 9"),
])
def test_a_password_command_that_fails_is_told(confab, server, people, command, words):
    (mira,) = people(1)
    confab.account("home", server, mira, password_command=command)
    text = confab.accounts_file.read_text()
    confab.accounts_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("password =")))
    confab.start()
    assert words in failed(confab, "home", "password")["text"]
    confab.call("answer", id=question(confab, "home")["id"], value=f"secret-{mira}")
    confab.wait_state("home")


def test_a_password_command(confab, server, people, place):
    (mira,) = people(1)
    store = place.path / "store"
    store.write_text(f"secret-{mira}\nsomething else\n" + "x" * 100000)
    confab.account("home", server, mira, password_command=f"cat '{store}'")
    text = confab.accounts_file.read_text()
    confab.accounts_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("password =")))
    confab.start()
    confab.wait_state("home")


# --- certificates ---

def certificate_case(authority, kind):
    return {"self-signed": lambda: authority.certificate("selfsigned", self_signed=True),
            "expired": lambda: authority.certificate("expired", expired=True),
            "other host": lambda: authority.certificate("otherhost", ["mail.hosting.test", "*.hosting.test"])}[kind]()


@pytest.mark.parametrize("kind, fact", [("self-signed", "signed"), ("expired", "2020-02-01"), ("other host", "mail.hosting.test")])
def test_a_bad_certificate_is_asked_about_and_can_be_pinned(confab, own_server, authority, kind, fact):
    server = own_server(certificate=certificate_case(authority, kind))
    server.user("mira")
    server.start()
    confab.account("home", server, "mira").start()
    state = failed(confab, "home", "certificate")
    assert state["text"].endswith((".", "?")), state
    prompt = question(confab, "home")
    assert prompt["kind"] == "certificate" and prompt["default_choice"] == "refuse"
    facts = dict(prompt["facts"])
    assert {"problem", "for", "issuer", "valid from", "valid to", "today, says this machine", "SHA-256"} <= facts.keys()
    assert fact in json.dumps(prompt["facts"])
    said = confab.do("/prompts")
    assert facts["SHA-256"] in said and f"/answer {prompt['id']} pin" in said
    # No password crossed that link.
    assert "sasl" not in server.log.read_text().lower().split("loaded")[-1] and refusals(server) == 0

    assert confab.do(f"/answer {prompt['id']} maybe", ok=False)
    confab.do(f"/answer {prompt['id']} refuse")
    assert confab.accounts()["home"]["state"] == "failed" and confab.call("prompts")["prompts"] == []
    confab.do("/connect")
    confab.do(f"/answer {question(confab, 'home')['id']} pin")
    confab.wait_state("home")
    assert facts["SHA-256"] in confab.accounts_file.read_text()
    # And the next time nobody is asked.
    confab.stop()
    confab.start()
    confab.wait_state("home")


def test_a_pin_that_changed_is_asked_about_though_the_chain_is_good(confab, own_server, authority):
    server = own_server(certificate=authority.certificate("first", self_signed=True))
    server.user("mira")
    server.start()
    confab.account("home", server, "mira").start()
    failed(confab, "home", "certificate")
    confab.do(f"/answer {question(confab, 'home')['id']} pin")
    confab.wait_state("home")
    before = confab.accounts_file.read_text()
    server.stop()
    crt, key = authority.certificate("second")
    server.config.write_text(server.config.read_text().replace("first.crt", "second.crt").replace("first.key", "second.key"))
    server.start()
    confab.do("/connect")
    state = failed(confab, "home", "certificate")
    prompt = question(confab, "home")
    assert "pin" in state["text"] or "pin" in json.dumps(prompt["facts"])
    assert confab.accounts_file.read_text() == before
    confab.do(f"/answer {prompt['id']} pin")
    confab.wait_state("home")


# --- links ---

def test_the_server_goes_and_comes_back(confab, own_server):
    server = own_server()
    server.user("mira")
    server.start()
    confab.account("home", server, "mira").start()
    confab.wait_state("home")
    server.stop()
    state = confab.wait_state("home", "waiting")
    assert state["retry"] > state["time"] and state["reason"] and state["text"]
    # Tries alone make the wait longer.
    waits = []
    for _ in range(3):
        said = [float(w) for w in re.findall(r"Next try in (\d+) s", confab.log.read_text())]
        waits.append(said)
        confab.do("/connect")
        confab.wait_state("home", "waiting")
    server.start()
    began = time.monotonic()
    confab.do("/connect")
    confab.wait_state("home", timeout=5)
    assert time.monotonic() - began < 5


def test_the_wait_grows_and_it_comes_back_by_itself(confab, own_server):
    server = own_server()
    server.user("mira")
    confab.account("home", server, "mira").start()
    watch = confab.watch("account")
    waits = []
    while len(waits) < 3:
        event = watch.expect(type="account", state="waiting")
        at = [time.mktime(time.strptime(event[k][:19], "%Y-%m-%dT%H:%M:%S")) + float(event[k][19:-1]) for k in ("time", "retry")]
        waits.append(at[1] - at[0])
    # 1, 2, 4, 8 s, each a fifth more or less: of neighbours the later is always longer.
    assert waits == sorted(waits) and waits[-1] < 15, waits
    server.start()
    confab.wait_state("home", timeout=25)


def test_nobody_listens_and_no_such_name(confab, confabs, server, people):
    mira, alice = people(2)
    (port,) = rig.free_ports(1)
    confab.account("home", server, mira, port=port).account("work", server, alice, host="nowhere.invalid").start()
    state = confab.wait_state("home", "waiting")
    assert state["reason"] == "network" and str(port) in state["text"], state
    state = confab.wait_state("work", "waiting", timeout=40)
    assert state["reason"] == "name" and "nowhere.invalid" in state["text"], state


def test_a_cut_link_is_resumed_and_nothing_is_lost_or_twice(confab, server, people, peer, proxy, place):
    mira, alice = people(2)
    wire = proxy(server.port)
    friend = peer(alice)
    confab.account("home", server, mira, port=wire.port).start()
    confab.wait_state("home")
    jid = f"{alice}@localhost"
    watch = place.keep(rpc.Rpc(confab))
    watch.call("subscribe", types=["account", "message"])
    friend.send(f"{mira}@localhost", "before")
    watch.event("message", body="before")
    wire.cut()
    watch.event("account", state="waiting")
    friend.send(f"{mira}@localhost", "while it is away")
    confab.do("said while away", chat=jid, account="home")
    confab.do("/connect")
    assert watch.event("account", state="online")["resumed"] is True
    friend.message("said while away")
    friend.send(f"{mira}@localhost", "after")
    rig.until(lambda: [m["body"] for m in confab.history("home", jid)][-1] == "after", "the last one does not come")
    bodies = [m["body"] for m in confab.history("home", jid)]
    assert sorted(bodies) == ["after", "before", "said while away", "while it is away"]
    confab.do("the end", chat=jid, account="home", wait="stored")
    friend.message("the end")
    assert [s["body"] for s in friend.seen if s.get("body")] == ["said while away", "the end"]


def test_stalled_and_half_open_links_are_noticed(confab, server, people, peer, proxy):
    """One waits in the handshake, one was on line: both are given up, and meanwhile nothing else waits."""
    mira, alice, bob = people(3)
    stalled, half = proxy(server.direct_port), proxy(server.port)
    stalled.stall()
    friend = peer(bob)
    confab.account("home", server, mira, port=half.port).account("slow", server, alice, tls="direct", port=stalled.port).start()
    confab.wait_state("home")
    half.half_open()
    began = time.monotonic()
    confab.do("into the void", account="home", chat=f"{bob}@localhost")
    assert time.monotonic() - began < 3 and confab.accounts()["slow"]["state"] == "connecting"
    state = confab.wait_state("slow", "waiting", timeout=40)
    assert state["reason"] == "network" and "said nothing" in state["text"]
    friend.expect(ev="message", body="into the void", _timeout=60)
    assert confab.wait_state("home")["state"] == "online"
    # A handshake that hangs can be left at once.
    confab.do("/connect slow")
    confab.wait_state("slow", "connecting")
    confab.do("/disconnect slow")
    confab.wait_state("slow", "offline", timeout=3)
    stalled.go_on()
    confab.do("/connect slow")
    confab.wait_state("slow")


def test_ending_while_a_handshake_hangs(confab, server, people, proxy):
    (mira,) = people(1)
    wire = proxy(server.port)
    wire.stall()
    confab.account("home", server, mira, port=wire.port).start()
    confab.wait_state("home", "connecting")
    began = time.monotonic()
    confab.stop()
    assert time.monotonic() - began < 3


# --- what lies on the disk ---

def refused_start(confab, code=1):
    done = confab.run("--log", "debug", "core")
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stderr


@pytest.mark.parametrize("text, line, words", [
    ("[home]\njid = mira@localhost\ncolour = red\n", 3, "colour"),
    ("[home]\njid = mira\n", 2, "mira"),
    ("[home]\njid = mira@localhost\nport = many\nhost = x\n", 3, "port"),
    ("[home]\njid = mira@localhost\nport = 70000\nhost = x\n", 3, "port"),
    ("[home]\njid = mira@localhost\nport = 5222\n", 3, "host"),
    ("[home]\njid = mira@localhost\ntls = maybe\n", 3, "maybe"),
    ("[home]\njid = mira@localhost\npin = abc\n", 3, "64"),
    ("[home]\njid = mira@localhost\nenabled = perhaps\n", 3, "enabled"),
    ("# people\n\n[home]\npassword = secret-x\n", 3, "jid"),
    ("[home]\njid = mira@localhost\nwhat is this\n", 3, "key = value"),
    ("[home]\njid = mira@localhost\n[work]\njid = MIRA@localhost\n", 4, "home"),
])
def test_a_broken_accounts_file_names_its_line(confab, text, line, words):
    confab.accounts_file.parent.mkdir(parents=True)
    confab.accounts_file.write_text(text)
    confab.accounts_file.chmod(0o600)
    said = refused_start(confab)
    assert f"{confab.accounts_file}:{line}: " in said and words in said


@pytest.mark.parametrize("text, line", [("[privacy]\nreceipts = often\n", 2), ("[privacy]\n\nreceptis = true\n", 3), ("nonsense\n", 1)])
def test_a_broken_config_file_names_its_line(confab, text, line):
    config = confab.home / "config" / "config"
    config.parent.mkdir(parents=True)
    config.write_text(text)
    assert f"{config}:{line}: " in refused_start(confab)


def test_an_accounts_file_that_is_none(confab):
    confab.accounts_file.mkdir(parents=True)
    assert str(confab.accounts_file) in refused_start(confab)
    confab.accounts_file.rmdir()
    confab.accounts_file.write_bytes(b"[home]\njid = m\xe9ra@localhost\n")
    confab.accounts_file.chmod(0o600)
    assert "UTF-8" in refused_start(confab)


def test_a_change_by_hand_that_is_broken_changes_nothing(confab, server, people):
    (mira,) = people(1)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    good = confab.accounts_file.read_text()
    confab.accounts_file.write_text(good + "colour = red\n")
    before = confab.accounts_file.read_text()
    said = confab.do("/account set home nick Mira", ok=False)
    assert "colour" in said and re.search(r"accounts:\d+: ", said)
    assert confab.accounts_file.read_text() == before and confab.accounts()["home"]["state"] == "online"


@pytest.mark.parametrize("part", ["data", "state", "config", ""])
def test_a_home_that_is_in_the_way(place, part):
    path = place.path / "h"
    if part:
        path.mkdir()
    (path / part if part else path).write_text("a file")
    program = str(rig.BUILD / "confab")
    done = subprocess.run([program, "--home", str(path), "core"], env=rig.clean_env(HOME=place.path), capture_output=True, text=True)
    assert done.returncode == 1 and str(path) in done.stderr and done.stderr.count("\n") == 1


def test_one_core_for_a_profile(confab):
    confab.start()
    said = refused_start(confab, 3)
    assert f"pid {confab.process.pid}" in said and "since 20" in said
    assert confab.accounts() == {}
    # What was killed leaves nothing in the way.
    confab.kill()
    confab.start()


def test_profiles_stand_side_by_side(confab, server, people, place):
    mira, _ = people(2)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    other = subprocess.Popen([confab.program, "--home", str(confab.home), "--profile", "work", "core"], env=confab.env,
                             stderr=subprocess.DEVNULL)
    try:
        ask = [confab.program, "--home", str(confab.home), "--profile", "work", "call", "accounts"]
        done = rig.until(lambda: (lambda d: d if d.returncode == 0 else None)(
            subprocess.run(ask, env=confab.env, capture_output=True, text=True)), "the other profile does not answer")
        assert json.loads(done.stdout) == {"accounts": []}
        assert list(confab.accounts()) == ["home"]
    finally:
        rig.end(other)
    assert other.returncode == 0


def test_a_lost_socket_comes_back(confab):
    confab.start()
    watch = confab.watch()
    confab.socket.unlink()
    assert confab.run("call", "accounts").returncode == 2
    confab.process.send_signal(signal.SIGUSR1)
    rig.until(confab.answers, "the socket does not come back")
    assert confab.accounts() == {}
    assert os.stat(confab.socket).st_mode & 0o777 == 0o600 and os.stat(confab.socket.parent).st_mode & 0o777 == 0o700
    assert watch.process.poll() is None
    # With the folder's socket in place it changes nothing.
    inode = os.stat(confab.socket).st_ino
    confab.process.send_signal(signal.SIGUSR1)
    confab.call("accounts")
    assert os.stat(confab.socket).st_ino == inode


def database(confab):
    return confab.home / "data" / "confab.db"


def test_a_newer_database_is_left_alone(confab):
    confab.start()
    confab.stop()
    with sqlite3.connect(database(confab)) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    before = database(confab).read_bytes()
    assert "newer confab" in refused_start(confab)
    assert database(confab).read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "middle", "empty-header"])
def test_a_damaged_database_is_never_overwritten(confab, server, people, damage):
    (mira,) = people(1)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    for i in range(20):
        confab.do("x" * 3000, account="home", chat=f"{mira}@localhost")
    confab.stop()
    data = bytearray(database(confab).read_bytes())
    if damage == "text":
        data[:] = b"this is a letter\n" * 100
    elif damage == "middle":
        data[4096:8192] = b"\xff" * 4096
    else:
        data[100:200] = b"\0" * 100
    database(confab).write_bytes(data)
    if damage != "middle":
        confab.start()
        aside, = (p for p in database(confab).parent.glob("confab.db.damaged-*") if not p.name.endswith(("-wal", "-shm")))
        assert aside.read_bytes() == bytes(data) and str(aside) in confab.tail()
        confab.wait_state("home")
        return
    # A page in the middle may be found only when it is read: told at the start, or when it is met; never a crash.
    done = subprocess.Popen([confab.program, "--home", str(confab.home), "core"], env=confab.env, stderr=subprocess.PIPE, text=True)
    try:
        rig.until(lambda: done.poll() is not None or confab.answers(), "neither answers nor ends")
        if done.poll() is None:
            confab.run("call", "history", json.dumps({"account": "home", "chat": f"{mira}@localhost"}))
            done.terminate()
        said = done.stderr.read()
        assert done.wait(rig.PATIENCE) in (0, 1) and "damaged" in said + "", said
    finally:
        rig.end(done)


def test_a_database_that_cannot_be_written(confab):
    confab.start()
    confab.stop()
    # Root may write everything, so something stands where the write-ahead log would be.
    wal = database(confab).with_name("confab.db-wal")
    wal.unlink(missing_ok=True)
    wal.mkdir()
    said = refused_start(confab)
    assert str(database(confab)) in said


def test_a_long_home(place, server, people):
    (mira,) = people(1)
    long = rig.Confab(place.path / ("a" * 120) / ("b" * 120) / "home")
    try:
        assert len(str(long.socket)) > 250
        long.account("home", server, mira).start()
        long.wait_state("home")
        assert "online" in long.do("/account")
        long.stop()
    finally:
        long.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, "stop", "quit"])
def test_the_end_is_clean_and_quick(confab, server, people, peer, how):
    mira, alice = people(2)
    friend = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    friend.expect(ev="presence", _condition=lambda e: e["from"].startswith(f"{mira}@") and e["type"] in (None, "available"))
    process, began = confab.process, time.monotonic()
    if how == "stop":
        confab.stop()
    elif how == "quit":
        confab.do("/quit")
    else:
        process.send_signal(how)
    assert process.wait(3) == 0 and time.monotonic() - began < 3
    assert not confab.socket.exists()
    confab.process = None
    # Said good-bye, not just gone.
    friend.expect(ev="presence", type="unavailable", _condition=lambda e: e["from"].startswith(f"{mira}@"))


def test_an_account_that_is_removed_says_good_bye(place, authority, confab):
    """Its session is over on the server, and is not kept for somebody who does not come back."""
    server = place.keep(rig.Prosody(place.path / "bye", authority)).start()
    server.user("mira")
    server.user("alice")
    confab.account("home", server, "mira").account("other", server, "alice").start()
    confab.wait_state("home")
    confab.wait_state("other")
    confab.do("/account remove home", yes=True)
    rig.until(lambda: "Received </stream:stream>" in server.log.read_text(), server.tail)
    assert "hibernat" not in server.log.read_text()
    assert list(confab.accounts()) == ["other"]
    # Also when the server is deaf: nobody waits for it, not even the end of the core.
    server.pause()
    confab.do("/account remove other", yes=True)
    confab.stop()
    server.go_on()

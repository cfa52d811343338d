"""The socket as a script sees it: what is refused and how, the order of what comes, slow readers, pages, and the end."""
import json
import os
import pwd
import subprocess

import pytest

import rig
import rpc
import secrecy


@pytest.fixture(autouse=True)
def secrets_stay(confab):
    yield
    secrecy.check(confab)


@pytest.fixture
def session(place, confab):
    """session(): one on the core's socket."""
    return lambda **more: place.keep(rpc.Rpc(confab, **more))


@pytest.fixture
def off_line(confab, server, people):
    """A core with one account that is off line: what is said waits, and nothing leaves."""
    (mira,) = people(1)
    confab.account("home", server, mira, autoconnect="false").start(log="notice")
    return "friend@localhost"


def refused(session, method, **params):
    with pytest.raises(rpc.Refused) as error:
        session.call(method, **params)
    assert error.value.message.endswith("."), error.value.message
    return error.value


# --- requests ---

def test_hello_comes_first(confab, session):
    confab.start()
    me = session(hello=False)
    assert refused(me, "accounts").code == "hello"
    assert refused(me, "hello", client="x", protocol=2).code == "protocol"
    assert refused(me, "accounts").code == "hello"
    hello = me.call("hello", client="x", protocol=1)
    assert hello["protocol"] == 1 and hello["pid"] == confab.process.pid and hello["epoch"] and hello["version"]
    assert me.call("accounts") == {"accounts": []}


def test_what_is_wrong_is_named(off_line, session):
    me = session()
    assert refused(me, "accuonts").code == "unknown_method"
    for method, params, word in (("accounts", {"colour": 1}, "colour"), ("run", {}, "line"), ("run", {"line": 5}, "line"),
                                 ("history", {"account": "home"}, "chat"), ("history", {"account": "home", "chat": off_line, "limit": "1"}, "limit"),
                                 ("message", {"id": True}, "id"), ("subscribe", {"types": "message"}, "types"),
                                 ("subscribe", {"types": ["weather"]}, "weather"), ("subscribe", {"types": [7]}, ""),
                                 ("history", {"account": "home", "chat": off_line, "before": 1, "after": 2}, "after")):
        error = refused(me, method, **params)
        assert error.code == "params" and word in error.message, (method, params, error)
    for method, params in (("history", {"account": "none", "chat": off_line}), ("message", {"id": 12345}), ("message", {"id": -1}),
                           ("answer", {"id": 99, "value": "x"}), ("seen", {"account": "home", "chat": off_line, "id": 2**62})):
        assert refused(me, method, **params).code == "not_found", method
    assert refused(me, "run", line="/nosuch").code == "unknown_command"
    assert refused(me, "run", line="/win 3").code == "face_only"
    assert refused(me, "run", line="hello").code in ("context", "usage")
    assert me.call("accounts")["accounts"][0]["state"] == "offline"


@pytest.mark.parametrize("line", [b"hello", b"[1,2]", b'"x"', b"{}", b'{"id":1}', b'{"id":"1","method":"accounts"}', b'{"method":"accounts"}',
                                  b'{"id":1,"method":5}', b'{"id":1.5,"method":"accounts"}', b"\xff\xfe{}", b"{" * 5000,
                                  b'{"id":1,"method":"accounts","params":[]}', b'{"id":1,"method":"accounts","params":3}',
                                  b'{"id":99999999999999999999,"method":"accounts"}', b"\0"])
def test_what_is_no_request_is_answered_and_nothing_more(confab, session, line):
    confab.start()
    me = session()
    me.raw(line + b"\n")
    said = me.wait(lambda one: "error" in one, f"no answer to {line[:40]!r}")
    assert said["error"]["code"] in ("parse", "params") and said["error"]["message"]
    assert me.call("accounts") == {"accounts": []}


def test_a_line_that_is_too_long_is_refused(confab, session):
    confab.start()
    me, other = session(), session()
    filler = b'{"jsonrpc":"2.0","id":7,"method":"run","params":{"line":"' + b"x" * (4 << 20)
    me.raw(filler + b'"}}\n')
    assert me.wait(lambda one: "error" in one, "no answer")["error"]["code"] == "parse"
    assert me.call("accounts") == {"accounts": []}
    # One without any end does not grow in the core, and hurts only itself.
    endless = session()
    for _ in range(64):
        endless.raw(b"y" * (1 << 20))
    assert endless.wait(lambda one: "error" in one, "no answer")["error"]["code"] == "parse"
    endless.raw(b"\n")
    assert endless.call("accounts") == other.call("accounts") == {"accounts": []}
    with open(f"/proc/{confab.process.pid}/status") as status:
        (size,) = [int(line.split()[1]) for line in status if line.startswith("VmRSS")]
    assert size < 100000 or rig.clean_env().keys() & {"ASAN_OPTIONS", "TSAN_OPTIONS"}, size


def test_requests_in_one_write_and_byte_by_byte(confab, session):
    confab.start()
    me = session()
    many = b"".join(json.dumps({"jsonrpc": "2.0", "id": 1000 + i, "method": "accounts"}).encode() + b"\n" for i in range(300))
    me.raw(many)
    assert me.answer(1299) == {"accounts": []}
    for byte in b'{"jsonrpc":"2.0","id":5000,"method":"chats"}\r\n':
        me.raw(bytes([byte]))
    assert me.answer(5000)["chats"] == []
    answers = [one["id"] for one in me.lines if 1000 <= one.get("id", 0) < 2000]
    assert answers == list(range(1000, 1300))


# --- objects ---

def test_events_come_before_the_answer_that_caused_them(off_line, session):
    me, other = session(), session()
    me.call("subscribe")
    other.call("subscribe", types=["message"])
    number = me.send("run", line="hello", account="home", chat=off_line)
    id = me.answer(number)["message"]
    at = [i for i, one in enumerate(me.lines) if one.get("id") == number][0]
    before = [one["params"] for one in me.lines[:at] if one.get("method") == "event"]
    assert [(e["id"], e["state"], e["body"]) for e in before if e["type"] == "message"] == [(id, "queued", "hello")]
    assert any(e["type"] == "chat" and e["chat"] == off_line for e in before)
    assert other.event("message", id=id)["rev"] in [e["rev"] for e in before]
    # A list made after has revisions that are not older than the events.
    (listed,) = me.call("history", account="home", chat=off_line)["messages"]
    assert listed["rev"] >= max(e["rev"] for e in before if e["type"] == "message")


def test_subscriptions_filter(off_line, session):
    everything, messages, elsewhere = session(), session(), session()
    everything.call("subscribe")
    messages.call("subscribe", types=["message"], account="home", chat=off_line)
    elsewhere.call("subscribe", types=["message"], account="home", chat="other@localhost")
    everything.run("one", account="home", chat=off_line)
    everything.run("two", account="home", chat="other@localhost")
    messages.call("accounts"), elsewhere.call("accounts")
    assert [e["body"] for e in messages.events()] == ["one"]
    assert [e["body"] for e in elsewhere.events()] == ["two"]
    assert {e["type"] for e in everything.events()} >= {"message", "chat"}


def test_since_brings_what_changed_once(confab, off_line, session):
    first = session()
    first.call("subscribe", types=["message", "chat"])
    for i in range(5):
        first.run(f"early {i}", account="home", chat=off_line)
    rev = max(e["rev"] for e in first.events())
    for i in range(5):
        first.run(f"late {i}", account="home", chat=off_line)
    later = session()
    answer = later.call("subscribe", types=["message", "chat"], since=rev)
    got = later.events()
    assert [e["body"] for e in got if e["type"] == "message"] == [f"late {i}" for i in range(5)]
    assert len([e for e in got if e["type"] == "chat"]) == 1 and all(e["rev"] > rev for e in got)
    assert answer["rev"] >= max(e["rev"] for e in got)
    assert session().call("subscribe", since=answer["rev"])["rev"] >= answer["rev"]
    # Over a restart the messages keep their revisions, which never go back; the epoch is another.
    epoch = later.hello["epoch"]
    confab.kill()
    confab.start(log="notice")
    again = session()
    assert again.hello["epoch"] != epoch and again.hello["rev"] >= answer["rev"]
    again.call("subscribe", types=["message"], since=rev)
    assert [e["body"] for e in again.events("message")] == [f"late {i}" for i in range(5)]
    # Too much to tell is said to be.
    assert again.call("subscribe", since=-1)["rev"]


def test_pages_over_a_thousand_messages(off_line, session):
    me = session()
    asked = [me.send("run", line=f"number {i}", account="home", chat=off_line) for i in range(1050)]
    ids = [me.answer(a)["message"] for a in asked]
    page = lambda **more: me.call("history", account="home", chat=off_line, **more)
    end = page(limit=100)
    assert [m["id"] for m in end["messages"]] == ids[-100:] and end["more"] is True
    assert [m["id"] for m in page()["messages"]] == ids[-100:]
    everything, before, more = [], {}, True
    while more:
        part = page(limit=97, **before)
        everything = [m["id"] for m in part["messages"]] + everything
        more, before = part["more"], {"before": part["messages"][0]["id"]}
    assert everything == ids
    everything, after, more = [], {"after": ids[0]}, True
    while more:
        part = page(limit=97, **after)
        everything += [m["id"] for m in part["messages"]]
        more, after = part["more"], {"after": part["messages"][-1]["id"]}
    assert everything == ids[1:]
    around = page(around=ids[500], limit=101)["messages"]
    assert ids[500] in [m["id"] for m in around] and len(around) <= 101 and [m["id"] for m in around] == sorted(m["id"] for m in around)
    assert page(before=ids[0])["messages"] == [] and page(after=ids[-1])["messages"] == []
    assert len(page(limit=5000)["messages"]) == 1000 and len(page(limit=-3)["messages"]) == 1
    # A page of long messages ends early and says so.
    for i in range(20):
        me.run("long " + "x" * 100000, account="home", chat=off_line)
    part = page(limit=100)
    assert part["more"] is True and len(json.dumps(part)) < 1.3 * 2**20 and len(part["messages"]) >= 1


# --- many, slow, and gone ---

def test_a_hundred_watchers_of_which_one_never_reads(confab, off_line, session):
    lazy = session(read=False)
    lazy.send("subscribe")
    watchers = [session() for _ in range(99)]
    for w in watchers:
        w.call("subscribe", types=["message"])
    me = session()
    numbers = [me.run("x" * 20000 + str(i), account="home", chat=off_line)["message"] for i in range(80)]
    for w in watchers:
        w.event("message", id=numbers[-1], _timeout=60)
        assert [e["id"] for e in w.events("message")] == numbers
        w.close()
    # It reads at last: it is told that it missed something, and then goes on.
    lazy.read_on()
    lazy.event("reset")
    last = me.run("after it", account="home", chat=off_line)["message"]
    lazy.event("message", id=last)
    assert len(lazy.events("message")) < 80
    rig.until(lambda: len(me.call("faces")["faces"]) == 2, "the watchers are still listed")


def test_who_leaves_in_the_middle_hurts_nobody(confab, off_line, session):
    other = session()
    for i in range(50):
        s = rpc.connect(confab)
        s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"x","protocol":1}}\n'
                  b'{"jsonrpc":"2.0","id":2,"method":"subscribe"}\n{"jsonrpc":"2.0","id":3,"method":"run","params":{"line":"/conn'[:40 + 3 * i])
        s.close()
    assert other.call("accounts")["accounts"]
    rig.until(lambda: len(other.call("faces")["faces"]) == 1, "sessions that left are still there")


def test_a_question_goes_with_its_session(confab, off_line, session):
    asker, other = session(interactive=True), session(interactive=True)
    asker.call("subscribe", types=["prompt"]), other.call("subscribe", types=["prompt"])
    number = asker.send("run", line="/account remove home")
    question = asker.event("prompt")
    assert question["scope"] == "session" and question["kind"] == "confirm"
    assert [p["id"] for p in asker.call("prompts")["prompts"]] == [question["id"]]
    # Nobody else sees it or may answer it.
    assert other.call("prompts")["prompts"] == [] and other.events("prompt") == []
    assert refused(other, "answer", id=question["id"], value="yes").code == "not_found"
    assert refused(asker, "answer", id=question["id"], value="perhaps").code == "usage"
    asker.close()
    rig.until(lambda: len(other.call("faces")["faces"]) == 1, "the session is still there")
    assert other.call("accounts")["accounts"] and number
    # The answer that was meant.
    asker = session(interactive=True)
    asker.call("subscribe", types=["prompt"])
    number = asker.send("run", line="/account remove home")
    asker.call("answer", id=asker.event("prompt")["id"], value="no")
    with pytest.raises(rpc.Refused):
        asker.answer(number)
    # Nobody there to answer: the question's text is the error.
    error = refused(session(interactive=False), "run", line="/account remove home")
    assert error.code == "needs_answer" and "home" in error.message
    assert other.call("accounts")["accounts"]


def test_cancel_ends_a_run(confab, off_line, session):
    me = session(interactive=True)
    me.call("subscribe", types=["prompt"])
    number = me.send("run", line="/account remove home")
    question = me.event("prompt", _condition=lambda e: not e.get("gone"))
    me.call("cancel", request=number)
    with pytest.raises(rpc.Refused) as error:
        me.answer(number)
    assert error.value.code == "cancelled"
    me.event("prompt", id=question["id"], gone=True)
    assert me.call("prompts")["prompts"] == []
    # What is over cannot be cancelled, and that is no error.
    me.call("cancel", request=number)
    me.call("cancel", request=424242)


def test_cancel_of_what_waits_for_the_server(confab, server, people, session):
    (mira,) = people(1)
    confab.account("home", server, mira).start(log="notice")
    confab.wait_state("home")
    me = session()
    server.pause()
    try:
        number = me.send("run", line="/roster add someone@localhost", account="home")
        assert me.call("accounts")["accounts"][0]["state"] == "online"
        me.call("cancel", request=number)
        with pytest.raises(rpc.Refused) as error:
            me.answer(number)
        assert error.value.code == "cancelled"
    finally:
        server.go_on()
    rig.until(lambda: me.call("roster", account="home")["contacts"], "the server's answer after that is not taken")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_let_in_nowhere(confab, place):
    confab.start()
    nobody = pwd.getpwnam("nobody")
    # Even when somebody opened the folders.
    for folder in (place.path, confab.home, confab.socket.parent):
        folder.chmod(0o777)
    confab.socket.chmod(0o666)
    script = (f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(confab.socket)!r}); "
              "s.sendall(b'{\"id\":1,\"method\":\"hello\",\"params\":{\"client\":\"x\",\"protocol\":1}}\\n'); print(len(s.recv(100)))")
    done = subprocess.run(["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", rig.PYTHON, "-c", script],
                          capture_output=True, text=True)
    assert done.stdout.strip() in ("", "0"), done.stdout
    assert "somebody else" in confab.tail()
    assert confab.accounts() == {}
    confab.socket.parent.chmod(0o700)
    done = subprocess.run(["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", rig.PYTHON, "-c", script],
                          capture_output=True, text=True)
    assert "PermissionError" in done.stderr


def test_too_many_sessions_are_turned_away_and_come_back(confab):
    confab.start()
    held = []
    try:
        for _ in range(512):
            held.append(rpc.connect(confab))
        extra = rpc.connect(confab)
        extra.settimeout(rig.PATIENCE)
        assert extra.recv(10) == b""
        extra.close()
    finally:
        for s in held:
            s.close()
    rig.until(lambda: confab.run("call", "accounts").returncode == 0, "nobody is let in any more")


def test_stop_is_answered_before_the_end(confab, off_line, session):
    me, watcher = session(), session()
    watcher.call("subscribe")
    assert me.call("stop") == {}
    me.hung_up(5), watcher.hung_up(5)
    assert confab.process.wait(3) == 0
    confab.process = None
    assert not confab.socket.exists() and confab.run("stop").returncode == 2

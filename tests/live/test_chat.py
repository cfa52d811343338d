"""Talking to one person: both ways, each state, every body, links that break, and a core that is killed."""
import json
import os
import random
import re
import time

import pytest

import rig
import rpc
import secrecy

RANK = ["queued", "sent", "unknown", "stored", "delivered", "displayed"]
CARBONS = "<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>"


@pytest.fixture(autouse=True)
def secrets_stay(confab):
    yield
    secrecy.check(confab)


@pytest.fixture
def session(place, confab):
    """session(): one on the core's socket."""
    return lambda **more: place.keep(rpc.Rpc(confab, **more))


@pytest.fixture
def talk(confab, server, people, peer, proxy, place, authority):
    """
    talk(): mira in confab behind a wire that can be cut, on line; alice beside her.  offline=True: on a server that keeps
    what comes for somebody who is away until the next log-in, and has no archive.
    """
    common = server

    def start(receipts=True, offline=False, **more):
        class Talk:
            pass
        t = Talk()
        server = common
        if offline:
            server = place.keep(rig.Prosody(place.path / "own", authority, modules=("offline",), without=("mam",)))
            t.mira, t.alice = "mira", "alice"
            server.user("mira"), server.user("alice")
            server.friends("mira", "alice")
            server.start()
        else:
            t.mira, t.alice = people(2)
        t.server = server
        t.wire = proxy(server.port)
        t.friend = peer(t.alice, receipts=receipts, server=server)
        t.me, t.you = f"{t.mira}@localhost", f"{t.alice}@localhost"
        confab.account("home", server, t.mira, port=t.wire.port, **more).start(log="notice")
        confab.wait_state("home")
        t.friend.expect(ev="presence", _condition=lambda e: e["from"].startswith(t.me) and e["type"] is None)
        t.history = lambda **page: confab.history("home", t.you, **page)
        return t
    return start


def heard(friend):
    """Bodies that the contact got, in order."""
    return [e["body"] for e in friend.seen if e.get("ev") == "message" and e.get("body")]


def states(events, number):
    return [e["state"] for e in events if e["type"] == "message" and e.get("id") == number]


def test_both_ways_and_every_state_in_order(confab, talk, session):
    t = talk()
    watch = session()
    watch.call("subscribe")
    number = watch.run("hello alice", account="home", chat=t.you)["message"]
    got = t.friend.message("hello alice")
    assert got["to"] == t.you and got["type"] == "chat" and got["id"]
    watch.event("message", id=number, state="delivered")
    seen = states(watch.events(), number)
    # Forward only; several steps of one turn may be one event, and delivered is known to come last.
    assert seen == sorted(set(seen), key=RANK.index) and seen[-1] == "delivered", seen
    revisions = [e["rev"] for e in watch.events("message")]
    assert revisions == sorted(set(revisions))

    t.friend.send(t.me, "hello mira", id="m1", extra="<request xmlns='urn:xmpp:receipts'/>")
    event = watch.event("message", body="hello mira")
    assert (event["direction"], event["state"], event["via"], event["encryption"]) == ("in", "received", "live", "none")
    assert event["from"].startswith(t.you) and event["origin_id"] == "m1" and event["stanza_id"]
    assert t.friend.expect(ev="message", received="m1")["from"].startswith(t.me)
    chat = watch.event("chat", unread=1)
    assert (chat["chat"], chat["kind"], chat["open"]) == (t.you, "chat", True)
    page = t.history()
    assert [(m["body"], m["direction"]) for m in page] == [("hello alice", "out"), ("hello mira", "in")]
    assert [m["order"] for m in page] == sorted(m["order"] for m in page)
    watch.call("seen", account="home", chat=t.you, id=page[-1]["id"])
    watch.event("chat", unread=0, read=page[-1]["order"])


def test_do_waits_for_a_state(confab, talk):
    t = talk()
    for state in ("sent", "stored", "delivered"):
        confab.do(f"waits for {state}", account="home", chat=t.you, wait=state)
        reached = [m for m in t.history() if m["body"] == f"waits for {state}"][0]["state"]
        assert RANK.index(reached) >= RANK.index(state)
    t.friend.close()
    done = confab.run("do", "--account", "home", "--chat", t.you, "--wait", "delivered", "--timeout", "1", "--", "nobody is there")
    assert done.returncode == 1 and "stored" in done.stderr


def test_no_such_person(confab, talk):
    talk()
    done = confab.run("do", "--wait", "delivered", "--", "/msg nobody-here@localhost is there anybody")
    assert done.returncode == 1
    (message,) = confab.history("home", "nobody-here@localhost")
    assert message["state"] == "failed" and '"service unavailable"' in message["reason"], message
    assert message["reason"] in done.stderr
    # Failed is not lost: it can be sent again, and fails again.
    number = message["id"]
    assert confab.do(f"/retry {number}", account="home", wait="delivered", ok=False)
    assert len(confab.history("home", "nobody-here@localhost")) == 1
    confab.do(f"/cancel {number}", account="home")
    assert confab.history("home", "nobody-here@localhost")[0]["state"] == "cancelled"
    for line in ("/msg two@@at hello", "/msg", "/retry 999999", "/nosuchcommand", "/msg @localhost x"):
        assert confab.do(line, account="home", ok=False).count("\n") == 1


def test_what_is_said_off_line_goes_out_in_order(confab, talk):
    t = talk()
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    bodies = [f"queued {i}" for i in range(25)]
    confab.do(*bodies, account="home", chat=t.you)
    assert [m["state"] for m in t.history()] == ["queued"] * 25
    # A restart does not change that.
    confab.stop()
    confab.start()
    confab.wait_state("home")
    t.friend.message("queued 24")
    assert heard(t.friend) == bodies
    rig.until(lambda: all(m["state"] == "delivered" for m in t.history()), lambda: f"{[m['state'] for m in t.history()]}")
    assert [m["body"] for m in t.history()] == bodies


def test_what_waited_at_the_server(confab, place, authority):
    server = place.keep(rig.Prosody(place.path / "own", authority, modules=("offline",), without=("mam",)))
    server.user("mira"), server.user("alice")
    server.friends("mira", "alice")
    server.start()
    friend = place.keep(rig.Peer(server, "alice"))
    began = time.time()
    friend.send("mira@localhost", "first")
    friend.send("mira@localhost", "second")
    stored = server.folder / "data" / "localhost" / "offline"
    rig.until(lambda: any(p.read_text().count("second") for p in stored.rglob("mira*")) if stored.exists() else False,
              "the server does not keep it")
    # A second that certainly lies between the claim and the log-in.
    rig.until(lambda: time.time() > began + 1.1, "time stands still")
    confab.account("home", server, "mira").start()
    confab.wait_state("home")
    page = rig.until(lambda: (lambda m: m if len(m) == 2 else None)(confab.history("home", "alice@localhost")), "they do not come")
    assert [(m["body"], m["via"]) for m in page] == [("first", "offline"), ("second", "offline")]
    for m in page:
        said = time.mktime(time.strptime(m["said"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert abs(said - began) <= 1.5, (m["said"], began)


def test_carbons_both_ways(confab, talk, peer):
    t = talk()
    phone = peer(t.mira, resource="phone")
    phone.raw(CARBONS)
    phone.expect(ev="iq", id="carbons", type="result")
    phone.send(t.you, "from my phone", id="p1")
    t.friend.message("from my phone")
    page = rig.until(t.history, "the copy does not come")
    assert [(m["body"], m["direction"], m["via"]) for m in page] == [("from my phone", "out", "carbon")]
    assert page[0]["from"].startswith(t.me)
    t.friend.send(phone.full, "to your phone")
    rig.until(lambda: len(t.history()) == 2, "the copy does not come")
    last = t.history()[-1]
    assert (last["body"], last["direction"], last["via"]) == ("to your phone", "in", "carbon")
    confab.do("from confab", account="home", chat=t.you, wait="delivered")
    copy = phone.expect(ev="message", _condition=lambda e: "from confab" in e["xml"])
    assert "urn:xmpp:carbons:2" in copy["xml"]
    # What I said elsewhere is not unread; what was said to me is.
    (chat,) = confab.call("chats")["chats"]
    assert chat["unread"] <= 1
    assert [m["body"] for m in t.history()] == ["from my phone", "to your phone", "from confab"]


def test_a_forged_carbon_is_nothing(confab, talk):
    t = talk()
    inner = f"<message xmlns='jabber:client' from='boss@localhost/x' to='{t.me}' type='chat'><body>forged</body></message>"
    for kind in ("sent", "received"):
        t.friend.raw(f"<message to='{t.me}' type='chat'><{kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
                     f"{inner}</forwarded></{kind}></message>")
    t.friend.send(t.me, "after")
    rig.until(t.history, "nothing comes")
    assert [m["body"] for m in t.history()] == ["after"]
    assert [c["chat"] for c in confab.call("chats")["chats"]] == [t.you]


def test_forged_receipts_move_nothing(confab, talk, peer, people):
    t = talk(receipts=False)
    (other,) = people(1)
    stranger = peer(other)
    confab.do("is it there", account="home", chat=t.you, wait="stored")
    id = t.friend.message("is it there")["id"]
    stranger.raw(f"<message to='{t.me}' type='chat'><received xmlns='urn:xmpp:receipts' id='{id}'/></message>")
    stranger.raw(f"<message to='{t.me}' type='error' id='{id}'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                 "</error></message>")
    stranger.send(t.me, "done")
    rig.until(lambda: confab.history("home", f"{other}@localhost"), "the stranger is not heard")
    assert t.history()[0]["state"] == "stored"
    t.friend.raw(f"<message to='{t.me}' type='chat'><received xmlns='urn:xmpp:receipts' id='{id}'/></message>")
    rig.until(lambda: t.history()[0]["state"] == "delivered", "the true one is not believed")
    # An error after a receipt takes nothing back.
    t.friend.raw(f"<message to='{t.me}' type='error' id='{id}'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                 "</error></message>")
    t.friend.send(t.me, "end")
    rig.until(lambda: t.history()[-1]["body"] == "end", "it does not come")
    assert t.history()[0]["state"] == "delivered"


def test_a_chat_with_oneself(confab, talk, session):
    t = talk()
    watch = session()
    watch.call("subscribe", types=["message"])
    confab.do("note to self", account="home", chat=t.me, wait="stored")
    confab.do("and another", account="home", chat=t.me, wait="stored")
    t.friend.send(t.me, "a mark in time")
    watch.event("message", body="a mark in time")
    page = confab.history("home", t.me)
    assert [m["body"] for m in page] == ["note to self", "and another"]
    assert all(m["direction"] == "out" for m in page)


BODIES = ["漢字とかな交じり文、한국어", "👩‍👩‍👧‍👦 🇩🇪 👍🏽 e\u0301", "one\ntwo\n\n  three\ttabbed", "<b>&amp; ' \" ]]></b>",
          " blanks around ", "\u202eright to left\u202c", "//not a command", "a" * 100000 + "é" * 50000]


def test_every_kind_of_body_both_ways(confab, talk, session):
    t = talk()
    me = session()
    me.call("subscribe", types=["message"])
    for i, body in enumerate(BODIES):
        t.friend.send(t.me, body)
        rig.until(lambda: len(t.history(limit=1000)) == 2 * i + 1, f"{body[:40]!r} does not come")
        number = me.run("/say " + body, account="home", chat=t.you)["message"]
        me.event("message", id=number, state="delivered")
    page = t.history(limit=1000)
    t.friend.send(t.friend.full, "looked at")
    t.friend.message("looked at")
    sent = heard(t.friend)[:-1]
    assert len(sent) == len(BODIES)
    for i, body in enumerate(BODIES):
        whole = [confab.call("message", id=m["id"])["message"]["body"] for m in page[2 * i:2 * i + 2]]
        # Blanks at the ends of a line typed are the line's; marks of direction may be closed, never left open.
        plain = body.strip() if body.startswith(" ") else body
        shown = re.sub("[\u202a-\u202e]", "", plain)
        assert re.sub("[\u202a-\u202e]", "", whole[0]).strip() == shown
        assert re.sub("[\u202a-\u202e]", "", sent[i]).lstrip("/").strip() == shown.lstrip("/").strip()
        cut = [m.get("cut", False) for m in page[2 * i:2 * i + 2]]
        assert cut == [len(body.encode()) > 65536] * 2
    confab.do("\U0001f600" * 10, account="home", chat=t.you, wait="delivered")
    t.friend.message("\U0001f600" * 10)


def test_more_than_the_server_takes(confab, talk, session):
    """Prosody ends the stream over a stanza of more than 256 KiB: told, and not tried for ever."""
    t = talk()
    me = session()
    me.run("x" * 300000, account="home", chat=t.you)
    rig.until(lambda: t.history()[0]["state"] == "failed", "nobody says so")
    assert "too big" in t.history()[0]["reason"]
    confab.do("/connect")
    confab.wait_state("home")
    confab.do("small", account="home", chat=t.you, wait="delivered")
    t.friend.message("small")
    assert heard(t.friend) == ["small"]
    with pytest.raises(rpc.Refused) as refused:
        me.run("x" * 1100000, account="home", chat=t.you)
    assert refused.value.code == "usage" and "1048576" in refused.value.message
    assert len(t.history()) == 2


def test_a_burst_both_ways_with_a_cut_in_the_middle(confab, talk, session):
    t = talk(offline=True)
    me = session()
    me.call("subscribe", types=["message"])
    out, into = [f"out {i}" for i in range(500)], [f"in {i}" for i in range(500)]
    asked = []
    for i in range(500):
        asked.append(me.send("run", line=out[i], account="home", chat=t.you))
        t.friend.send(t.me, into[i], id=f"i{i}")
        if i in (150, 320):
            me.event("message", body=f"in {i - 60}")
            t.wire.cut()
            me.send("run", line="/connect home")
    numbers = [me.answer(a)["message"] for a in asked]
    assert numbers == sorted(numbers)
    try:
        t.friend.expect(ev="message", body="out 499", _timeout=60)
    except rig.Late as late:
        states = [m["state"] for m in t.history(limit=1000) if m["direction"] == "out"]
        raise rig.Late(f"{str(late)[:300]}\n{({s: states.count(s) for s in states})}\n{confab.tail()}") from None
    me.event("message", body="in 499", _timeout=60)
    assert heard(t.friend) == out
    page = t.history(limit=1000)
    assert [m["body"] for m in page if m["direction"] == "in"] == into
    assert [m["body"] for m in page if m["direction"] == "out"] == out
    rig.until(lambda: all(m["state"] == "delivered" for m in t.history(limit=1000) if m["direction"] == "out"),
              lambda: str([m for m in t.history(limit=1000) if m["direction"] == "out" and m["state"] != "delivered"][:3]), 60)
    per = {}
    for e in me.events("message"):
        per.setdefault(e["id"], []).append(e)
    for events in per.values():
        # One that came again, after a link broke, is told again as it is.
        assert [e["rev"] for e in events] == sorted(e["rev"] for e in events)


def test_killed_in_the_middle_ten_times(confab, talk):
    """kill -9 while messages fly both ways: none lost, none twice, on either side; none whose fate is not known."""
    seed = int(os.environ.get("SEED", time.time_ns() % 2**32))
    print("SEED", seed)
    chance = random.Random(seed)
    t = talk(offline=True)
    answered, maybe, into = [], [], []
    for turn in range(10):
        me = rpc.Rpc(confab)
        asked = {}
        fatal = chance.randrange(5, 60)
        for i in range(60):
            body = f"out {turn}.{i}"
            try:
                asked[body] = me.send("run", line=body, account="home", chat=t.you)
            except OSError:
                break
            into.append(f"in {turn}.{i}")
            t.friend.send(t.me, into[-1], id=f"i{turn}.{i}")
            if i == fatal:
                # Anywhere: before the commit, after it, in the middle of what is written.
                if chance.random() < 0.7:
                    me.wait(lambda one, body=f"out {turn}.{chance.randrange(0, i + 1)}": one.get("id") == asked[body], "no answer")
                confab.kill()
        me.hung_up()
        good = {one["id"] for one in me.lines if "result" in one}
        answered += [b for b, n in asked.items() if n in good]
        maybe += [b for b, n in asked.items() if n not in good]
        me.close()
        confab.start(log="notice")
        confab.wait_state("home")
    confab.do("the end", account="home", chat=t.you, wait="delivered")
    t.friend.send(t.me, "in the end")
    rig.until(lambda: t.history()[-1]["body"] == "in the end", "the last one does not come", 60)
    t.friend.message("the end") if "the end" not in heard(t.friend) else None

    page, before = [], None
    while True:
        part = confab.call("history", account="home", chat=t.you, limit=1000, **({"before": before} if before else {}))
        page = part["messages"] + page
        before = part["messages"][0]["id"]
        if not part["more"]:
            break
    got = [m["body"] for m in page if m["direction"] == "in"]
    assert got == into + ["in the end"], (seed, [b for b in into if b not in got], [b for b in got if got.count(b) > 1])
    there = heard(t.friend)
    lost = [b for b in answered if b not in there]
    twice = {b for b in there if there.count(b) > 1}
    assert (lost, twice) == ([], set()), seed
    rows = {m["body"]: m["state"] for m in page if m["direction"] == "out"}
    # What was not answered may have been stored or not; what was stored was said, and the other way about.
    assert set(rows) == set(there) and set(rows) <= set(answered) | set(maybe) | {"the end"}
    assert there == [m["body"] for m in page if m["direction"] == "out"]
    assert set(rows.values()) == {"delivered"}, (seed, {b: s for b, s in rows.items() if s != "delivered"})
    print(f"{len(answered)} answered, {len(maybe)} not, {len(there)} said, {len(got)} heard")


@pytest.mark.parametrize("archive", [True, False])
def test_a_session_that_the_server_forgot(confab, place, authority, archive):
    """The server died: nothing can be resumed.  What was under way is looked for in the archive, or told as not known."""
    server = place.keep(rig.Prosody(place.path / "own", authority, without=() if archive else ("mam",)))
    server.user("mira"), server.user("alice")
    server.friends("mira", "alice")
    server.start()
    confab.account("home", server, "mira").start()
    confab.wait_state("home")
    # The first catch-up is over, and nobody is asked for keys: so what is said leaves although nothing is answered.
    rig.until(lambda: json.loads(confab.do("/sync", json=True))[0]["state"] in ("complete", "none"), "no catch-up")
    confab.do("/omemo off", account="home", chat="alice@localhost")
    server.pause()
    confab.do("under way", account="home", chat="alice@localhost", wait="sent")
    server.kill()
    confab.wait_state("home", "waiting")
    confab.do("after it", account="home", chat="alice@localhost")
    server.start()
    friend = place.keep(rig.Peer(server, "alice", receipts=True))
    confab.do("/connect")
    confab.wait_state("home")
    rows = lambda: {m["body"]: m for m in confab.history("home", "alice@localhost")}
    friend.message("after it")
    if not archive:
        assert rows()["under way"]["state"] == "unknown" and "may have arrived" in rows()["under way"]["reason"]
        confab.do(f"/retry {rows()['under way']['id']}", account="home", wait="delivered")
    rig.until(lambda: {m["state"] for m in rows().values()} == {"delivered"}, lambda: str(rows()))
    if "under way" not in heard(friend):
        friend.message("under way")
    assert sorted(heard(friend)) == ["after it", "under way"]

"""Rooms (XEP-0045) on a Prosody and an ejabberd, with others in them by slixmpp."""
import os
import time

import pytest

import hall
import rig
import rpc

MUC = "http://jabber.org/protocol/muc"


@pytest.fixture(params=["server", "ejabberd"])
def service(request):
    """Each kind of server in turn."""
    return request.getfixturevalue(request.param)


def enter(peer, room, nick):
    """An occupant comes in, and is in when its own presence is back."""
    peer.raw(f"<presence to='{room}/{nick}'><x xmlns='{MUC}'/></presence>")
    peer.expect(lambda e: e["from"] == f"{room}/{nick}" and "code=\"110\"" in e["xml"], ev="presence")


def unlock(peer, room):
    """The settings of the service, for a room that was made."""
    peer.raw(f"<iq type='set' id='unlock' to='{room}'><query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>")
    peer.expect(ev="iq", id="unlock", type="result")


def room_of(server, name):
    return f"{name}@conference.{server.domain}"


@pytest.fixture
def cave(service, people, peer, confab):
    """confab as me and a slixmpp as owner "anna" of a room; (confab, anna, room, me)."""
    me, owner = people(2, on=service)
    anna = peer(owner, server=service)
    room = room_of(service, f"cave-{me}")
    enter(anna, room, "anna")
    unlock(anna, room)
    confab.account("home", service, me, nick="zoe")
    confab.start()
    confab.wait_state("home")
    # Somebody sits there: else ejabberd keeps presences back (XEP-0352).
    face = rpc.Rpc(confab)
    face.call("active", focused=True)
    yield confab, anna, room, me
    face.close()


def test_a_day_in_a_room(cave):
    confab, anna, room, _ = cave
    events = confab.watch("message", "room", "occupant", "passage", "notice")
    confab.do(f"/join {room}", account="home")
    there = confab.call("room", account="home", chat=room)
    assert [(r["chat"], r["state"]) for r in confab.call("rooms")["rooms"]] == [(room, "in")]
    assert there["room"]["state"] == "in" and there["room"]["nick"] == "zoe"
    assert [(o["nick"], o["affiliation"]) for o in there["occupants"]] == [("anna", "owner"), ("zoe", "none")]
    anna.expect(lambda e: e["from"] == f"{room}/zoe", ev="presence")
    anna.send(room, "hello zoe", type="groupchat", id="m1")
    events.expect(type="message", body="hello zoe", nick="anna", chat=room, direction="in")
    confab.do("good day", account="home", chat=room, wait="stored")
    anna.expect(ev="message", body="good day", **{"from": f"{room}/zoe"})
    history = confab.call("history", account="home", chat=room)["messages"]
    assert [(m["body"], m["state"]) for m in history] == [("hello zoe", "received"), ("good day", "stored")]
    offered = [w["word"] for line in ("AN", "tell an", "/whois an")
               for w in confab.call("complete", line=line, cursor=len(line), account="home", chat=room)["words"]]
    assert offered == ["anna:", "anna", "anna"]
    confab.do("/nick zora", account="home", chat=room)
    events.expect(type="room", chat=room, nick="zora")
    anna.presence(to=f"{room}/annette")
    events.expect(type="passage", kind="renamed", nick="anna", new_nick="annette")
    confab.do("/leave so long", account="home", chat=room)
    anna.expect(ev="presence", type="unavailable", status="so long", **{"from": f"{room}/zora"})


def test_what_is_not_there_is_not_made(cave, service):
    confab, anna, room, me = cave
    missing = room_of(service, f"nowhere-{me}")
    refused = confab.do(f"/join {missing}", account="home", ok=False)
    assert "/create" in refused, refused
    anna.raw(f"<iq type='get' id='q1' to='{missing}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
    anna.expect(ev="iq", id="q1", type="error")
    confab.do(f"/create {missing}", account="home")
    there = confab.call("room", account="home", chat=missing)
    assert there["room"]["affiliation"] == "owner" and there["room"]["role"] == "moderator"
    enter(anna, missing, "anna")


def bodies(confab, chat, account="home"):
    return [m["body"] for m in confab.call("history", account=account, chat=chat)["messages"]]


def is_in(confab, room, account="home"):
    """Waits until we are in; the answer of room."""
    return rig.until(lambda: (lambda r: r if r["room"]["state"] == "in" else None)(confab.call("room", account=account, chat=room)),
                     lambda: f"not in {room}: {confab.call('room', account=account, chat=room)['room']}")


def test_to_one_alone(cave):
    confab, anna, room, _ = cave
    confab.do(f"/join {room}", account="home")
    confab.do("/msg anna between us", account="home", chat=room)
    got = anna.message("between us", type="chat")
    assert got["from"] == f"{room}/zoe"
    events = confab.watch("message")
    anna.send(f"{room}/zoe", "only for you", extra=f"<x xmlns='{MUC}#user'/>")
    events.expect(body="only for you", chat=f"{room}/anna", nick="anna")
    assert bodies(confab, f"{room}/anna") == ["between us", "only for you"]
    assert bodies(confab, room) == []


def test_killed_in_a_room(cave):
    """kill -9: the others see nobody go, nothing is lost or twice, and who is there is known again."""
    confab, anna, room, _ = cave
    confab.do(f"/join {room}", account="home")
    anna.send(room, "before", type="groupchat", id="k1")
    rig.until(lambda: "before" in bodies(confab, room), "nothing came")
    confab.do("and ours", account="home", chat=room, wait="stored")
    confab.kill()
    anna.send(room, "meanwhile", type="groupchat", id="k2")
    anna.message("meanwhile")
    confab.start()
    confab.wait_state("home")
    there = is_in(confab, room)
    assert sorted(o["nick"] for o in there["occupants"]) == ["anna", "zoe"]
    rig.until(lambda: bodies(confab, room) == ["before", "and ours", "meanwhile"], lambda: str(bodies(confab, room)))
    confab.do("still here", account="home", chat=room, wait="stored")
    anna.message("still here")
    assert not [e for e in anna.seen if e.get("from") == f"{room}/zoe" and e.get("type") == "unavailable"]


def test_a_new_session_is_in_the_room_again(cave):
    confab, anna, room, _ = cave
    confab.do(f"/join {room}", account="home")
    confab.do("one", account="home", chat=room, wait="stored")
    confab.stop()
    anna.expect(ev="presence", type="unavailable", **{"from": f"{room}/zoe"})
    for body in ("two", "three"):
        anna.send(room, body, type="groupchat", id=body)
        anna.message(body)
    confab.start()
    confab.wait_state("home")
    is_in(confab, room)
    rig.until(lambda: bodies(confab, room) == ["one", "two", "three"], lambda: str(bodies(confab, room)))


def test_two_accounts_in_one_room(service, people, peer, confab):
    first, second, owner = people(3, on=service)
    room = room_of(service, f"both-{first}")
    anna = peer(owner, server=service)
    enter(anna, room, "anna")
    unlock(anna, room)
    confab.account("one", service, first, nick="uno").account("two", service, second, nick="due")
    confab.start()
    for account in ("one", "two"):
        confab.wait_state(account)
        confab.do(f"/join {room}", account=account)
    confab.do("hello due", account="one", chat=room, wait="stored")
    rig.until(lambda: bodies(confab, room, "two") == ["hello due"], "the other account did not hear it")
    mine, = confab.history("one", room)
    theirs, = confab.history("two", room)
    assert (mine["direction"], mine["nick"], mine["mention"]) == ("out", "uno", False)
    assert (theirs["direction"], theirs["nick"], theirs["mention"]) == ("in", "uno", True)


def test_put_out(cave):
    confab, anna, room, _ = cave
    confab.do(f"/join {room}", account="home")
    events = confab.watch("room", "notice")
    admin = "<iq type='set' id='{0}' to='{1}'><query xmlns='http://jabber.org/protocol/muc#admin'><item nick='zoe' role='none'>" \
            "<reason>enough</reason></item></query></iq>"
    anna.raw(admin.format("k1", room))
    gone = events.expect(type="room", chat=room, state="failed", reason="kicked")
    assert '"enough"' in gone["text"] and "/join" in gone["text"]
    assert "/join" in confab.do("still here", account="home", chat=room, ok=False)
    confab.do("/join", account="home", chat=room)
    anna.raw(f"<iq type='set' id='d1' to='{room}'><query xmlns='{MUC}#owner'><destroy jid='other@conference.localhost'>"
             "<reason>moved</reason></destroy></query></iq>")
    gone = events.expect(type="room", chat=room, state="failed", reason="destroyed")
    assert "other@conference.localhost" in gone["text"] and '"moved"' in gone["text"]


@pytest.fixture(scope="module")
def hall_server(shared, authority):
    """A Prosody of its own, with room for a component that plays rooms."""
    port, = rig.free_ports(1)
    server = rig.Prosody(shared.path / "hall", authority, extra=f"component_ports = {{ {port} }}\nlimits = {{ }}\n",
                         host_extra='Component "hall.localhost"\n  component_secret = "secret"\n')
    server.component_port = port
    return shared.keep(server).start()


@pytest.fixture
def crowd(hall_server, people, confab, place):
    """crowd(occupants=1500): a confab on line, and the hall."""
    def make(**options):
        me, = people(1, on=hall_server)
        there = place.keep(hall.Hall(hall_server.component_port, "hall.localhost", **options))
        confab.account("home", hall_server, me, nick="zoe")
        confab.start(log="notice")
        confab.wait_state("home")
        return confab, there
    return make


def processor(confab):
    """Seconds that the core has used."""
    fields = open(f"/proc/{confab.process.pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_fifteen_hundred_people(crowd):
    """All are known when we are in; five hundred changes are told as such, and cost little."""
    confab, there = crowd(occupants=1500, lines=200)
    room = "crowd@hall.localhost"
    confab.do(f"/join {room}", account="home")
    known = confab.call("room", account="home", chat=room)
    assert known["room"]["occupants"] == 1501 and len(known["occupants"]) == 1501 and not known["more"]
    rig.until(lambda: len(confab.call("history", account="home", chat=room, limit=1000)["messages"]) == 200, "not all lines came")
    assert confab.call("chats")["chats"][0]["unread"] == 0
    events = confab.watch("occupant", "message", "room")
    before = processor(confab)
    there.change(room, 500, "away")
    events.expect(type="message", body="99 away now 99")
    used = processor(confab) - before
    told = [e["nick"] for e in events.seen if e["type"] == "occupant"]
    assert sorted(told) == sorted(f"occupant {n}" for n in range(500))
    assert used < 0.2 or rig.SANITIZED, used
    # The same once more changes nothing.
    there.say(room, "".join(hall.occupant(room, n, "away") for n in range(500)))
    there.say(room, f"<message type='groupchat' id='same' from='{room}/occupant 1' to='{{to}}'><body>the same</body></message>")
    events.expect(type="message", body="the same")
    assert len([e for e in events.seen if e["type"] == "occupant"]) == 500


def test_fifty_rooms_at_once(crowd):
    """They are all entered again with a new session, side by side, and what is said in each comes back."""
    confab, there = crowd(occupants=3)
    rooms = [f"room{n}@hall.localhost" for n in range(50)]
    for room in rooms:
        confab.do(f"/join {room}", account="home")
    confab.stop()
    there.entered.clear()
    confab.start(log="notice")
    confab.wait_state("home")
    for room in rooms:
        is_in(confab, room)
        assert there.entered[room][0] == "zoe"
    confab.do("hello", account="home", chat=rooms[-1], wait="stored")


def test_back_in_the_archive(cave):
    """More was said than one page holds: the newest comes by itself, the rest when somebody reads back; all once, in order."""
    confab, anna, room, _ = cave
    said = [f"line {n}" for n in range(130)]
    for body in said:
        anna.send(room, body, type="groupchat", id=body.replace(" ", "-"))
    anna.message(said[-1])
    confab.do(f"/join {room}", account="home")
    rig.until(lambda: bodies(confab, room)[-1:] == said[-1:], "the newest page did not come")

    def all_of_it():
        page = confab.call("history", account="home", chat=room, limit=1000)
        if not page["fetching"] and len(page["messages"]) == len(said):
            return [m["body"] for m in page["messages"]]

    assert rig.until(all_of_it, lambda: str(len(bodies(confab, room)))) == said

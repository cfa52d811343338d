"""Rooms (XEP-0045) on a Prosody and an ejabberd, with others in them by slixmpp."""
import pytest

import rig

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
    return confab, anna, room, me


def test_a_day_in_a_room(cave):
    confab, anna, room, _ = cave
    events = confab.watch("message", "room", "occupant", "passage", "notice")
    confab.do(f"/join {room}", account="home")
    there = confab.call("room", account="home", chat=room)
    assert there["room"]["state"] == "in" and there["room"]["nick"] == "zoe"
    assert [(o["nick"], o["affiliation"]) for o in there["occupants"]] == [("anna", "owner"), ("zoe", "none")]
    anna.expect(lambda e: e["from"] == f"{room}/zoe", ev="presence")
    anna.send(room, "hello zoe", type="groupchat", id="m1")
    events.expect(type="message", body="hello zoe", nick="anna", chat=room, direction="in")
    confab.do("good day", account="home", chat=room, wait="stored")
    anna.expect(ev="message", body="good day", **{"from": f"{room}/zoe"})
    history = confab.call("history", account="home", chat=room)["messages"]
    assert [(m["body"], m["state"]) for m in history] == [("hello zoe", "received"), ("good day", "stored")]
    confab.do("/nick zora", account="home", chat=room)
    events.expect(type="room", chat=room, nick="zora")
    # Nobody sits there, so ejabberd keeps presences back until something that matters comes (XEP-0352).
    anna.presence(to=f"{room}/annette")
    anna.expect(lambda e: e["from"] == f"{room}/annette" and "code=\"110\"" in e["xml"], ev="presence")
    anna.send(room, "new names", type="groupchat")
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

"""Rooms from the side of those who keep, find and run them: bookmarks on several devices, lists, moderation, settings,
invitations; on a Prosody and an ejabberd."""
import pytest

import rig
from test_rooms import MUC, enter, room_of, service, unlock  # noqa: F401


@pytest.fixture(scope="module")
def keeper(shared, authority):
    """A Prosody that keeps bookmarks as items (XEP-0402); the others keep them as one text."""
    return shared.keep(rig.Prosody(shared.path / "keeper", authority, modules=("bookmarks",))).start()


@pytest.fixture
def device(confabs):
    """device("desk", server, user): a confab of that account, on line."""
    def make(name, server, user, **keys):
        one = confabs(name)
        one.account("home", server, user, resource=name, **keys)
        one.start()
        one.wait_state("home")
        # Somebody sits there: else ejabberd keeps presences back (XEP-0352).
        one.call("active", focused=True)
        return one
    return make


def room_state(confab, room):
    done = confab.run("call", "room", f'{{"account": "home", "chat": "{room}"}}')
    return "" if done.returncode else rig.json.loads(done.stdout)["room"]["state"]


def test_what_one_device_joins_the_other_joins(keeper, people, peer, device):
    me, owner = people(2, on=keeper)
    room = room_of(keeper, f"kept-{me}")
    anna = peer(owner, server=keeper)
    enter(anna, room, "anna")
    unlock(anna, room)
    desk, lap = device("desk", keeper, me, nick="zoe"), device("lap", keeper, me, nick="zoe")
    # Both are asked what they have before either of them changes anything.
    seen = lap.watch("room")
    desk.do(f"/join {room}", account="home")
    seen.expect(type="room", chat=room, state="in")
    rig.until(lambda: room in lap.do("/bookmark", account="home"), "the bookmark does not come")
    desk.do(f"/bookmark set {room} name The kept one", account="home")
    rig.until(lambda: "The kept one" in lap.do("/bookmark", account="home"), "the name does not come")
    lap.do(f"/bookmark set {room} notify none", account="home")
    rig.until(lambda: "notify none" in desk.do("/bookmark", account="home"), "the level does not come")
    desk.do("/leave", account="home", chat=room)
    seen.expect(type="room", chat=room, state="out")
    # Left on one is joined on none, also by who comes later; the rest of the bookmark is there.
    phone = device("phone", keeper, me)
    rig.until(lambda: "The kept one" in phone.do("/bookmark", account="home"), "the bookmarks do not come")
    assert "joined at each log-in" not in phone.do("/bookmark", account="home")
    assert room_state(phone, room) in ("", "out")
    # Somebody else writes into our bookmarks what looks like one of ours.
    anna.raw(f"<message to='{me}@{keeper.domain}' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
             f"<items node='urn:xmpp:bookmarks:1'><item id='trap@conference.{keeper.domain}'>"
             "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item></items></event></message>")
    anna.send(f"{me}@{keeper.domain}", "after the trap", id="t1")
    rig.until(lambda: "after the trap" in str(phone.history("home", f"{owner}@{keeper.domain}")), "the message does not come")
    assert "trap" not in phone.do("/bookmark", account="home")


def test_bookmarks_as_one_text(service, people, device):
    me, = people(1, on=service)
    room = room_of(service, f"text-{me}")
    desk = device("desk", service, me)
    # What the server has may still be under way; then it is told later, and says nothing about this one.
    rig.until(lambda: not desk.do(f"/bookmark add {room}/Zo Written", account="home").strip(), "the server is not asked")
    desk.do(f"/bookmark set {room} autojoin off", account="home")
    lap = device("lap", service, me)
    rig.until(lambda: "Written" in lap.do("/bookmark", account="home"), "the bookmark does not come")
    assert "as Zo" in lap.do("/bookmark", account="home")
    lap.do(f"/bookmark remove {room}", account="home")
    desk.stop()
    desk.start()
    desk.wait_state("home")
    rig.until(lambda: "keeps no room" in desk.do("/bookmark", account="home"), "the bookmark does not go")


@pytest.fixture
def owned(service, people, peer, device):
    """(confab, room, alice, bob, names): confab owns the room, alice and bob are in it."""
    me, a, b = people(3, on=service)
    room = room_of(service, f"ours-{me}")
    confab = device("desk", service, me, nick="zoe")
    confab.do(f"/create {room}", account="home")
    alice, bob = peer(a, server=service), peer(b, server=service)
    enter(alice, room, "alice")
    enter(bob, room, "bob two")
    return confab, room, alice, bob, (me, a, b)


def test_a_nick_is_kept(server, people, peer, confab):
    """Prosody's rooms keep nicks for their members."""
    me, owner = people(2)
    room = room_of(server, f"kept-{me}")
    anna = peer(owner)
    enter(anna, room, "anna")
    unlock(anna, room)
    anna.raw(f"<iq type='set' id='m1' to='{room}'><query xmlns='{MUC}#admin'><item jid='{me}@{server.domain}' affiliation='member'/>"
             "</query></iq>")
    anna.expect(ev="iq", id="m1", type="result")
    confab.account("home", server, me, nick="zoe").start()
    confab.wait_state("home")
    confab.do(f"/join {room}", account="home")
    assert "keeps a nick" in confab.do("/room register", account="home", chat=room)
    assert "keeps the nick zoe" in confab.do("/room register", account="home", chat=room)
    confab.do("/leave", account="home", chat=room)
    # Nobody else can have it.
    anna.raw(f"<presence to='{room}/zoe'/>")
    anna.expect(lambda e: "conflict" in e["xml"], ev="presence", type="error")
    confab.do(f"/join {room}", account="home")
    assert "keeps nothing" in confab.do("/room unregister", account="home", chat=room)


def knows(confab, room, nick):
    def look():
        return [o for o in confab.call("room", account="home", chat=room)["occupants"] if o["nick"] == nick]
    return rig.until(look, f"{nick} is not there")[0]


def test_moderating(owned, service, device):
    confab, room, alice, bob, (_, a, b) = owned
    at = {"account": "home", "chat": room}
    knows(confab, room, "alice")
    knows(confab, room, "bob two")
    confab.do("/kick 'bob two' too loud", **at)
    bob.expect(lambda e: e["from"] == f"{room}/bob two" and 'code="307"' in e["xml"] and "too loud" in e["xml"], ev="presence",
               type="unavailable")
    enter(bob, room, "bob two")
    knows(confab, room, "bob two")
    confab.do("/ban 'bob two' enough", **at)
    bob.expect(lambda e: e["from"] == f"{room}/bob two" and 'code="301"' in e["xml"], ev="presence", type="unavailable")
    assert f"{b}@{service.domain}" in confab.do("/room list outcasts", **at)
    bob.raw(f"<presence to='{room}/bob two'><x xmlns='{MUC}'/></presence>")
    bob.expect(lambda e: e["from"] == f"{room}/bob two" and "forbidden" in e["xml"], ev="presence", type="error")
    confab.do(f"/unban {b}@{service.domain}", **at)
    enter(bob, room, "bob")
    confab.do("/affiliation alice admin", **at)
    alice.expect(lambda e: e["from"] == f"{room}/alice" and 'affiliation="admin"' in e["xml"], ev="presence")
    assert f"{a}@{service.domain}" in confab.do("/room list admins", **at)
    confab.do("/ban spam.example bots", **at)
    assert "spam.example" in confab.do("/room list outcasts", **at)
    # Who may not is told so in the room's words.
    guest = device("guest", service, b, nick="guest")
    guest.do(f"/join {room}", account="home")
    assert "refused" in guest.do("/kick alice", ok=False, **at)
    assert "refused" in guest.do("/room config", ok=False, **at)


def test_settings_and_the_end(owned, service):
    confab, room, alice, bob, _ = owned
    at = {"account": "home", "chat": room}
    assert "muc#roomconfig_roomname" in confab.do("/room config", **at)
    said = confab.do("/room set roomname The Den", "/room set roomdesc A place, to be.", "/room set changesubject yes", **at)
    assert "The Den" in said
    info = confab.do(f"/room info {room}", account="home")
    assert "The Den" in info and "A place, to be." in info
    assert "people in it: 3" in info
    assert "yes or no" in confab.do("/room set changesubject perhaps", ok=False, **at)
    knows(confab, room, "alice")
    knows(confab, room, "bob two")
    refused = confab.do("/room set membersonly yes", ok=False, **at)
    assert "2 in" in refused and "no member" in refused, refused
    confab.do("/affiliation alice member", **at)
    rig.until(lambda: knows(confab, room, "alice")["affiliation"] == "member", "alice is no member")
    confab.do("/room set membersonly yes", yes=True, **at)
    bob.expect(lambda e: e["from"] == f"{room}/bob two" and 'code="322"' in e["xml"], ev="presence", type="unavailable")
    assert "for members only" in confab.do("/room info", **at)
    assert "cannot be taken back" in confab.do("/room destroy", ok=False, **at)
    confab.do(f"/room destroy other@conference.{service.domain} we moved", yes=True, **at)
    alice.expect(lambda e: e["from"] == f"{room}/alice" and "we moved" in e["xml"] and "other@" in e["xml"], ev="presence",
                 type="unavailable")
    rig.until(lambda: room_state(confab, room) == "failed", "the room is still there")
    assert "joined at each" not in confab.do("/bookmark", account="home")


def test_voice(owned):
    confab, room, alice, _, _ = owned
    at = {"account": "home", "chat": room}
    events = confab.watch("prompt")
    confab.do("/room set moderatedroom yes", **at)
    knows(confab, room, "alice")
    confab.do("/voice revoke alice", **at)
    alice.expect(lambda e: e["from"] == f"{room}/alice" and 'role="visitor"' in e["xml"], ev="presence")
    alice.raw(f"<message to='{room}'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{MUC}#request</value>"
              "</field><field var='muc#role'><value>participant</value></field></x></message>")
    asked = events.expect(lambda e: "alice asks to be heard" in e.get("title", ""), type="prompt")
    confab.do(f"/answer {asked['id']} grant", account="home")
    alice.expect(lambda e: e["from"] == f"{room}/alice" and 'role="participant"' in e["xml"], ev="presence")


def test_invitations(service, people, peer, device):
    me, friend, other = people(3, on=service)
    room = room_of(service, f"asked-{me}")
    desk = device("desk", service, me, nick="zoe")
    desk.do(f"/create {room}", account="home")
    theirs = device("theirs", service, friend, nick="fred")
    events = theirs.watch("prompt", "room")
    said = desk.do(f"/invite {friend}@{service.domain} come and see", account="home", chat=room)
    assert "is asked to come" in said
    asked = events.expect(lambda e: "come and see" in e.get("text", ""), type="prompt", chat=room)
    facts = {label: value for label, value in asked["facts"]}
    assert facts["are they known"] == "a contact of yours" and facts["people in it"] == "1", facts
    assert room_state(theirs, room) == ""
    # It is still there after a restart, with who asked.
    theirs.stop()
    theirs.start()
    theirs.wait_state("home")
    assert f"{me}@{service.domain}" in theirs.do("/prompts")
    number = [p["id"] for p in theirs.call("prompts")["prompts"] if p.get("chat") == room][0]
    theirs.do(f"/answer {number} join", account="home")
    rig.until(lambda: room_state(theirs, room) == "in", "the room is not entered")
    # By the room, where it is for members: who is invited becomes one.
    desk.do("/room set membersonly yes", account="home", chat=room, yes=True)
    stranger = peer(other, server=service)
    stranger.raw(f"<presence to='{room}/early'><x xmlns='{MUC}'/></presence>")
    stranger.expect(lambda e: "registration-required" in e["xml"], ev="presence", type="error")
    assert "by the room" in desk.do(f"/invite {other}@{service.domain}", account="home", chat=room)
    stranger.expect(lambda e: "<invite" in e["xml"], ev="message")
    enter(stranger, room, "late")


def test_finding(owned):
    confab, room, *_ = owned
    confab.do("/room set publicroom yes", "/room set roomname Find me", account="home", chat=room)
    listed = confab.do("/rooms", account="home")
    assert room in listed and "3 in it" in listed, listed
    word = room.split("@")[0]
    only = confab.do(f"/rooms {word}", account="home")
    assert room in only and "1 of the" in only, only
    assert "none has these words" in confab.do(f"/rooms {word} nothing-like-it", account="home")

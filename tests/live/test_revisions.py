"""Answers, reactions, corrections and what is taken back: on a Prosody and an ejabberd, with a slixmpp on the other side."""
from xml.sax.saxutils import quoteattr

import pytest

import hall
import rig
import rpc

MUC = "http://jabber.org/protocol/muc"
REACT = "<reactions xmlns='urn:xmpp:reactions:0' id='{}'>{}</reactions><store xmlns='urn:xmpp:hints'/>"
RETRACT = "<retract xmlns='urn:xmpp:message-retract:1' id='{}'/><store xmlns='urn:xmpp:hints'/>"
REPLACE = "<replace xmlns='urn:xmpp:message-correct:0' id='{}'/>"
REPLY = ("<reply xmlns='urn:xmpp:reply:0' id='{}'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'>"
         "<body start='0' end='{}'/></fallback>")


@pytest.fixture(params=["server", "ejabberd"])
def service(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def talk(service, people, peer, confab, place):
    """mira in confab and alice by slixmpp, who know each other; a face that looks, so that nothing is held back."""
    class Talk:
        pass
    t = Talk()
    t.mira, t.alice = people(2, on=service)
    t.me, t.you = f"{t.mira}@localhost", f"{t.alice}@localhost"
    t.friend = peer(t.alice, server=service)
    confab.account("home", service, t.mira).start()
    confab.wait_state("home")
    t.face = place.keep(rpc.Rpc(confab, interactive=True))
    t.face.call("active", focused=True, idle_s=0)
    t.confab = confab

    def raw(inner, id, to=None, type="chat"):
        t.friend.raw(f"<message type='{type}' to='{to or t.me}' id='{id}'>{inner}</message>")
    t.raw = raw
    t.row = lambda body: next(m for m in confab.history("home", t.you) if m.get("body") == body)
    return t


def emoji(*all):
    return "".join(f"<reaction>{e}</reaction>" for e in all)


def has(what):
    return lambda e: what in e["xml"]


def test_between_two(talk, confab, peer, service):
    events = confab.watch("message", chat=talk.you)
    talk.friend.send(talk.me, "lunch at one?", id="m1")
    first = events.expect(type="message", body="lunch at one?")
    # Theirs: a reaction, another one, an answer with its quotation, a correction that the answer shows.
    talk.raw(REACT.format("m1", emoji("👍", "🎉")), "e1")
    events.expect(lambda e: [r["emoji"] for r in e.get("reactions", [])] == ["👍", "🎉"], id=first["id"])
    talk.raw(REACT.format("m1", ""), "e2")
    events.expect(lambda e: "reactions" not in e, id=first["id"])
    talk.friend.send(talk.me, "> lunch at one?\nor at two", id="m2", extra=REPLY.format("m1", 16))
    answer = events.expect(body="or at two")
    assert answer["reply_to"]["id"] == first["id"] and answer["reply_to"]["body"] == "lunch at one?", answer
    talk.friend.send(talk.me, "lunch at noon?", id="c1", extra=REPLACE.format("m1"))
    events.expect(lambda e: e["reply_to"]["body"] == "lunch at noon?", id=answer["id"])
    # Ours, as they get it.
    confab.do(f"/react {first['id']} +1", account="home", chat=talk.you)
    talk.friend.expect(lambda e: "<reaction>👍</reaction>" in e["xml"] and 'id="m1"' in e["xml"], ev="message")
    confab.do(f"/reply {first['id']} gladly", account="home", chat=talk.you)
    talk.friend.message("> lunch at noon?\ngladly", _condition=has('id="m1"'))
    confab.do("ours", account="home", chat=talk.you, wait="stored")
    ours = talk.friend.message("ours")["id"]
    talk.raw(REACT.format(ours, emoji("❤️")), "e3")
    events.expect(lambda e: [r["by"] for r in e.get("reactions", [])] != [], origin_id=ours)
    confab.do("/retract", account="home", chat=talk.you)
    talk.friend.expect(lambda e: "urn:xmpp:message-retract:1" in e["xml"] and ours in e["xml"], ev="message")
    # Another device of ours takes back what confab said, and they take back theirs.
    confab.do("from here", account="home", chat=talk.you, wait="stored")
    here = talk.friend.message("from here")["id"]
    phone = peer(talk.mira, server=service, resource="phone")
    phone.raw(f"<message type='chat' to='{talk.you}' id='p1'>{RETRACT.format(here)}</message>")
    events.expect(origin_id=here, retracted=True)
    # Hostile: what is ours they do not take back; markers that the next one came after.
    confab.do("mine", account="home", chat=talk.you, wait="stored")
    mine = talk.friend.message("mine")["id"]
    talk.raw(RETRACT.format(mine), "x1")
    talk.raw(RETRACT.format("m1"), "r1")
    gone = events.expect(origin_id="m1", retracted=True)
    assert "body" not in gone
    assert talk.row("mine")["retracted"] is False
    words = confab.call("search", words="noon")
    assert words["messages"] == [], words


def test_while_away(talk, confab):
    """Everything happens while confab is not there; what the archive tells of it is what would have been live."""
    events = confab.watch("message", chat=talk.you)
    for n in range(1, 5):
        talk.friend.send(talk.me, f"number {n}", id=f"m{n}")
    events.expect(body="number 4")
    confab.do("and mine", account="home", chat=talk.you, wait="stored")
    mine = talk.friend.message("and mine")["id"]
    confab.stop()
    talk.raw(RETRACT.format("m1"), "r1")
    talk.friend.send(talk.me, "number two", id="c2", extra=REPLACE.format("m2"))
    talk.raw(REACT.format("m3", emoji("🎉")), "e3")
    talk.raw(REACT.format(mine, emoji("👍")), "e4")
    talk.friend.send(talk.me, "> number 4\nfive", id="m5", extra=REPLY.format("m4", 11))
    talk.friend.send(talk.me, "never read", id="m6")
    talk.raw(RETRACT.format("m6"), "r6")
    talk.friend.send(talk.me, "the last", id="m7")
    # It is in the archive once the server has answered what came behind it.
    talk.friend.raw("<iq type='get' id='behind' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    talk.friend.expect(ev="iq", id="behind")
    confab.start()
    confab.wait_state("home")
    rig.until(lambda: any(m.get("body") == "the last" for m in confab.history("home", talk.you)), "all is here")
    rows = confab.history("home", talk.you)
    assert [(m.get("body"), m["retracted"]) for m in rows] == [
        (None, True), ("number two", False), ("number 3", False), ("number 4", False), ("and mine", False), ("five", False),
        (None, True), ("the last", False)], rows
    assert [r["emoji"] for r in rows[2]["reactions"]] == ["🎉"] and [r["emoji"] for r in rows[4]["reactions"]] == ["👍"]
    assert rows[5]["reply_to"]["id"] == rows[3]["id"]
    # And nothing of it twice.
    confab.kill()
    confab.start()
    confab.wait_state("home")
    talk.friend.send(talk.me, "after that", id="m8")
    rig.until(lambda: any(m.get("body") == "after that" for m in confab.history("home", talk.you)), "the next one came")
    assert len(confab.history("home", talk.you)) == 9


def test_in_a_room(talk, confab, service):
    room = f"cave-{talk.mira}@conference.{service.domain}"
    talk.friend.raw(f"<presence to='{room}/anna'><x xmlns='{MUC}'/></presence>")
    talk.friend.expect(lambda e: e["from"] == f"{room}/anna" and 'code="110"' in e["xml"], ev="presence")
    talk.friend.raw(f"<iq type='set' id='unlock' to='{room}'><query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/>"
                    "</query></iq>")
    talk.friend.expect(ev="iq", id="unlock", type="result")
    events = confab.watch("message", chat=room)
    confab.do(f"/join {room}/zoe", account="home")
    talk.friend.send(room, "who has the key?", type="groupchat", id="m1")
    first = events.expect(body="who has the key?")
    assert first["stanza_id"], first
    # Ours, by the room's id; the others see it, and what comes back is nothing new.
    confab.do(f"/react {first['id']} eyes", account="home", chat=room)
    talk.friend.expect(lambda e: "👀" in e["xml"] and first["stanza_id"] in e["xml"], ev="message")
    confab.do(f"/reply {first['id']} I do", account="home", chat=room, wait="stored")
    got = talk.friend.message("> who has the key?\nI do", type="groupchat")
    mine = events.expect(body="I do", state="stored")
    assert f'to="{room}/anna"' in got["xml"] and mine["reply_to"]["nick"] == "anna"
    # Theirs.
    talk.raw(REACT.format(mine["stanza_id"], emoji("🙏")), "e1", to=room, type="groupchat")
    events.expect(lambda e: [(r["emoji"], r["by"]) for r in e.get("reactions", [])] == [("🙏", ["anna"])], id=mine["id"])
    talk.friend.send(room, "> I do\nthen come", type="groupchat", id="m2", extra=REPLY.format(mine["stanza_id"], 7))
    events.expect(body="then come", mention=True)
    talk.friend.send(room, "who has a key?", type="groupchat", id="c1", extra=REPLACE.format("m1"))
    events.expect(body="who has a key?", id=first["id"], edited=True)
    # What is ours only we take back; theirs they do.
    talk.raw(RETRACT.format(mine["stanza_id"]), "x1", to=room, type="groupchat")
    talk.raw(f"<retract xmlns='urn:xmpp:message-retract:1' id='{mine['stanza_id']}'>"
             f"<moderated xmlns='urn:xmpp:message-moderate:1' by='{room}/anna'/></retract>", "x2", to=room, type="groupchat")
    talk.raw(RETRACT.format(first["stanza_id"]), "r1", to=room, type="groupchat")
    events.expect(id=first["id"], retracted=True)
    rows = {m["id"]: m for m in confab.history("home", room)}
    assert rows[mine["id"]]["body"] == "I do" and len(rows) == 3, rows
    confab.do(f"/retract {mine['id']}", account="home", chat=room)
    talk.friend.expect(lambda e: "message-retract:1" in e["xml"] and mine["stanza_id"] in e["xml"], ev="message")


class Moderated(hall.Hall):
    """A room that gives ids and lets its moderators take back what was said; who enters is one."""
    ids = 0

    def _take(self, stanza):
        kind, room = stanza.tag.removeprefix(hall.NS), stanza.get("to", "").partition("/")[0]
        moderate = stanza.find("{urn:xmpp:message-moderate:1}moderate")
        if kind == "iq" and stanza.find(f"{{{hall.INFO}}}query") is not None:
            features = "".join(f"<feature var='{v}'/>" for v in (MUC, "urn:xmpp:sid:0", "urn:xmpp:message-moderate:1"))
            self._send(f"<iq type='result' id={quoteattr(stanza.get('id'))} from='{stanza.get('to')}' to='{stanza.get('from')}'>"
                       f"<query xmlns='{hall.INFO}'><identity category='conference' type='text'/>{features}</query></iq>")
        elif kind == "iq" and moderate is not None:
            reason = moderate.findtext("{urn:xmpp:message-moderate:1}reason") or ""
            nick = self.entered[room][0]
            self.say(room, f"<message type='groupchat' from='{room}' to='{{to}}'><retract xmlns='urn:xmpp:message-retract:1' "
                           f"id='{moderate.get('id')}'><moderated xmlns='urn:xmpp:message-moderate:1' by='{room}/{nick}'/>"
                           f"<reason>{reason}</reason></retract></message>")
            self._send(f"<iq type='result' id={quoteattr(stanza.get('id'))} from='{room}' to='{stanza.get('from')}'/>")
        else:
            super()._take(stanza)

    def _enter(self, room, nick, sender):
        super()._enter(room, nick, sender)
        self.say(room, f"<presence from='{room}/{nick}' to='{{to}}'><x xmlns='{MUC}#user'><item affiliation='admin' "
                       "role='moderator'/><status code='110'/></x></presence>")

    def tell(self, room, nick, inner):
        """Somebody says something; its id in the room."""
        self.ids += 1
        self.say(room, f"<message type='groupchat' id='t{self.ids}' from='{room}/{nick}' to='{{to}}'>{inner}"
                       f"<stanza-id xmlns='urn:xmpp:sid:0' by='{room}' id='s{self.ids}'/></message>")
        return f"s{self.ids}"


def test_moderated(authority, confab, place):
    port, = rig.free_ports(1)
    server = rig.Prosody(place.path / "hall", authority, extra=f"component_ports = {{ {port} }}\n",
                         host_extra='Component "hall.localhost"\n  component_secret = "secret"\n')
    place.keep(server)
    server.user("mira")
    server.start()
    there = place.keep(Moderated(port, "hall.localhost"))
    confab.account("home", server, "mira", nick="zoe").start()
    confab.wait_state("home")
    room = "court@hall.localhost"
    events = confab.watch("message", "room", chat=room)
    confab.do(f"/join {room}", account="home")
    rig.until(lambda: confab.call("room", account="home", chat=room)["room"]["role"] == "moderator", "we are a moderator")
    spam = there.tell(room, "occupant 1", "<body>buy this</body>")
    first = events.expect(body="buy this", stanza_id=spam)
    # Somebody there claims to be a moderator, and the room itself.
    fake = f"<retract xmlns='urn:xmpp:message-retract:1' id='{spam}'><moderated xmlns='urn:xmpp:message-moderate:1' by='{room}/zoe'/></retract>"
    there.tell(room, "occupant 2", fake)
    there.tell(room, "occupant 2", f"<body>now look</body>{fake}")
    events.expect(body="now look")
    assert confab.history("home", room)[0]["body"] == "buy this"
    confab.do(f"/retract {first['id']} no advertising", account="home", chat=room)
    gone = events.expect(id=first["id"], retracted=True)
    assert (gone["moderated"], gone["retracted_by"], gone["retracted_for"]) == (True, "zoe", "no advertising"), gone
    assert "no advertising" in confab.do(f"/explain {first['id']}", account="home", chat=room)


def test_spoken(talk, confab, tmux):
    """In linear mode what is answered, what people react with and what was taken back are said."""
    talk.friend.send(talk.me, "lunch at one?", id="m1")
    rig.until(lambda: confab.history("home", talk.you), "it is here")
    screen = tmux(100, 30)
    screen.confab(confab, "--linear")
    screen.wait_for("console:")
    screen.line(f"/msg {talk.you}")
    screen.wait_for("lunch at one")
    talk.friend.send(talk.me, "> lunch at one?\nor two", id="m2", extra=REPLY.format("m1", 16))
    screen.wait_for(f"answering {talk.alice}: or two")
    talk.raw(REACT.format("m2", emoji("👍")), "e1")
    screen.wait_for("or two.*Reactions: 👍")
    talk.raw(RETRACT.format("m1"), "r1")
    screen.wait_for(f"{talk.alice}: \\(retracted\\)")

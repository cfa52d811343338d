"""Everyday manners: what we say of ourselves and to whom, and what we ask of others."""
import base64
import hashlib
import re
import xml.etree.ElementTree as ElementTree

import pytest

import rig
import rpc

INFO = "http://jabber.org/protocol/disco#info"


@pytest.fixture
def session(place, confab):
    """session(): one on the core's socket."""
    return lambda **more: place.keep(rpc.Rpc(confab, **more))


@pytest.fixture
def meet(confab, server, people, peer):
    """meet(): mira in confab and alice, who know each other, both on line."""
    def start(**more):
        class Meeting:
            pass
        m = Meeting()
        m.mira, m.alice = people(2)
        m.me, m.you = f"{m.mira}@localhost", f"{m.alice}@localhost"
        m.friend = peer(m.alice, **more)
        confab.account("home", server, m.mira).start()
        confab.wait_state("home")
        m.presence = m.friend.expect(ev="presence", _condition=lambda e: e["from"].startswith(m.me) and e["type"] is None)
        m.full = m.presence["from"]
        return m
    return start


def ask(friend, to, number, payload):
    friend.raw(f"<iq type='get' id='{number}' to='{to}'>{payload}</iq>")
    return friend.expect(ev="iq", id=number)


def test_capabilities_are_true(meet):
    m = meet()
    node, ver = (re.search(f"{name}=['\"]([^'\"]+)", m.presence["xml"])[1] for name in ("node", "ver"))
    answer = ask(m.friend, m.full, "i1", f"<query xmlns='{INFO}' node='{node}#{ver}'/>")
    query = ElementTree.fromstring(answer["xml"]).find(f"{{{INFO}}}query")
    text = "".join(f"{i.get('category')}/{i.get('type')}//{i.get('name')}<" for i in query.findall(f"{{{INFO}}}identity"))
    names = sorted(f.get("var") for f in query.findall(f"{{{INFO}}}feature"))
    text += "".join(f"{name}<" for name in names)
    assert base64.b64encode(hashlib.sha1(text.encode()).digest()).decode() == ver, text
    assert {INFO, "urn:xmpp:ping", "jabber:iq:version"} <= set(names)
    # What is announced is answered.
    for number, payload in enumerate(("<ping xmlns='urn:xmpp:ping'/>", "<query xmlns='jabber:iq:version'/>",
                                      "<time xmlns='urn:xmpp:time'/>", "<query xmlns='jabber:iq:last'/>")):
        assert ask(m.friend, m.full, f"a{number}", payload)["type"] == "result"
    assert "<os" not in ask(m.friend, m.full, "v", "<query xmlns='jabber:iq:version'/>")["xml"]


def test_a_stranger_learns_nothing(server, meet, peer):
    m = meet()
    server.user("nosy")
    nosy = peer("nosy")
    for number, payload in enumerate((f"<query xmlns='{INFO}'/>", "<ping xmlns='urn:xmpp:ping'/>",
                                      "<query xmlns='jabber:iq:last'/>")):
        there = ask(nosy, m.full, f"t{number}", payload)
        gone = ask(nosy, f"{m.me}/nobody", f"g{number}", payload)
        assert there["type"] == gone["type"] == "error"
        same = [re.sub(r"(from|id)=['\"][^'\"]*['\"]", "", e["xml"].split("<error", 1)[1]) for e in (there, gone)]
        assert all("service-unavailable" in e for e in same), same


def test_questions_of_ours(confab, meet):
    m = meet()
    assert "localhost answered after" in confab.do("/ping", account="home")
    assert "answered after" in confab.do(f"/ping {m.you}", account="home")
    assert "identity  server  im" in re.sub(" +", "  ", confab.do("/disco", account="home"))
    assert "confab" in confab.do("/version")
    assert "Prosody" in confab.do("/version localhost", account="home")
    assert "refused" in confab.do(f"/ping {m.you}/nobody", account="home", ok=False)


def test_the_server_hears_whether_somebody_looks(place, authority, session, confab):
    # A Prosody that says what it holds back while nobody looks.
    server = place.keep(rig.Prosody(place.path / "csi", authority, modules=("csi", "csi_simple"))).start()
    server.user("mira")
    confab.account("home", server, "mira").start()
    confab.wait_state("home")

    def told(word):
        # The log writes attributes in any order.
        return re.search(rf"<{word} [^>]*urn:xmpp:csi:0", server.log.read_text())

    rig.until(lambda: told("inactive"), "the server hears that nobody is there")
    assert not told("active")
    face = session(interactive=True)
    face.call("active", focused=True, idle_s=0)
    rig.until(lambda: told("active"), "the server hears that somebody is there")


def test_typing_is_told_both_ways(meet, session):
    m = meet()
    face = session(interactive=True)
    face.call("subscribe", types=["typing"])
    state = "<{} xmlns='http://jabber.org/protocol/chatstates'/>"
    m.friend.raw(f"<message type='chat' to='{m.me}'>{state.format('composing')}</message>")
    face.event("typing", chat=m.you, state="composing")
    # Now we know that alice's client knows of such things.
    face.call("typing", account="home", chat=m.you, state="composing")
    got = m.friend.expect(ev="message", _condition=lambda e: "<composing" in e["xml"])
    assert "body" not in got and "no-store" in got["xml"]
    face.call("typing", account="home", chat=m.you, state="paused")
    m.friend.expect(ev="message", _condition=lambda e: "<paused" in e["xml"])
    m.friend.send(m.me, "there you are")
    face.event("typing", chat=m.you, state="active")
    with pytest.raises(rpc.Refused):
        face.call("typing", account="home", chat=m.you, state="gone")
    with pytest.raises(rpc.Refused):
        face.call("typing", account="home", chat="two@@at", state="paused")


def test_the_terminal_shows_and_tells_who_types(confab, meet, tmux):
    m = meet()
    m.friend.send(m.me, "hello mira")
    screen = tmux()
    screen.confab(confab)
    screen.line(f"/msg {m.you}")
    screen.wait_for("hello mira")
    state = "<{} xmlns='http://jabber.org/protocol/chatstates'/>"
    m.friend.raw(f"<message type='chat' to='{m.me}'>{state.format('composing')}</message>")
    screen.wait_for(f"{m.alice} is typing")
    screen.type("/ping is no message")
    screen.keys("C-u")
    screen.type("some words")
    got = m.friend.expect(ev="message", _condition=lambda e: "chatstates" in e["xml"])
    assert "<composing" in got["xml"]
    screen.keys("Enter")
    assert "<active" in m.friend.message("some words")["xml"]
    m.friend.send(m.me, "seen")
    screen.wait_gone("is typing")
    # Nothing else was said of it: no state between the last letter and the message.
    states = [re.search("<(active|composing|paused)", e["xml"])[1] for e in m.friend.seen
              if e.get("ev") == "message" and "chatstates" in e["xml"]]
    assert states == ["composing", "active"], states


def correct(text, id):
    return f"<body>{text}</body><replace xmlns='urn:xmpp:message-correct:0' id='{id}'/>"


def test_corrections_both_ways(confab, meet, session, server, peer):
    m = meet()
    face = session()
    face.call("subscribe", types=["message"])
    m.friend.send(m.me, "teh cat", id="a1")
    number = face.event("message", body="teh cat")["id"]
    m.friend.raw(f"<message type='chat' to='{m.me}' id='a2'>{correct('the cat', 'a1')}</message>")
    assert face.event("message", id=number, edited=True)["body"] == "the cat"
    whole = face.call("message", id=number)["message"]
    assert whole["versions"] == ["teh cat"]
    # Somebody else, also with a client of the same account as the author's.
    server.user("forger")
    peer("forger").raw(f"<message type='chat' to='{m.me}' id='f1'>{correct('no', 'a1')}</message>")
    assert face.event("message", body="no")["corrects"] == "a1"

    mine = face.run("hallo", account="home", chat=m.you)["message"]
    first = m.friend.message("hallo")["id"]
    assert face.run("/correct hello", account="home", chat=m.you)["message"] == mine
    got = m.friend.message("hello")
    assert f"message-correct:0" in got["xml"] and f'"{first}"' in got["xml"].replace("'", '"') and got["id"] != first
    # A new log-in reads the same from the archive, and finds nothing new in it.
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    confab.do("/connect")
    confab.wait_state("home")
    m.friend.send(m.me, "afterwards")
    face.event("message", body="afterwards")
    assert [(r["body"], r.get("edited", False)) for r in confab.history("home", m.you)] == \
        [("the cat", True), ("hello", True), ("afterwards", False)]


def test_the_last_message_is_corrected_in_the_terminal(confab, meet, tmux):
    m = meet()
    screen = tmux()
    screen.confab(confab)
    screen.line(f"/msg {m.you}")
    screen.wait_for(f"{m.alice}>")
    screen.line("hallo there")
    m.friend.message("hallo there")
    screen.type("half a line")
    screen.keys("M-e")
    screen.wait_for("correcting: hallo there")
    screen.keys("Escape")
    screen.wait_gone("correcting")
    screen.wait_for("> half a line")
    screen.keys("M-e")
    screen.wait_for("correcting: hallo there")
    screen.keys("C-u")
    screen.line("hello there")
    screen.wait_for(r"hello there \(edited\)")
    screen.wait_for("> half a line")
    assert "message-correct:0" in m.friend.message("hello there")["xml"]


def test_markers_both_ways(confab, meet, session):
    m = meet()
    face, script = session(interactive=True), session()
    face.call("subscribe", types=["message", "chat"])
    markable = "<markable xmlns='urn:xmpp:chat-markers:0'/>"
    m.friend.send(m.me, "read by a script", id="k1", extra=markable)
    script.call("seen", account="home", chat=m.you, id=face.event("message", body="read by a script")["id"])
    m.friend.send(m.me, "looked at", id="k2", extra=markable)
    face.call("active", focused=True, idle_s=0)
    face.call("seen", account="home", chat=m.you, id=face.event("message", body="looked at")["id"])
    assert "id='k2'" in m.friend.expect(ev="message", _condition=lambda e: "<displayed" in e["xml"])["xml"].replace('"', "'")
    number = face.run("look at that", account="home", chat=m.you)["message"]
    got = m.friend.message("look at that")
    assert "<markable" in got["xml"]
    m.friend.raw(f"<message type='chat' to='{m.me}'><displayed xmlns='urn:xmpp:chat-markers:0' id='{got['id']}'/></message>")
    face.event("message", id=number, state="displayed")


def test_what_another_device_read_is_read_here(confab, meet, session, peer):
    m = meet()
    face = session()
    face.call("subscribe", types=["message", "chat"])
    other = peer(m.mira, resource="other")
    other.raw("<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
    other.expect(ev="iq", id="carbons")
    m.friend.send(m.me, "to both", id="d1", extra="<markable xmlns='urn:xmpp:chat-markers:0'/>")
    face.event("chat", chat=m.you, unread=1)
    other.raw(f"<message type='chat' to='{m.you}'><displayed xmlns='urn:xmpp:chat-markers:0' id='d1'/></message>")
    face.event("chat", lambda e: e["rev"] > face.event("chat", chat=m.you, unread=1)["rev"], chat=m.you, unread=0)


def test_the_contact_list_is_here_while_off_line(confab, meet, session, peer):
    m = meet()
    assert m.alice in confab.do("/roster", account="home")
    confab.stop()
    # Another device changes it meanwhile.
    other = peer(m.mira, resource="other")
    other.raw(f"<iq type='set' id='name'><query xmlns='jabber:iq:roster'><item jid='{m.you}' name='Alice in Chains'>"
              "<group>Bands</group></item></query></iq>")
    other.expect(ev="iq", id="name", type="result")
    confab.accounts_file.write_text(confab.accounts_file.read_text() + "autoconnect = false\n")
    confab.start()
    assert m.alice in confab.do("/roster", account="home") and "Chains" not in confab.do("/roster", account="home")
    confab.do("/connect")
    confab.wait_state("home")
    rig.until(lambda: "Alice in Chains" in confab.do("/roster", account="home"), "the new name arrives")
    # The same version again: nothing changes, and everything is still there.
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    confab.do("/connect")
    confab.wait_state("home")
    confab.do("/ping", account="home")
    assert "Alice in Chains" in confab.do("/roster", account="home") and "Bands" in confab.do("/roster", account="home")


def test_nobody_sees_a_core_that_was_killed_go(confab, meet):
    m = meet()
    m.friend.presence(show="away", status="tea")
    rig.until(lambda: "away" in confab.do("/roster", account="home"), "alice is away")
    seen = len(m.friend.seen)
    confab.kill()
    confab.start()
    confab.wait_state("home")
    rig.until(lambda: "away" in confab.do("/roster", account="home"), "alice is still away")
    confab.do("/ping", account="home")
    confab.do("and now this", account="home", chat=m.you)
    m.friend.message("and now this")
    gone = [e for e in m.friend.seen[seen:] if e.get("ev") == "presence" and e.get("type") == "unavailable"]
    assert not gone, gone
    # It is told what happens from now on.
    m.friend.presence(show="dnd")
    rig.until(lambda: "dnd" in confab.do("/roster", account="home"), "alice does not want to be disturbed")


def test_what_one_device_corrects_the_other_shows(confab, confabs, meet, server, session, place):
    m = meet()
    other = confabs("other").account("home", server, m.mira, resource="other")
    other.start()
    other.wait_state("home")
    face = place.keep(rpc.Rpc(other))
    face.call("subscribe", types=["message"])
    first = confab.call("run", line="teh cat", account="home", chat=m.you)["message"]
    face.event("message", body="teh cat")
    confab.do("and a dog", account="home", chat=m.you)
    face.event("message", body="and a dog")
    confab.do(f"/correct @{first} the cat", account="home", chat=m.you)
    assert face.event("message", body="the cat")["edited"]
    m.friend.message("the cat")
    # And the other way, of what the first one wrote.
    face.run(f"/correct @-1 and two dogs", account="home", chat=m.you)
    m.friend.message("and two dogs")
    rows = [("the cat", True), ("and two dogs", True)]
    rig.until(lambda: [(r["body"], r["edited"]) for r in confab.history("home", m.you)] == rows, "both devices agree")
    assert [(r["body"], r["edited"]) for r in other.history("home", m.you)] == rows


def test_a_correction_that_comes_back_did_not_happen(confab, meet, session):
    m = meet()
    face = session()
    face.call("subscribe", types=["message", "notice"])
    number = face.run("teh cat", account="home", chat=m.you)["message"]
    m.friend.message("teh cat")
    face.run("/correct the cat", account="home", chat=m.you)
    got = m.friend.message("the cat")
    m.friend.raw(f"<message type='error' to='{got['from']}' id='{got['id']}'><error type='cancel'><not-acceptable "
                 "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>")
    back = face.event("message", lambda e: "reason" in e, id=number, body="teh cat")
    assert not back["edited"] and "correction was refused" in back["reason"] and "not acceptable" in back["reason"]
    # What the archive kept of it does not bring it back.
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    confab.do("/connect")
    confab.wait_state("home")
    m.friend.send(m.me, "afterwards")
    face.event("message", body="afterwards")
    assert [r["body"] for r in confab.history("home", m.you)] == ["teh cat", "afterwards"]


def test_a_wide_terminal_shows_how_long_the_server_takes(confab, meet, tmux):
    m = meet()
    # With the acknowledgement of a message.
    confab.do("hello", account="home", chat=m.you, wait="stored")
    assert rig.until(lambda: confab.accounts()["home"]["ping"], "the time is known") >= 1
    screen = tmux(120, 24).confab(confab)
    screen.wait_for("console>")
    screen.line(f"/msg {m.you}")
    screen.wait_for(r"\d ms *$")


def test_attention_both_ways(confab, meet, session, people, peer):
    m = meet()
    face = session()
    face.call("subscribe", types=["notice", "message"])
    ring = "<attention xmlns='urn:xmpp:attention:0'/>"
    m.friend.raw(f"<message type='headline' to='{m.full}'>{ring}</message>")
    assert face.event("notice", chat=m.you, ring=True)["text"] == f"{m.alice} asks for your attention."
    name, = people(1)
    stranger = peer(name)
    stranger.raw(f"<message type='headline' to='{m.full}'>{ring}</message>")
    # Behind it on the same way, so that the first one was looked at.
    stranger.send(m.full, "afterwards")
    face.event("message", body="afterwards")
    assert len([e for e in face.events("notice") if e.get("ring")]) == 1
    confab.do("/attention", account="home", chat=m.you)
    assert "headline" in m.friend.expect(ev="message", _condition=lambda e: "<attention" in e["xml"])["xml"]


def test_what_a_contact_is_told_is_said_by_chat(confab, meet):
    m = meet()
    ask = "<request xmlns='urn:xmpp:receipts'/>"
    confab.do("/receipts off", account="home", chat=m.you)
    m.friend.send(m.me, "quiet", id="r1", extra=ask)
    rig.until(lambda: confab.history("home", m.you), "it is here")
    confab.do("/receipts on", account="home", chat=m.you)
    m.friend.send(m.me, "loud", id="r2", extra=ask)
    m.friend.expect(ev="message", received="r2")
    assert not [e for e in m.friend.seen if e.get("received") == "r1"]


def test_raw_stanzas(confab, meet):
    m = meet()
    confab.do(f"/raw <message to='{m.you}' type='chat' id='mine'><body>as typed</body></message>", account="home")
    assert m.friend.message("as typed")["id"] == "mine"
    assert "<version" in confab.do("/raw <iq type='get' to='localhost'><query xmlns='jabber:iq:version'/></iq>", account="home")
    assert "service-unavailable" in confab.do("/raw <iq type='get' to='localhost'><query xmlns='urn:nonsense'/></iq>",
                                              account="home")

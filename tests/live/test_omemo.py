"""End-to-end encryption with others: python3-omemo, which shares no code with us; and two of us."""
import json

import pytest

import rig
import storm


@pytest.fixture
def pair(confab, server, people, peer, place):
    """Mira in confab, alice by python3-omemo."""
    class Pair:
        pass
    p = Pair()
    p.mira, p.alice = people(2)
    p.me, p.you = f"{p.mira}@localhost", f"{p.alice}@localhost"
    confab.account("home", server, p.mira).start()
    confab.wait_state("home")
    p.start = lambda: peer(p.alice, state=place.path / "alice.json")
    p.history = lambda: confab.history("home", p.you)
    return p


def arrived(confab, pair, body, **fields):
    def there():
        for m in pair.history():
            if m["body"] == body and all(m.get(k) == v for k, v in fields.items()):
                return m
        return None
    return rig.until(there, lambda: f"{body!r} {fields} did not come: {pair.history()}\n{confab.tail()}")


def test_both_ways(confab, pair):
    friend = pair.start()
    confab.do("/msg " + pair.you + " hello alice")
    got = friend.expect(ev="omemo", text="hello alice")
    assert got["from"].startswith(pair.me)
    arrived(confab, pair, "hello alice", encryption="omemo", direction="out")
    for i in range(3):
        friend.say(pair.me, f"hello {i}")
        arrived(confab, pair, f"hello {i}", encryption="omemo", direction="in")
        confab.do(f"/msg {pair.you} again {i}")
        friend.expect(ev="omemo", text=f"again {i}")
    # The other side begins.
    assert not [s for s in friend.seen if s["ev"] in ("undecryptable", "error")]
    assert not [s for s in friend.seen if s["ev"] == "message" and "again" in (s.get("body") or "")]


def test_the_other_side_begins(confab, pair):
    """Its keys come with its first message, which is decrypted with ours from the server."""
    friend = pair.start()
    friend.say(pair.me, "first")
    arrived(confab, pair, "first", encryption="omemo", direction="in", trust="blind")
    # What one does not read, and what only carries keys, stands nowhere.
    friend.say(pair.me, "second")
    arrived(confab, pair, "second")
    assert [m["body"] for m in pair.history()] == ["first", "second"]
    confab.do(f"/msg {pair.you} third")
    friend.expect(ev="omemo", text="third")


def test_correction_and_receipts(confab, pair):
    friend = pair.start()
    confab.do(f"/msg {pair.you} wrogn")
    sent = friend.expect(ev="omemo", text="wrogn")
    confab.do("/correct right", chat=pair.you)
    got = friend.expect(ev="omemo", text="right")
    stanza = next(s for s in friend.seen if s["ev"] == "message" and s["id"] == got["id"])
    assert f'id="{sent["id"]}"' in stanza["xml"] and "message-correct" in stanza["xml"]
    assert "right" not in stanza["xml"] and "wrogn" not in stanza["xml"]
    friend.raw(f"<message to='{pair.me}' type='chat'><received xmlns='urn:xmpp:receipts' id='{sent['id']}'/></message>")
    arrived(confab, pair, "right", state="delivered", edited=True)


def test_keys_are_kept_over_a_kill(confab, pair):
    friend = pair.start()
    for i in range(3):
        confab.do(f"/msg {pair.you} before {i}")
        friend.expect(ev="omemo", text=f"before {i}")
        friend.say(pair.me, f"back {i}")
        arrived(confab, pair, f"back {i}", encryption="omemo")
        confab.kill()
        friend.say(pair.me, f"while away {i}")
        confab.start()
        confab.wait_state("home")
        arrived(confab, pair, f"while away {i}", encryption="omemo")
    assert not [s for s in friend.seen if s["ev"] in ("undecryptable", "error")]
    bodies = [m["body"] for m in pair.history()]
    assert len(bodies) == len(set(bodies)) == 9, bodies


def test_nothing_is_in_plain_on_the_server(confab, pair, server):
    friend = pair.start()
    confab.do(f"/msg {pair.you} MARKER-out")
    friend.expect(ev="omemo", text="MARKER-out")
    friend.say(pair.me, "MARKER-in")
    arrived(confab, pair, "MARKER-in")
    confab.do("/omemo distrust " + str(friend.online["device"]) + " " + pair.you)
    assert "No device of" in confab.do("/msg " + pair.you + " MARKER-refused", wait="sent", ok=False)
    kept = b"".join(p.read_bytes() for p in (server.folder / "data").rglob("*") if p.is_file())
    assert b"MARKER" not in kept and b"axolotl" in kept
    confab.do("/omemo trust " + str(friend.online["device"]) + " " + pair.you)
    confab.do(f"/retry {arrived(confab, pair, 'MARKER-refused')['id']}")
    friend.expect(ev="omemo", text="MARKER-refused")


def test_a_verified_person_has_a_new_device(confab, pair, place, peer):
    first = pair.start()
    confab.do(f"/msg {pair.you} one")
    first.expect(ev="omemo", text="one")
    confab.do(f"/omemo trust {first.online['device']} {pair.you}")
    assert confab.call("chats")["chats"][0]["verified"]
    notices = confab.watch("notice")
    second = peer(pair.alice, resource="second", state=place.path / "second.json")
    told = notices.expect(type="notice", _condition=lambda e: "has a new device" in e["text"])["text"]
    assert str(second.online["device"]) in told and "not encrypted for it" in told
    # With its key in blocks, as the list of devices has it.
    key = next(d["key"] for d in json.loads(confab.do("/omemo devices " + pair.you, json=True))
               if d["device"] == second.online["device"])
    assert " ".join(key[i:i + 8] for i in range(0, 64, 8)) in told
    confab.do(f"/msg {pair.you} two")
    first.expect(ev="omemo", text="two")
    assert confab.call("chats")["chats"][0]["left_out"] == 1
    confab.do(f"/omemo trust {second.online['device']} {pair.you}")
    confab.do(f"/msg {pair.you} three")
    assert second.expect(ev="omemo")["text"] == "three"


def test_profanity(confab, pair, server, people, peer, tmux, place):
    """Debian's, in a terminal: it publishes its keys only where a list is there already."""
    seed = peer(pair.alice)
    seed.raw("<iq type='set' id='seed'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
             "<publish node='eu.siacs.conversations.axolotl.devicelist'><item id='current'>"
             "<list xmlns='eu.siacs.conversations.axolotl'/></item></publish><publish-options><x xmlns='jabber:x:data' "
             "type='submit'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#publish-options"
             "</value></field><field var='pubsub#access_model'><value>open</value></field></x></publish-options></pubsub>"
             "</iq>")
    seed.expect(ev="iq", id="seed", type="result")
    seed.close()
    home = place.path / "profanity"
    config, data = home / ".config/profanity", home / ".local/share/profanity"
    config.mkdir(parents=True)
    data.mkdir(parents=True)
    (config / "profrc").write_text(f"[connection]\naccount={pair.alice}\n[ui]\nsplash=false\n[omemo]\n"
                                   "trustmode=blind\npolicy=manual\n")
    (data / "accounts").write_text(
        f"[{pair.alice}]\nenabled=true\njid={pair.you}\nserver=127.0.0.1\nport={server.port}\nresource=prof\n"
        f"password=secret-{pair.alice}\ntls.policy=force\npresence.last=online\npresence.login=online\n")
    terminal = tmux(100, 30).start("profanity", env=rig.clean_env(HOME=home, XDG_CONFIG_HOME=home / ".config",
                                   XDG_DATA_HOME=home / ".local/share", SSL_CERT_FILE=server.authority.ca))
    terminal.wait_for("logged in successfully")
    terminal.line("/omemo gen")
    rig.until(lambda: "no device" not in confab.do("/omemo devices " + pair.you), "it publishes no device")
    confab.do(f"/msg {pair.you} from confab")
    terminal.line("/msg " + pair.me)
    terminal.wait_for("from confab")
    terminal.line("/omemo start")
    for attempt in range(20):
        # It fetches keys now, and says nothing when it has them: what is typed before that does not leave.
        terminal.line(f"from profanity {attempt}")
        try:
            got = rig.until(lambda: [m for m in pair.history() if m["direction"] == "in"], "nothing came", 2)
            break
        except rig.Late:
            continue
    assert got[0]["body"].startswith("from profanity") and got[0]["encryption"] == "omemo", got
    confab.do(f"/msg {pair.you} and back")
    terminal.wait_for("and back")


@pytest.mark.parametrize("fates", ["cuts", "kills"])
def test_two_of_us(server, people, confabs, fates):
    """As test_proof.py: nothing is lost or twice, and nothing but keys and ciphertext went to the server."""
    report = storm.blow(server, confabs, people(2), 5, encrypted=True, **{fates: 6})
    assert report[fates] >= 6, report


def test_room(confab, pair, people, server):
    friend = pair.start()
    room = f"secret-{pair.mira}@conference.localhost"
    confab.do(f"/create {room}", account="home")

    def has(*words):
        return rig.until(lambda: set(words) <= set(confab.call("room", account="home", chat=room)["room"]["features"]),
                         lambda: str(confab.call("room", account="home", chat=room)["room"]))

    assert "open to everybody" in confab.do("/omemo on", chat=room, ok=False)
    confab.do("/room set membersonly true", "/room set whois anyone", f"/affiliation {pair.you} member", chat=room,
              yes=True)
    has("membersonly", "nonanonymous")
    confab.do("/omemo on", chat=room)
    friend.enter(room, "alice")
    confab.do("hello room", account="home", chat=room)
    friend.expect(ev="omemo", text="hello room", type="groupchat")
    friend.say(room, "hello back", jids=[pair.me], type="groupchat")
    rows = lambda: {m["body"]: m for m in confab.history("home", room)}
    rig.until(lambda: "hello back" in rows(), lambda: str(rows()))
    assert {m["encryption"] for m in rows().values()} == {"omemo"}, rows()
    rig.until(lambda: rows()["hello room"]["state"] == "stored", lambda: str(rows()))
    # A member who is not there and has no keys.
    confab.do("/affiliation nobody@localhost member", chat=room)
    confab.stop()
    confab.start()
    confab.wait_state("home")
    has("membersonly", "nonanonymous")
    assert "nobody@localhost" in confab.do("who reads this", account="home", chat=room, wait="sent", ok=False)
    confab.do("/affiliation nobody@localhost none", chat=room)
    # What the room becomes counts from then on.
    confab.do("/room set whois moderators", chat=room, yes=True)
    has("semianonymous")
    assert "does not show who" in confab.do("and this", account="home", chat=room, wait="sent", ok=False)
    assert [s.get("body") for s in friend.seen if s["ev"] == "message" and s["type"] == "groupchat"
            and "this" in (s.get("body") or "") and "encrypted" not in s["body"]] == []

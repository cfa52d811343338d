"""The contact list, who sees whom, and what one shows of oneself; the server's own list is the judge."""
import re

import pytest

import rig
import secrecy


@pytest.fixture(autouse=True)
def secrets_stay(confab):
    yield
    secrecy.check(confab)


@pytest.fixture
def strangers(confab, server, people, peer):
    """mira in confab, alice beside her; neither is a contact of the other."""
    def start(known=False):
        class Pair:
            pass
        p = Pair()
        p.mira, p.alice = people(2)
        if not known:
            for name in (p.mira, p.alice):
                server._file("roster", name).unlink()
        p.friend = peer(p.alice)
        p.me, p.you = f"{p.mira}@localhost", f"{p.alice}@localhost"
        confab.account("home", server, p.mira).start(log="notice")
        confab.wait_state("home")
        p.roster = lambda: {c["jid"]: {k: v for k, v in c.items() if k not in ("time", "rev")}
                            for c in confab.call("roster", account="home")["contacts"]}
        return p
    return start


def on_server(server, user):
    """The contact list as Prosody has it: {jid: text of its entry}."""
    path = server._file("roster", user)
    text = path.read_text() if path.exists() else ""
    return dict(re.findall(r'\["([^"]+@[^"]+)"\] = \{\n(.*?)\n\t\};', text, re.S))


def from_me(p, **fields):
    """What the contact hears of mira's presence."""
    return p.friend.expect(ev="presence", _condition=lambda e: (e["from"] or "").startswith(p.me), **fields)


def prompt(confab, jid):
    return rig.until(lambda: next((q for q in confab.call("prompts")["prompts"] if jid in q["title"]), None),
                     lambda: f"no question about {jid}\n{confab.tail()}")


def test_the_list_is_changed_on_the_server(confab, server, strangers):
    p = strangers()
    assert p.roster() == {}
    confab.do(f"/roster add {p.you} Alice in Wonderland")
    from_me(p, type="subscribe")
    rig.until(lambda: "Alice in Wonderland" in on_server(server, p.mira).get(p.you, ""), "the server does not have it")
    contact = rig.until(lambda: (lambda c: c if c and c.get("ask") else None)(p.roster().get(p.you)), "it is not asked for")
    assert (contact["name"], contact["subscription"], contact["ask"]) == ("Alice in Wonderland", "none", True)

    confab.do(f"/roster group add {p.you} Old friends", f"/roster group add {p.you} Work & \"Play\"")
    rig.until(lambda: "Old friends" in on_server(server, p.mira)[p.you] and "Work &" in on_server(server, p.mira)[p.you],
              lambda: str(on_server(server, p.mira)))
    confab.do(f"/roster group remove {p.you} Old friends", f"/roster name {p.you} Ally")
    rig.until(lambda: "Old friends" not in on_server(server, p.mira)[p.you] and '"Ally"' in on_server(server, p.mira)[p.you],
              lambda: str(on_server(server, p.mira)))
    rig.until(lambda: p.roster()[p.you]["name"] == "Ally" and p.roster()[p.you]["groups"] == ['Work & "Play"'],
              lambda: str(p.roster()))
    assert "Ally" in confab.do("/roster") and p.you in confab.do("/roster")

    confab.do(f"/roster remove {p.you}")
    rig.until(lambda: p.you not in on_server(server, p.mira), "the server still has it")
    rig.until(lambda: p.roster() == {}, "it is still in the list")
    for line in (f"/roster remove {p.you}", f"/roster name {p.you} X", f"/roster group add {p.you} X", "/roster add not@@jid"):
        assert confab.do(line, ok=False).count("\n") == 1


def test_a_change_elsewhere_is_an_event(confab, strangers, peer):
    p = strangers(known=True)
    watch = confab.watch("contact")
    phone = peer(p.mira, resource="phone")
    phone.raw(f"<iq type='set' id='r1'><query xmlns='jabber:iq:roster'><item jid='{p.you}' name='Renamed'/></query></iq>")
    assert watch.expect(type="contact", jid=p.you, name="Renamed")["rev"]
    phone.raw(f"<iq type='set' id='r2'><query xmlns='jabber:iq:roster'><item jid='{p.you}' subscription='remove'/></query></iq>")
    watch.expect(type="contact", jid=p.you, gone=True)


def test_a_forged_roster_push_changes_nothing(confab, strangers):
    p = strangers(known=True)
    before = p.roster()
    p.friend.raw(f"<iq type='set' id='evil' to='{p.me}'><query xmlns='jabber:iq:roster'><item jid='{p.you}' subscription='remove'/></query></iq>")
    full = confab.call("accounts")["accounts"][0]["resource"]
    p.friend.raw(f"<iq type='set' id='evil2' to='{p.me}/{full}'><query xmlns='jabber:iq:roster'><item jid='{p.you}' subscription='remove'/></query></iq>")
    assert p.friend.expect(ev="iq", id="evil2")["type"] == "error"
    assert p.roster() == before


def test_asked_and_granted_and_seen(confab, strangers):
    p = strangers()
    watch = confab.watch("presence", "contact", "notice")
    confab.do(f"/roster add {p.you}")
    assert from_me(p, type="subscribe")
    p.friend.presence(to=p.me, type="subscribed")
    watch.expect(type="contact", jid=p.you, subscription="to")
    watch.expect(type="presence", _condition=lambda e: e["jid"].startswith(p.you) and e["show"] == "online")
    # And the other way about.
    p.friend.presence(to=p.me, type="subscribe")
    question = prompt(confab, p.you)
    assert question["scope"] == "everyone" and {c[0] for c in question["choices"]} == {"add", "allow", "deny"}
    confab.do(f"/answer {question['id']} allow")
    from_me(p, type="subscribed")
    from_me(p, type=None)
    watch.expect(type="contact", jid=p.you, subscription="both")
    assert confab.call("prompts")["prompts"] == []
    # Taken back, by both.
    confab.do(f"/sub deny {p.you}")
    from_me(p, type="unsubscribed")
    watch.expect(type="contact", jid=p.you, subscription="to")
    p.friend.presence(to=p.me, type="unsubscribed")
    watch.expect(type="contact", jid=p.you, subscription="none")
    watch.expect(type="presence", _condition=lambda e: e["jid"].startswith(p.you) and (e.get("gone") or e["show"] == "offline"))


def test_asked_and_refused_both_ways(confab, strangers):
    p = strangers()
    watch = confab.watch("notice", "contact")
    confab.do(f"/sub request {p.you} it is me")
    assert from_me(p, type="subscribe")["status"] == "it is me"
    p.friend.presence(to=p.me, type="unsubscribed")
    watch.expect(type="contact", jid=p.you, subscription="none", ask=False)
    p.friend.presence(to=p.me, type="subscribe")
    confab.do(f"/answer {prompt(confab, p.you)['id']} deny")
    from_me(p, type="unsubscribed")
    assert confab.call("prompts")["prompts"] == []


def test_a_request_survives_a_restart_and_is_asked_once(confab, strangers):
    p = strangers()
    p.friend.raw(f"<presence to='{p.me}' type='subscribe'><status>let me in</status></presence>")
    assert "let me in" in prompt(confab, p.you)["text"]
    confab.kill()
    confab.start(log="notice")
    # Also before the server repeats it, and not twice after.
    assert "let me in" in prompt(confab, p.you)["text"]
    confab.wait_state("home")
    p.friend.send(p.me, "after it")
    rig.until(lambda: confab.history("home", p.you), "nothing comes")
    assert len(confab.call("prompts")["prompts"]) == 1
    confab.do(f"/answer {prompt(confab, p.you)['id']} add")
    from_me(p, type="subscribed")
    from_me(p, type="subscribe")
    confab.stop()
    confab.start(log="notice")
    confab.wait_state("home")
    assert confab.call("prompts")["prompts"] == []


def test_the_presence_of_a_contact(confab, strangers, peer):
    p = strangers(known=True)
    watch = confab.watch("presence")
    p.friend.presence(show="dnd", status="in a \u202emeeting\x85", priority=7)
    seen = watch.expect(type="presence", show="dnd")
    assert seen["jid"] == p.friend.full and seen["priority"] == 7 and seen["status"].startswith("in a")
    second = peer(p.alice, resource="phone")
    watch.expect(type="presence", jid=second.full, show="online")
    presences = confab.call("roster", account="home")["presences"]
    assert {e["jid"] for e in presences} == {p.friend.full, second.full}
    p.friend.presence(type="unavailable", status="gone home")
    gone = watch.expect(type="presence", jid=p.friend.full, _condition=lambda e: e.get("gone") or e["show"] == "offline")
    assert gone
    # What is not a number is no priority, and nothing else happens.
    p.friend.raw("<presence><priority>many</priority><show>sleeping</show></presence>")
    watch.expect(type="presence", jid=p.friend.full, show="online", priority=0)


def test_ones_own_presence(confab, strangers):
    p = strangers(known=True)
    from_me(p, type=None)
    confab.do("/status dnd writing tests")
    assert from_me(p, show="dnd")["status"] == "writing tests"
    confab.do("/priority 42")
    assert from_me(p, priority="42")["show"] == "dnd"
    assert "128" in confab.do("/priority 200", ok=False) or "127" in confab.do("/priority 200", ok=False)
    state = confab.accounts()["home"]
    assert (state["show"], state["status"], state["priority"]) == ("dnd", "writing tests", 42)
    # Kept over a restart, also one that nobody asked for.
    confab.kill()
    confab.start(log="notice")
    confab.wait_state("home")
    again = from_me(p, show="dnd")
    assert (again["status"], again["priority"]) == ("writing tests", "42")
    confab.do("/away at lunch")
    assert from_me(p, show="away")["status"] == "at lunch"
    confab.do("/back")
    back = from_me(p, type=None)
    assert "show" not in back and "status" not in back
    confab.do("/status offline bye")
    from_me(p, type="unavailable")
    assert confab.accounts()["home"]["state"] == "offline"
    confab.do("/status online")
    confab.wait_state("home")
    from_me(p, type=None)

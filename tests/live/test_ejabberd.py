"""The same on another server: what a day needs, on ejabberd, whose habits differ from Prosody's."""
import re

import pytest

import rig
import rpc

CARBONS = "<iq type='set' id='carbons'><enable xmlns='urn:xmpp:carbons:2'/></iq>"


@pytest.fixture
def meet(confab, ejabberd, people, peer, place):
    """meet(): mira in confab and alice, who know each other, both on line; somebody looks at the screen, because ejabberd
    holds presence back from whom nobody looks at; .face hears all events."""
    def start(port=None, account=None, looks=True, **more):
        class Meeting:
            pass
        m = Meeting()
        m.mira, m.alice = people(2, on=ejabberd)
        m.me, m.you = f"{m.mira}@localhost", f"{m.alice}@localhost"
        m.friend = peer(m.alice, server=ejabberd, **more)
        confab.account("home", ejabberd, m.mira, port=port, **(account or {})).start()
        confab.wait_state("home")
        m.friend.expect(ev="presence", _condition=lambda e: e["from"].startswith(m.me) and e["type"] is None)
        m.face = place.keep(rpc.Rpc(confab, interactive=True))
        m.face.call("subscribe")
        if looks:
            m.face.call("active", focused=True, idle_s=0)
        return m
    return start


@pytest.mark.parametrize("tls", ["starttls", "direct"])
def test_log_in_and_contacts(confab, meet, tls):
    m = meet(account={"tls": tls})
    steps = confab.do("/why home")
    assert "TLSv1.3" in steps and re.search("logging in with SCRAM-SHA-", steps), steps
    m.friend.presence(show="away", status="tea")
    rig.until(lambda: re.search(f"away.*{m.alice}", confab.do("/roster", account="home")), "alice is away")
    assert "Friends" in confab.do("/roster", account="home")
    assert "ejabberd" in confab.do("/version localhost", account="home")
    confab.do("/roster name " + m.you + " Alice in Chains", account="home")
    rig.until(lambda: "Alice in Chains" in confab.do("/roster", account="home"), "the new name arrives")


def test_a_wrong_password(confab, ejabberd, people):
    mira, = people(1, on=ejabberd)
    confab.account("home", ejabberd, mira, password="wrong").start()
    assert confab.wait_state("home", "failed")["reason"] == "password"


def test_chat_and_receipts(confab, meet):
    m = meet(receipts=True)
    confab.do("grüße 漢字", account="home", chat=m.you, wait="delivered")
    m.friend.message("grüße 漢字")
    m.friend.send(m.me, "zurück", id="q1", extra="<request xmlns='urn:xmpp:receipts'/>")
    m.friend.expect(ev="message", received="q1")
    assert [(r["body"], r["direction"], r["state"]) for r in confab.history("home", m.you)] == \
        [("grüße 漢字", "out", "delivered"), ("zurück", "in", "received")]


def test_a_cut_link_is_resumed(confab, ejabberd, proxy, meet):
    wire = proxy(ejabberd.port)
    m = meet(port=wire.port)
    wire.stall()
    confab.do("under way", account="home", chat=m.you)
    m.friend.send(m.me, "coming")
    wire.cut()
    wire.go_on()
    m.face.event("account", state="waiting")
    confab.do("/connect home")
    m.face.event("account", state="online", resumed=True)
    m.friend.message("under way")
    m.face.event("message", body="coming")
    confab.do("and on", account="home", chat=m.you, wait="stored")
    m.friend.message("and on")
    assert sorted(r["body"] for r in confab.history("home", m.you)) == ["and on", "coming", "under way"]
    assert [e["body"] for e in m.friend.seen if e.get("body")].count("under way") == 1


def test_a_killed_core_resumes(confab, meet):
    m = meet()
    confab.do("before", account="home", chat=m.you, wait="stored")
    confab.kill()
    m.friend.send(m.me, "meanwhile")
    confab.start()
    assert confab.wait_state("home")["resumed"]
    rig.until(lambda: [r["body"] for r in confab.history("home", m.you)] == ["before", "meanwhile"], "what came meanwhile")
    gone = [e for e in m.friend.seen if e.get("ev") == "presence" and e.get("type") == "unavailable" and e["from"].startswith(m.me)]
    assert not gone, gone


def test_the_archive_has_what_was_missed(confab, ejabberd, meet):
    m = meet()
    confab.do("first", account="home", chat=m.you, wait="stored")
    m.friend.message("first")
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    m.friend.expect(ev="presence", type="unavailable", _condition=lambda e: e["from"].startswith(m.me))
    for n in range(60):
        m.friend.send(m.me, f"missed {n}")
    rig.until(lambda: ejabberd.call("get_offline_count", user=m.mira, server="localhost") == {"value": 60}, "the server has them all")
    confab.do("/connect")
    wanted = ["first"] + [f"missed {n}" for n in range(60)]
    rig.until(lambda: [r["body"] for r in confab.history("home", m.you, limit=100)] == wanted,
              lambda: f"not what was missed: {[r['body'] for r in confab.history('home', m.you, limit=100)]}")
    # Offline storage has the same once more, and another log-in asks again.
    confab.do("/disconnect")
    confab.wait_state("home", "offline")
    confab.do("/connect")
    confab.wait_state("home")
    m.friend.send(m.me, "afterwards")
    m.face.event("message", body="afterwards")
    assert [r["body"] for r in confab.history("home", m.you, limit=100)] == [*wanted, "afterwards"]


def test_carbons_both_ways(confab, ejabberd, meet, peer):
    m = meet()
    phone = peer(m.mira, server=ejabberd, resource="phone")
    phone.raw(CARBONS)
    phone.expect(ev="iq", id="carbons", type="result")
    phone.send(m.you, "from my phone")
    assert m.face.event("message", body="from my phone")["direction"] == "out"
    m.friend.send(phone.full, "to your phone")
    assert m.face.event("message", body="to your phone")["direction"] == "in"
    confab.do("from the terminal", account="home", chat=m.you)
    assert "urn:xmpp:carbons:2" in phone.expect(ev="message", _condition=lambda e: "from the terminal" in e["xml"])["xml"]
    assert [r["body"] for r in confab.history("home", m.you)] == ["from my phone", "to your phone", "from the terminal"]


def test_the_server_holds_back_what_nobody_looks_at(confab, meet):
    m = meet(looks=False)
    m.friend.presence(show="dnd")
    # The server has it: what alice says to herself comes back to her behind it.
    m.friend.send(m.you, "so that it is there")
    m.friend.message("so that it is there")
    confab.do("/ping localhost", account="home")
    assert "dnd" not in confab.do("/roster", account="home")
    m.face.call("active", focused=True, idle_s=0)
    rig.until(lambda: re.search(f"dnd.*{m.alice}", confab.do("/roster", account="home")), "alice wants no disturbance")

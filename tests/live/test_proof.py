"""Nothing lost, nothing twice: links that are cut and cores that are killed at random moments, on a real server.

What fails says SEED=, CUTS= and KILLS=; given in the environment they are played again.  The long form is make soak.
"""
import os

import rig
import storm

SEED = int(os.environ.get("SEED", "1"))
# A sanitizer makes each start of a core slow, and looks at what is done, not at when.
CUTS = int(os.environ.get("CUTS", "10" if rig.SANITIZED else "40"))
KILLS = int(os.environ.get("KILLS", "10" if rig.SANITIZED else "60"))


def test_links_are_cut_while_both_write(server, people, confabs):
    report = storm.blow(server, confabs, people(2), SEED, cuts=CUTS)
    assert report["cuts"] >= CUTS, report


def test_cores_are_killed_while_both_write(server, people, confabs):
    report = storm.blow(server, confabs, people(2), SEED, kills=KILLS)
    assert report["kills"] >= KILLS, report


def test_700_in_one_burst_leave_the_session_resumable(confab, server, people, peer, proxy):
    """A server keeps some hundred stanzas that are not acknowledged; with more of them the session could not go on."""
    mira, alice = people(2)
    wire = proxy(server.port)
    confab.account("home", server, mira, port=wire.port).start()
    confab.wait_state("home")
    watch = confab.watch("account")
    alice = peer(alice)
    chat, said = alice.jid, []

    def newest():
        return [m["body"] for m in confab.history("home", chat, limit=1)] if confab.call("chats")["chats"] else []

    for i in range(3):
        bodies = [f"burst {i} {n}" for n in range(700)]
        said += bodies
        alice.raw("".join(f"<message type='chat' to='{mira}@{server.domain}'><body>{b}</body></message>" for b in bodies))
        rig.until(lambda: newest() == bodies[-1:], "the last of the burst")
        # The answer comes behind what was acknowledged before it.
        confab.do("/ping")
        wire.cut()
        watch.expect(type="account", state="waiting")
        confab.do("/connect home")
        assert watch.expect(type="account", state="online")["resumed"], i
    page = []
    while len(page) < len(said):
        more = confab.history("home", chat, limit=1000, **({"before": page[0]["id"]} if page else {}))
        assert more, f"{len(page)} of {len(said)}"
        page = more + page
    assert [m["body"] for m in page] == said

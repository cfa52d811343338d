"""A server that begins anew under its rooms: they are entered again, and what was said stands there once."""
import pytest

import rig
from test_rooms import bodies, is_in, room_of


@pytest.fixture
def own_server(place, authority):
    return place.keep(rig.Prosody(place.path / "server", authority)).start()


def persistent(confab, room):
    """Made by confab, and there after a restart."""
    confab.do(f"/create {room}", account="one")
    confab.do("/room set muc#roomconfig_persistentroom yes", account="one", chat=room)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_server_begins_anew(own_server, confabs, how):
    """Two accounts in one core, and another device with another nick."""
    own_server.user("mira")
    own_server.user("alice")
    room = room_of(own_server, "hall")
    desk, phone = confabs("desk"), confabs("phone")
    desk.account("one", own_server, "mira", nick="uno").account("two", own_server, "alice", nick="due").start()
    phone.account("one", own_server, "mira", nick="uno-phone").start()
    for confab, account in ((desk, "one"), (desk, "two"), (phone, "one")):
        confab.wait_state(account)
    persistent(desk, room)
    desk.do(f"/join {room}", account="two")
    phone.do(f"/join {room}/uno-phone", account="one")
    seats = ((desk, "one", "uno"), (desk, "two", "due"), (phone, "one", "uno-phone"))
    for confab, account, nick in seats:
        confab.do(f"before from {nick}", account=account, chat=room, wait="stored")
    said = [f"before from {nick}" for _, _, nick in seats]
    for confab, account, _ in seats:
        rig.until(lambda: bodies(confab, room, account) == said, lambda: bodies(confab, room, account))
    getattr(own_server, how)()
    for confab, account in ((desk, "one"), (desk, "two"), (phone, "one")):
        confab.wait_state(account, "waiting")
    desk.do("said while it was gone", account="two", chat=room)
    own_server.start()
    for confab, account, nick in seats:
        confab.do("/connect", account=account)
        confab.wait_state(account)
        there = is_in(confab, room, account)
        assert there["room"]["nick"] == nick, there["room"]
    for confab, account, nick in seats:
        confab.do(f"after from {nick}", account=account, chat=room, wait="stored")
    said += ["said while it was gone"] + [f"after from {nick}" for _, _, nick in seats]

    def same():
        heard = [bodies(confab, room, account) for confab, account, _ in seats]
        return heard[0] == heard[1] == heard[2] and sorted(heard[0]) == sorted(said) and heard[0]
    heard = rig.until(same, lambda: [bodies(confab, room, account) for confab, account, _ in seats])
    assert heard[:3] == said[:3], heard
    for confab, account, nick in seats:
        mine = [m["body"] for m in confab.history(account, room) if m["direction"] == "out"]
        ours = [b for b in heard if b.endswith(nick) or (account == "one" and "uno" in b)]
        if account == "two":
            ours = [b for b in heard if b.endswith("due") or "gone" in b]
        assert mine == ours, (mine, ours)


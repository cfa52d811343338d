"""What the server's archive kept while we were away: all of it, once each, in order (XEP-0313)."""
import json
import time

import pytest

import rig

PEER = "alice"


def kept(server, user, other, bodies, begin, step=1.0, own=()):
    """Writes the archive of user as Prosody's internal storage has it: bodies said by other, or by user where i in own."""
    def quoted(text):
        return json.dumps(text, ensure_ascii=False)

    rows = []
    me, you = f"{user}@{server.domain}", f"{other}@{server.domain}"
    for i, body in enumerate(bodies):
        when = begin + i * step
        sender, receiver = (me, you) if i in own else (you, me)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
        rows.append(
            f'item({{ ["key"] = "key-{i:06}"; ["when"] = {when:.0f}; ["with"] = {quoted(you)}; ["name"] = "message"; '
            f'["attr"] = {{ ["stamp"] = "{stamp}"; ["type"] = "chat"; ["id"] = "id-{i:06}"; '
            f'["from"] = {quoted(sender + "/x")}; ["to"] = {quoted(receiver)}; }}; '
            f'[1] = {{ ["name"] = "body"; ["attr"] = {{ }}; [1] = {quoted(body)}; }}; }});\n')
    path = server._file("archive", user).with_suffix(".list")
    with open(path, "a") as f:
        f.write("".join(rows))


def all_bodies(confab, chat):
    """Every message of the chat that is stored, oldest first."""
    pages, before = [], {}
    while True:
        page = confab.call("history", account="home", chat=chat, limit=1000, **before)["messages"]
        if not page:
            return [m["body"] for p in reversed(pages) for m in p]
        pages.append(page)
        before = {"before": page[0]["id"]}


def ledger(confab):
    return json.loads(confab.do("/sync", json=True))[0]


def wait_complete(confab, timeout=None):
    return rig.until(lambda: (lambda l: l if l["state"] == "complete" else None)(ledger(confab)),
                     lambda: f"not complete: {ledger(confab)}\n{confab.tail()}", timeout)


def test_the_first_log_in_fetches_the_last_days(confab, server, people):
    mira, alice = people(2)
    chat = f"{alice}@{server.domain}"
    kept(server, mira, alice, [f"old {i}" for i in range(120)], time.time() - 40 * 86400)
    kept(server, mira, alice, [f"new {i}" for i in range(120)], time.time() - 86400, own=(7,))
    confab.account("home", server, mira).start()
    wait_complete(confab)
    got = all_bodies(confab, chat)
    assert [b for b in got if b.startswith("new")] == [f"new {i}" for i in range(120)]
    assert confab.call("chats")["chats"][0]["unread"] == 0

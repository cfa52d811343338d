"""stored.py: an archive of Prosody's, written by hand; the server reads it when somebody asks."""
import contextlib
import json
import sqlite3
import time


def kept(server, user, other, bodies, begin, step=1.0, own=()):
    """Writes the archive of user as Prosody's internal storage has it: bodies said by other, or by user where i in own."""
    def quoted(text):
        return json.dumps(text, ensure_ascii=False)

    rows = []
    path = server._file("archive", user).with_suffix(".list")
    number = path.read_text().count("item(") if path.exists() else 0
    me, you = f"{user}@{server.domain}", f"{other}@{server.domain}"
    for i, body in enumerate(bodies):
        when, key = begin + i * step, number + i
        sender, receiver = (me, you) if i in own else (you, me)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when))
        rows.append(
            f'item({{ ["key"] = "key-{key:06}"; ["when"] = {when:.0f}; ["with"] = {quoted(you)}; ["name"] = "message"; '
            f'["attr"] = {{ ["stamp"] = "{stamp}"; ["type"] = "chat"; ["id"] = "id-{key:06}"; '
            f'["from"] = {quoted(sender + "/x")}; ["to"] = {quoted(receiver)}; }}; '
            f'[1] = {{ ["name"] = "body"; ["attr"] = {{ }}; [1] = {quoted(body)}; }}; }});\n')
    with open(path, "a") as f:
        f.write("".join(rows))


def kept_sql(server, user, other, bodies, begin, step=1.0, own=()):
    """The same into the database that Prosody made for archives."""
    me, you = f"{user}@{server.domain}", f"{other}@{server.domain}"
    rows = []
    for i, body in enumerate(bodies):
        sender, receiver = (me, you) if i in own else (you, me)
        xml = f"<message xmlns='jabber:client' type='chat' id='id-{i}' from='{sender}/x' to='{receiver}'><body>{body}</body></message>"
        rows.append((server.domain, user, "archive", f"{body}-key", int(begin + i * step), you, "xml", xml))
    with contextlib.closing(sqlite3.connect(server.folder / "data" / "archive.sqlite")) as db, db:
        db.executemany('INSERT INTO prosodyarchive(host, user, store, key, "when", "with", type, value) VALUES(?,?,?,?,?,?,?,?)',
                       rows)

#!/usr/bin/python3
"""run.py [--only PART]...: confab beside mcabber, profanity and poezio, where they are installed, on one private Prosody.

Prints tables and writes nothing else.  Every figure is taken on the same machine in the same run; the clients take turns,
and where a figure is taken more than once, the median counts.  "(n.n)" is the ratio to confab.  Wall-clock times of a busy
machine mean little: the load is printed, and seconds of processor stand beside them.

Parts: start idle attach roster flood memory archive room offline history
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]
import rig  # noqa: E402
import rpc  # noqa: E402
import stored  # noqa: E402
from hall import LAST, Hall  # noqa: E402
from clients import CLIENTS, Confab  # noqa: E402
from terminal import KEYS, Late, Terminal, processes  # noqa: E402
from wire import END, Crowd, Stream, count  # noqa: E402

PARTS = ("start", "idle", "attach", "roster", "flood", "memory", "archive", "room", "offline", "history")
ROSTER, ONLINE = 2000, 500
BARE = "bare reader"


class Bench:
    def __init__(self, place, options):
        self.place, self.options, self.number = place, options, 0
        self.component_port, = rig.free_ports(1)
        self.server = place.keep(rig.Prosody(
            place.path / "prosody", rig.Authority(place.path / "tls"), without=("mam",), modules=("offline",),
            extra=f"component_ports = {{ {self.component_port} }}\nlimits = {{ }}\n",
            host_extra='Component "crowd.localhost"\n  component_secret = "secret"\n'))
        # What the tests read in it costs more than the messages.
        self.server.config.write_text(self.server.config.read_text().replace("log = { debug", "log = { warn"))
        self.server.start()
        self.tables = {}
        self.clients = [c for c in CLIENTS if c.there() and (not options.client or c.name in options.client)]

    def person(self, *friends):
        self.number += 1
        name = f"bench{self.number}"
        self.server.user(name)
        if friends:
            self.server.friends(name, *friends)
        return name

    def fresh(self, kind, user, chat):
        self.number += 1
        return self.place.keep(kind(self.place.path / f"{kind.name}-{self.number}", self.server, user, chat))

    def stream(self, user, resource):
        return self.place.keep(Stream(self.server.direct_port, self.server.domain, user, resource,
                                      str(self.server.authority.ca)))

    def start(self, client):
        return Terminal(client.command(), client.env())

    def took(self, row, name, value):
        self.tables.setdefault(row, {}).setdefault(name, []).append(value)

    def each(self, body):
        """body(name, client, friend, stack) for a client of each kind, fresh; what went wrong is told and not hidden."""
        for kind in self.clients:
            friend = self.person()
            user = self.person(friend)
            client = self.fresh(kind, user, f"{friend}@{self.server.domain}")
            try:
                with contextlib.ExitStack() as stack:
                    stack.callback(client.close)
                    body(kind.name, client, friend, stack)
            except Late as late:
                print(f"{kind.name}: {late}", flush=True)


def online(bench, client, friend, stack):
    """Starts the client; (terminal, when its presence reached a friend)."""
    watcher = Stream(bench.server.direct_port, bench.server.domain, friend, "watch", str(bench.server.authority.ca))
    stack.callback(watcher.close)
    watcher.send("<presence/>")
    terminal = bench.start(client)
    stack.callback(terminal.close)
    watcher.socket.settimeout(0.0001)
    seen, came = b"", None
    deadline = time.monotonic() + 30
    while came is None:
        terminal.pump(0.001)
        with contextlib.suppress(TimeoutError):
            seen += watcher.socket.recv(65536)
        # The server also tells that somebody is off line.
        if any(f"'{client.user}@" in tag and "unavailable" not in tag for tag in
               re.findall(r"<presence[^>]*from=[^>]*>", seen.decode(errors="replace"))):
            came = time.monotonic()
        if terminal.ended or time.monotonic() > deadline:
            raise Late(f"it does not come on line: {terminal.text[-300:].decode(errors='replace')!r}")
    terminal.wait_quiet()
    return terminal, came


def bench_start(bench):
    def one(name, client, friend, stack):
        terminal, came = online(bench, client, friend, stack)
        terminal.until(lambda: terminal.first, "nothing was painted")
        bench.took("start to first paint, ms", name, (terminal.first - terminal.start) * 1000)
        bench.took("start to online, ms", name, (came - terminal.start) * 1000)

    for _ in range(bench.options.times):
        bench.each(one)


def bench_idle(bench):
    def one(name, client, friend, stack):
        terminal, _ = online(bench, client, friend, stack)
        client.open_chat(terminal)
        terminal.wait_quiet(3)
        pids = client.pids(terminal)
        before = [processes(pid) for pid in pids]
        until = time.monotonic() + bench.options.idle
        while time.monotonic() < until:
            terminal.pump(until - time.monotonic())
        after = [processes(pid) for pid in pids]
        per_minute = [(b["switches"] - a["switches"]) * 60 / bench.options.idle for a, b in zip(before, after)]
        bench.took("idle: context switches a minute, all processes", name, sum(per_minute))
        bench.took("idle: MiB resident, all processes", name, sum(p["rss"] for p in after))
        bench.took("   of which nobody else has them: not the libraries", name, sum(p["own"] for p in after))
        if name == "confab":
            bench.took("   its face: switches a minute", name, per_minute[0])
            bench.took("   its face: MiB resident", name, after[0]["rss"])
        for value in terminal.echo(60):
            bench.took("idle: key to screen, median, ms", name, value)

    bench.each(one)


def bench_attach(bench):
    """A core that has everything, a terminal that comes to it: until the words of the chat in front are written."""
    user, friend = (lambda f: (bench.person(f), f))(bench.person())
    chat = f"{friend}@{bench.server.domain}"
    client = bench.fresh(Confab, user, chat)
    client.confab.start(log="notice")
    client.confab.wait_state("home")
    client.attach_in_front_of(chat)
    client.confab.do(*[f"/say what was said in row {n}" for n in range(100)], account="home", chat=chat)
    attach(bench, client, "row 99", "attach: first paint, ms", "attach: the chat's words, ms", bench.options.attaches)
    client.confab.stop()


def attach(bench, client, last, first_row, words_row, times):
    for _ in range(times):
        terminal = bench.start(client)
        try:
            words = terminal.wait_for(last)
            if first_row:
                bench.took(first_row, "confab", (terminal.first - terminal.start) * 1000)
            bench.took(words_row, "confab", (words - terminal.start) * 1000)
        finally:
            terminal.close()


def crowd_roster(bench, user):
    rows = "".join(f'["c{n}@crowd.localhost"] = {{ subscription = "both"; name = "Contact number {n}"; groups = {{ ["group '
                   f'{n % 20}"] = true }} }};\n' for n in range(ROSTER))
    bench.server._file("roster", user).write_text(f"return {{ [false] = {{ version = 1; pending = {{}} }};\n{rows}}};\n")


def bare_roster(bench):
    user = bench.person()
    crowd_roster(bench, user)
    with contextlib.closing(Crowd(bench.component_port, "crowd.localhost", ROSTER, ONLINE)) as crowd:
        crowd.to, crowd.full = f"{user}@{bench.server.domain}", f"{user}@{bench.server.domain}/bench"
        crowd.start()
        began = time.monotonic()
        with contextlib.closing(Stream(bench.server.direct_port, bench.server.domain, user, "bench",
                                       str(bench.server.authority.ca))) as stream:
            stream.send("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>")
            stream.read_past(b"id='last'")
            stream.send(f"<iq type='result' id='last' to='c0@crowd.localhost/home'/>")
            crowd.answered.wait(20)
            bench.took("roster of 2,000, 500 on line: start to all read, s", BARE, time.monotonic() - began)


def bench_roster(bench):
    def one(name, client, _, stack):
        crowd_roster(bench, client.user)
        crowd = Crowd(bench.component_port, "crowd.localhost", ROSTER, ONLINE)
        stack.callback(crowd.close)
        crowd.to = f"{client.user}@{bench.server.domain}"
        crowd.full = crowd.to + "/bench"
        crowd.start()
        if name == "confab":
            client.confab.accounts_file.write_text(client.confab.accounts_file.read_text().rstrip() + "\nresource = bench\n")
        terminal = bench.start(client)
        stack.callback(terminal.close)
        came = terminal.until(crowd.answered.is_set, "it does not answer after its roster", 60)
        bench.took("roster of 2,000, 500 on line: start to all read, s", name, came - terminal.start)
        terminal.wait_quiet(1)
        pids = client.pids(terminal)
        bench.took("   processor until quiet, s", name, sum(processes(pid)["cpu"] for pid in pids))
        bench.took("   MiB resident", name, sum(processes(pid)["rss"] for pid in pids))
        for value in terminal.echo(40):
            bench.took("   key to screen, median, ms", name, value)

    bare_roster(bench)
    bench.each(one)


@contextlib.contextmanager
def flood_from(bench, friend, to):
    options = {"port": bench.server.direct_port, "domain": bench.server.domain, "user": friend,
               "ca": str(bench.server.authority.ca), "to": to, "count": bench.options.messages}
    sender = subprocess.Popen([rig.PYTHON, "-B", str(HERE / "wire.py"), "flood", json.dumps(options)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    try:
        sender.stdout.readline()

        def go():
            sender.stdin.write(b"go\n")
            sender.stdin.flush()
            return time.monotonic()
        yield go
    finally:
        rig.end(sender)
        sender.stdin.close()
        sender.stdout.close()


def bare_flood(bench):
    friend = bench.person()
    user = bench.person(friend)
    reader = Stream(bench.server.direct_port, bench.server.domain, user, "bench", str(bench.server.authority.ca))
    with contextlib.closing(reader), flood_from(bench, friend, f"{user}@{bench.server.domain}") as go:
        reader.send("<presence/>")
        reader.read_past(b"<presence")
        began = go()
        n = count(reader.socket, b"<body>", END.encode())
        took = time.monotonic() - began
        assert n >= bench.options.messages * 0.99, n
        bench.took(f"{bench.options.messages:,} messages into the open chat, s", BARE, took)


def type_until(terminal, end):
    """Keys, one after the other has been seen, until these words are written; (when that was, milliseconds of each)."""
    echoes, deadline = [], time.monotonic() + 120

    def done():
        if terminal.ended or time.monotonic() > deadline:
            raise Late("the last message was not shown")
        return end in terminal.text

    while not done():
        terminal.text = terminal.text[-len(end):]
        key = KEYS[len(echoes) % len(KEYS):][:1]
        pressed = time.monotonic()
        terminal.press(key)
        while not done() and key not in terminal.text:
            terminal.pump(0.02)
        if key in terminal.text:
            echoes.append((time.monotonic() - pressed) * 1000)
        if len(echoes) % 30 == 29:
            terminal.press(b"\x15")
        pause = time.monotonic() + 0.02
        while not done() and time.monotonic() < pause:
            terminal.pump(0.005)
    return time.monotonic(), echoes


def bench_flood(bench):
    def one(name, client, friend, stack):
        terminal, _ = online(bench, client, friend, stack)
        client.open_chat(terminal)
        go = stack.enter_context(flood_from(bench, friend, f"{client.user}@{bench.server.domain}"))
        terminal.wait_quiet(1)
        pids = client.pids(terminal)
        before = sum(processes(pid)["cpu"] for pid in pids)
        began = go()
        done, echoes = type_until(terminal, END.encode())
        bench.took(f"{bench.options.messages:,} messages into the open chat, s", name, done - began)
        bench.took("   processor, s", name, sum(processes(pid)["cpu"] for pid in pids) - before)
        bench.took("   MiB resident afterwards", name, sum(processes(pid)["rss"] for pid in pids))
        if name == "confab":
            bench.took("   its core: MiB resident", name, processes(pids[1])["rss"])
        if echoes:
            bench.took("   key to screen meanwhile, p50, ms", name, statistics.median(echoes))
            bench.took("   key to screen meanwhile, p99, ms", name, sorted(echoes)[len(echoes) * 99 // 100])

    for _ in range(bench.options.times):
        bare_flood(bench)
        bench.each(one)


def bench_memory(bench):
    """confab alone: five floods into one core and its terminal."""
    friend = bench.person()
    user = bench.person(friend)
    client = bench.fresh(Confab, user, f"{friend}@{bench.server.domain}")
    with contextlib.ExitStack() as stack:
        stack.callback(client.close)
        terminal = bench.start(client)
        stack.callback(terminal.close)
        terminal.wait_for("is on line")
        client.open_chat(terminal)
        go = stack.enter_context(flood_from(bench, friend, f"{user}@{bench.server.domain}"))
        for flood in range(5):
            terminal.wait_quiet()
            terminal.forget()
            go()
            type_until(terminal, END.encode())
            terminal.press(b"\x15")
            for what, pid in zip(("terminal", "core"), client.pids(terminal)):
                bench.took(f"after {bench.options.messages * (flood + 1):,} messages: {what}, MiB resident", "confab",
                           processes(pid)["rss"])


def bench_archive(bench):
    """confab alone, and its core alone: the others fetch by the window, and keep less of it."""
    server = bench.place.keep(rig.Prosody(bench.place.path / "archive", rig.Authority(bench.place.path / "archive-tls"), extra='''
storage = { archive = "sql" }
sql = { driver = "SQLite3", database = "archive.sqlite" }
'''))
    server.config.write_text(server.config.read_text().replace("log = { debug", "log = { warn"))
    for person in ("mira", "alice"):
        server.user(person)
    server.friends("mira", "alice")
    client = bench.place.keep(Confab(bench.place.path / "archive-home", server, "mira", f"alice@{server.domain}"))
    bodies = [f"{n} is the number of this one, which is as long as what people write to each other"
              for n in range(1, bench.options.missed)]

    def log_in():
        server.start()
        client.confab.start(log="notice")
        client.confab.wait_state("home")

    def log_out():
        client.confab.stop()
        server.stop()

    def asked():
        with contextlib.closing(sqlite3.connect(server.folder / "data/archive.sqlite")) as db:
            return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'prosodyarchive'").fetchone()

    # The database is made by the first who asks for it, and a known id is where the catch-up begins.
    log_in()
    rig.until(asked, "the archive was not asked")
    log_out()
    stored.kept_sql(server, "mira", "alice", ["the first of all"], time.time() - 10)
    log_in()
    rig.until(lambda: client.confab.call("chats")["chats"], "the first of all")
    # What a start, a log-in and one message cost.
    before = processes(client.confab.process.pid)["cpu"]
    log_out()
    stored.kept_sql(server, "mira", "alice", [*bodies, END], time.time() - bench.options.missed, 0.5)
    began = time.monotonic()
    log_in()

    def rows(what):
        with contextlib.closing(sqlite3.connect(f"file:{client.home}/data/confab.db?mode=ro", uri=True)) as db:
            return db.execute(f"SELECT {what} FROM message").fetchone()[0]

    # Read from the file, which costs the core nothing.
    rig.until(lambda: time.sleep(0.1) or rows("count(*)") > bench.options.missed, "not all came", 120)
    bench.took(f"{bench.options.missed:,} missed, from the archive, s", "confab", time.monotonic() - began)
    now = processes(client.confab.process.pid)
    bench.took("   processor, without that of a start and a log-in, s", "confab", now["cpu"] - before)
    bench.took("   processor of a start and a log-in, s", "confab", before)
    bench.took("   MiB resident", "confab", now["rss"])
    assert rows("count(DISTINCT body)") == rows("count(*)") == bench.options.missed + 1
    log_out()


def bare_room(bench):
    """What the server and the room themselves need, from the presence to the last line."""
    user = bench.person()
    with contextlib.closing(Hall(bench.component_port, "crowd.localhost", occupants=1000, lines=500)), \
            contextlib.closing(bench.stream(user, "bench")) as reader:
        reader.send("<presence/>")
        reader.read_past(b"<presence")
        began = time.monotonic()
        reader.send("<presence to='big@crowd.localhost/me'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        reader.read_past(LAST.encode())
        bench.took("a room of 1,000 with 500 lines: to the last line, s", BARE, time.monotonic() - began)


def bench_room(bench):
    """A room of 1,000 with 500 lines from before; then 500 of 1,500 change their presence."""
    def one(name, client, friend, stack):
        terminal, _ = online(bench, client, friend, stack)
        hall = Hall(bench.component_port, "crowd.localhost", occupants=1000, lines=500)
        stack.callback(hall.close)
        pids = client.pids(terminal)

        def used(what):
            return sum(processes(pid)[what] for pid in pids)

        terminal.wait_quiet(1)
        rss, cpu = used("rss"), used("cpu")
        terminal.forget()
        terminal.press(client.join("big@crowd.localhost"))
        terminal.wait_quiet()
        began = time.monotonic()
        terminal.press("\r")
        done = terminal.until(lambda: LAST.encode() in terminal.text, "the last line is not shown", 30)
        bench.took("a room of 1,000 with 500 lines: to the last line, s", name, done - began)
        terminal.wait_quiet(1)
        bench.took("   processor, s", name, used("cpu") - cpu)
        bench.took("   MiB more", name, used("rss") - rss)
        hall.occupants, hall.lines = 1500, 0
        terminal.type_line(client.join("huge@crowd.localhost"))
        rig.until(lambda: "huge@crowd.localhost" in hall.entered, "the second room is not entered")
        terminal.wait_quiet(1)
        cpu = used("cpu")
        hall.change("huge@crowd.localhost", 500, "away")
        terminal.until(lambda: b"99 away now 99" in terminal.text, "the change is not shown", 60)
        terminal.wait_quiet(1)
        bench.took("500 of 1,500 change: processor, s", name, used("cpu") - cpu)

    for _ in range(bench.options.times):
        bare_room(bench)
        bench.each(one)


OFFLINE = 10000


def keep_offline(bench, user, friend):
    """Writes what the server holds for who is not there, as its internal storage has it."""
    me, you = f"{user}@{bench.server.domain}", f"{friend}@{bench.server.domain}/x"
    path = bench.server._file("offline", user).with_suffix(".list")
    began = int(time.time()) - OFFLINE
    with open(path, "w") as f:
        for i in range(OFFLINE):
            body = END if i == OFFLINE - 1 else f"kept for later {i}"
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + i))
            f.write(f'item({{ ["key"] = "key-{i:06}"; ["when"] = {began + i}; ["with"] = ""; ["name"] = "message"; ["attr"] = {{ '
                    f'["stamp"] = "{stamp}"; ["type"] = "chat"; ["id"] = "id-{i:06}"; ["from"] = "{you}"; ["to"] = "{me}"; }}; '
                    f'[1] = {{ ["name"] = "body"; ["attr"] = {{ }}; [1] = "{body}"; }}; }});\n')


def bench_offline(bench):
    """From the command to connect until the last of what the server kept was read, or was told to a face."""
    name = f"{OFFLINE:,} from offline storage, s"
    for _ in range(bench.options.times):
        friend = bench.person()
        user = bench.person(friend)
        keep_offline(bench, user, friend)
        began = time.monotonic()
        with contextlib.closing(bench.stream(user, "bench")) as reader:
            reader.send("<presence/>")
            n = count(reader.socket, b"<body>", END.encode())
        bench.took(name, BARE, time.monotonic() - began)
        assert n >= OFFLINE * 0.99, n
        user = bench.person(friend)
        keep_offline(bench, user, friend)
        with contextlib.ExitStack() as stack:
            core = rig.Confab(bench.place.path / f"offline-{user}")
            stack.callback(core.close)
            core.account("home", bench.server, user, tls="direct", autoconnect="false").start(log="warning")
            # A face as bare as the reader: an interpreter of JSON in Python would be most of what is measured.
            face = rpc.connect(core)
            stack.callback(face.close)
            before = processes(core.process.pid)["cpu"]
            began = time.monotonic()
            for number, (method, params) in enumerate((("hello", {"client": "bench", "protocol": 1}),
                                                       ("subscribe", {"types": ["message"]}), ("run", {"line": "/connect home"}))):
                face.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
            n = count(face, b'"type":"message"', END.encode())
            bench.took(name, "confab", time.monotonic() - began)
            bench.took("   processor, s", "confab", processes(core.process.pid)["cpu"] - before)
            assert n >= OFFLINE * 0.99, n


def bench_history(bench):
    """confab alone: the others keep no history that they page through."""
    for rows in (10, *bench.options.rows):
        friend = bench.person()
        user = bench.person(friend)
        chat = f"{friend}@{bench.server.domain}"
        client = bench.fresh(Confab, user, chat)
        (client.home / "data").mkdir(mode=0o700)
        subprocess.run([str(rig.BUILD / "bench/store_bench"), "--make", str(rows), str(client.home / "data/confab.db"),
                        f"{user}@{bench.server.domain}", chat], check=True)
        client.confab.start(log="notice")
        client.confab.wait_state("home")
        client.attach_in_front_of(chat)
        client.confab.do("/say row 99", account="home", chat=chat)
        attach(bench, client, "row 99", None, f"a chat of {rows:,}: attach to its words, ms", 5)
        terminal = bench.start(client)
        terminal.wait_for("row 99")
        terminal.wait_quiet()
        for _ in range(min(40, rows // 20)):
            terminal.forget()
            began = time.monotonic()
            terminal.press("\033[5~")
            terminal.until(lambda: terminal.text.strip(), "no page came")
            bench.took(f"a chat of {rows:,}: a page back, ms", "confab", (time.monotonic() - began) * 1000)
            terminal.wait_quiet(0.1)
        terminal.close()
        core = rpc.Rpc(client.confab)
        for what, words in (("a rare word", "wf00"), ("a frequent word", "w0"), ("has:link", "has:link")):
            for _ in range(10):
                began = time.monotonic()
                assert core.call("search", words=words)["messages"] or rows < 100
                bench.took(f"a chat of {rows:,}: search for {what}, ms", "confab", (time.monotonic() - began) * 1000)
        core.close()
        bench.took(f"a chat of {rows:,}: the core, MiB resident", "confab", processes(client.confab.process.pid)["rss"])
        client.confab.stop()


def show(tables):
    names = [BARE, *[c.name for c in CLIENTS]]
    names = [n for n in names if any(n in row for row in tables.values())]
    width = max(map(len, tables), default=0)
    print(f"\n{'':{width}} " + "".join(f"{n:>18}" for n in names))
    for row, values in tables.items():
        own = statistics.median(values["confab"]) if "confab" in values else None
        cells = []
        for name in names:
            if name not in values:
                cells.append(f"{'-':>18}")
                continue
            value = statistics.median(values[name])
            ratio = f" ({value / own:.1f})" if own and name != "confab" else ""
            cells.append(f"{value:.{2 if value < 100 else 0}f}{ratio}".rjust(18))
        print(f"{row:{width}} " + "".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--client", action="append", help="only this one (may be repeated)")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--attaches", type=int, default=20)
    parser.add_argument("--idle", type=float, default=60, help="seconds")
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--missed", type=int, default=10000)
    parser.add_argument("--rows", type=int, nargs="*", default=[100000, 1000000])
    options = parser.parse_args()
    missing = [p for p in ("prosody", "openssl") if shutil.which(p) is None]
    if missing:
        sys.exit(f"run.py: missing: {' '.join(missing)}; tools/deps installs them")
    with rig.Place("confab-bench-") as place:
        bench = Bench(place, options)
        print("clients: " + ", ".join(c.name for c in bench.clients) + f"; load {os.getloadavg()[0]:.1f} on "
              f"{os.cpu_count()} processors", flush=True)
        for part in options.only or PARTS:
            began = time.monotonic()
            bench.tables = {}
            globals()[f"bench_{part}"](bench)
            show(bench.tables)
            print(f"({part}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f})", flush=True)


if __name__ == "__main__":
    main()

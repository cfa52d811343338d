"""storm.py: two cores on one server write numbered messages to each other while their links are cut and their processes are
killed at random moments.  In the end both have everything once, in order.

A moment is a number of bytes: each connection goes through a wire that gets a fate, by a seed, when it is opened: after so
many bytes in one direction it is cut, falls silent, or its core is killed.  So nothing is waited for but what must come.
"""
import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
import struct
import time

import rig

# Connecting takes about 8,000 bytes of the server and 3,000 of ours, a message with what follows from it about 1,000.
EARLY, LATE = 9000, 60000
WINDOW = 12         # messages that were typed and not seen by the other side
WAYS = ("reset", "reset", "close", "silent", "far", "pause")


class Fate:
    """What becomes of one connection: after so many bytes from "us" or from the "server"."""

    def __init__(self, chance, ways):
        self.way = chance.choice(ways)
        self.side = chance.choice(("us", "server"))
        self.after = chance.randrange(EARLY if chance.random() < 0.5 else LATE)
        # How much of ours is swallowed, or kept back, before a silent link breaks, or a pausing one goes on; at the latest
        # after so many seconds: in the middle of a log-in nothing more may come.
        self.more, self.seconds = chance.randrange(1, 2000), chance.random() / 4

    def __str__(self):
        return f"{self.way} after {self.after} bytes from {self.side}"


class Wire:
    """A port whose connections go to the server, each to the end of its fate."""

    def __init__(self, target, fates, kill):
        self.target, self.fates, self.kill = target, fates, kill
        self.met = []           # fates that were met
        self.server = None
        self._tasks, self._links = set(), set()

    def calm(self):
        """Nothing happens any more but what has begun."""
        self.fates = iter(())
        for link in self._links:
            link.fate = None

    async def start(self):
        self.server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _carry(self, near_in, near_out):
        self._tasks.add(asyncio.current_task())
        try:
            far_in, far_out = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            self._reset(near_out)
            return
        # Not before it was waited for: after calm() nobody may have a fate left.
        link = Link(self, next(self.fates, None), near_out, far_out)
        self._links.add(link)
        try:
            # Either end of it is the end of both.
            ways = [asyncio.ensure_future(link.pass_on("us", near_in, far_out)),
                    asyncio.ensure_future(link.pass_on("server", far_in, near_out)),
                    asyncio.ensure_future(link.broken.wait())]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for out in (near_out, far_out):
                if link.gently:
                    out.close()
                else:
                    self._reset(out)
            self._links.discard(link)
            self._tasks.discard(asyncio.current_task())

    @staticmethod
    def _reset(out):
        with contextlib.suppress(OSError):
            out.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        out.transport.abort()

    async def close(self):
        self.server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Link:
    """One connection."""

    def __init__(self, wire, fate, near, far):
        self.wire, self.fate, self.near, self.far = wire, fate, near, far
        self.count = {"us": 0, "server": 0}
        self.silent = self.paused = False
        self.more, self.kept = 0, []
        self.gently = False
        self.broken = asyncio.Event()

    async def pass_on(self, side, source, sink):
        while data := await source.read(65536):
            if self.silent:
                self.more -= len(data) if side == "us" else 0
                if self.more <= 0:
                    return
                continue
            if self.paused:
                self.kept.append((sink, data))
                self.more -= len(data) if side == "us" else 0
                if self.more <= 0:
                    self.go_on()
                continue
            fate = self.fate if self.fate and side == self.fate.side else None
            if fate and self.count[side] + len(data) > fate.after:
                head = data[:fate.after - self.count[side]]
                sink.write(head)
                with contextlib.suppress(OSError):
                    await sink.drain()
                self.wire.met.append(fate)
                self.fate, self.count = None, {"us": 0, "server": 0}
                if not self.meet(fate, sink, data[len(head):]):
                    return
                continue
            self.count[side] += len(data)
            sink.write(data)
            await sink.drain()

    def go_on(self):
        if not self.paused:
            return
        self.paused = False
        self.fate = next(self.wire.fates, None)
        for out, one in self.kept:
            out.write(one)
        self.kept = []

    def meet(self, fate, sink, rest):
        """False: the connection ends."""
        later = asyncio.get_running_loop().call_later
        self.more = fate.more
        if fate.way == "silent":
            self.silent = True
            later(fate.seconds, self.broken.set)
            return True
        if fate.way == "pause":
            self.paused = True
            self.kept.append((sink, rest))
            later(fate.seconds, self.go_on)
            return True
        if fate.way == "far":
            # The server sees it end at once, and we later or when we say something.
            Wire._reset(self.far)
            self.silent, self.more = True, 1
            later(fate.seconds, self.broken.set)
            return True
        if fate.way == "kill":
            self.wire.kill()
        self.gently = fate.way == "close"
        return False


class Node:
    """A core, started again whenever it was killed, and who types there."""

    def __init__(self, confab, account, chat, letter):
        self.confab, self.account, self.chat, self.letter = confab, account, chat, letter
        self.typed = []             # bodies that are rows, as far as we were told
        self.seen = set()           # bodies from the other side
        self.kills = 0
        self.process = self.writer = None
        self.numbers = iter(range(1, 2 ** 62))
        self.answers = {}
        self.up = asyncio.Event()
        self.news = asyncio.Event()
        self.over = False
        self.trouble = None
        self.pause = 0              # seconds at most until /connect when it would wait

    def kill(self):
        if self.process is not None and self.process.returncode is None:
            self.kills += 1
            self.process.kill()

    # --- the process and its socket ---

    async def live(self):
        while not self.over:
            with open(self.confab.log, "ab") as err:
                self.process = await asyncio.create_subprocess_exec(
                    self.confab.program, "--home", str(self.confab.home), "--log", "debug", "core", env=self.confab.env,
                    stdin=asyncio.subprocess.DEVNULL, stdout=err, stderr=err, start_new_session=True)
            reader = await self._attach()
            if reader is not None:
                await self._listen(reader)
            self.up.clear()
            for future in self.answers.values():
                if not future.done():
                    future.set_exception(ConnectionError())
            self.answers.clear()
            code = await self.process.wait()
            if code != -9 and not (self.over and code == 0):
                raise AssertionError(f"the core of {self.letter} ended with {code}:\n{self.confab.tail()}")

    async def _attach(self):
        """A reader, or None when it was killed before that."""
        deadline = time.monotonic() + rig.PATIENCE
        while self.process.returncode is None:
            folder = -1
            try:
                folder = os.open(self.confab.socket.parent, os.O_PATH)
                reader, self.writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/socket", limit=2 ** 24)
                return reader
            except OSError:
                assert time.monotonic() < deadline, f"no core of {self.letter}:\n{self.confab.tail()}"
                await asyncio.sleep(0.01)
            finally:
                if folder >= 0:
                    os.close(folder)
        return None

    async def _listen(self, reader):
        greet = asyncio.ensure_future(self._greet())
        try:
            while line := await reader.readline():
                self._take(json.loads(line))
        except (ConnectionError, ValueError):
            pass
        greet.cancel()
        await asyncio.gather(greet, return_exceptions=True)
        self.writer.close()

    async def _greet(self):
        await self.call("hello", client="storm", protocol=1, interactive=False)
        await self.call("subscribe", types=["message", "account"])
        # What came while nobody listened.
        page = await self.call("history", account=self.account, chat=self.chat, limit=200)
        for row in page["messages"]:
            self._row(row)
        self.up.set()
        self._hurry((await self.call("accounts"))["accounts"][0])

    def _row(self, row):
        if row["direction"] == "in":
            self.seen.add(row["body"])
            self.news.set()

    async def hurry(self):
        """It is on line as soon as it can."""
        self.pause = 0
        while True:
            await self.up.wait()
            with contextlib.suppress(ConnectionError):
                self._hurry((await self.call("accounts"))["accounts"][0])
                return

    def _hurry(self, account):
        if account["state"] == "waiting":
            asyncio.get_running_loop().call_later(random.random() * self.pause, self._connect)
        elif account["state"] == "failed":
            self.trouble = f"{self.letter}: {account}"

    def _connect(self):
        if self.up.is_set() and not self.over:
            self.send("run", line=f"/connect {self.account}")

    def _take(self, line):
        if line.get("method") == "event":
            event = line["params"]
            if event["type"] == "message" and not event.get("gone"):
                self._row(event)
            elif event["type"] == "account":
                self._hurry(event)
        elif "id" in line and (future := self.answers.pop(line["id"], None)) is not None and not future.done():
            if "error" in line:
                future.set_exception(RuntimeError(line["error"]["message"]))
            else:
                future.set_result(line["result"])

    def send(self, method, **params):
        number = next(self.numbers)
        future = asyncio.get_running_loop().create_future()
        # Nobody need wait for it.
        future.add_done_callback(lambda f: f.cancelled() or f.exception())
        self.answers[number] = future
        self.writer.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        return future

    async def call(self, method, **params):
        if self.writer.is_closing():
            # Who tries again at once must not keep the end of the connection from being seen.
            await asyncio.sleep(0)
            raise ConnectionError
        try:
            return await asyncio.wait_for(self.send(method, **params), rig.PATIENCE * 3)
        except asyncio.TimeoutError:
            raise AssertionError(f"the core of {self.letter} ({self.state()}) does not answer {method}\n"
                                 + self.confab.tail()) from None

    def state(self):
        """What its process does, in the kernel's words."""
        pid = self.process.pid
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat, open(f"/proc/{pid}/syscall", encoding="ascii") as call:
                return f"process {pid}, {stat.read().rsplit(')', 1)[1].split()[0]}, system call {call.read().strip()}"
        except OSError as error:
            return f"process {pid}: {error}"

    # --- who types ---

    async def type_on(self, other, go_on):
        """One message after the other, as long as go_on() is true."""
        while go_on():
            body = f"{self.letter}{len(self.typed)}"
            await self._type(body)
            self.typed.append(body)
            while go_on() and len(self.typed) - len(other.seen) >= WINDOW:
                other.news.clear()
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(other.news.wait(), 0.5)

    async def _type(self, body):
        while True:
            await self.up.wait()
            try:
                page = await self.call("history", account=self.account, chat=self.chat, limit=WINDOW * 4)
                # Its process died with the answer: who typed it looks whether it is there.
                if any(row["body"] == body and row["direction"] == "out" for row in page["messages"]):
                    return
                await self.call("run", line=body, account=self.account, chat=self.chat)
                return
            except ConnectionError:
                continue

    async def rows(self):
        """All of the chat, oldest first.  ConnectionError when its process dies meanwhile."""
        pages, before = [], {}
        await self.up.wait()
        while True:
            page = (await self.call("history", account=self.account, chat=self.chat, limit=1000, **before))["messages"]
            if not page:
                return [row for p in reversed(pages) for row in p]
            pages.append(page)
            before = {"before": page[0]["id"]}

    async def stop(self):
        self.over = True
        with contextlib.suppress(ConnectionError):
            await self.call("stop")
        await asyncio.wait_for(self.process.wait(), rig.PATIENCE)


def differ(name, got, wanted):
    if got == wanted:
        return []
    lost = [b for b in wanted if b not in set(got)]
    twice = sorted({b for b in got if got.count(b) > 1})
    strange = [b for b in got if b not in set(wanted)]
    order = not lost and not twice and not strange
    return [f"{name}: {len(lost)} lost {lost[:5]}, {len(twice)} twice {twice[:5]}, {len(strange)} strange {strange[:5]}"
            + (", out of order" if order else "")]


def compare(one, two, rows_one, rows_two):
    """What is wrong, in words."""
    wrong = []
    for node, rows, other in ((one, rows_one, two), (two, rows_two, one)):
        wrong += differ(f"{node.letter} came", [r["body"] for r in rows if r["direction"] == "in"], other.typed)
        wrong += differ(f"{node.letter} went", [r["body"] for r in rows if r["direction"] == "out"], node.typed)
    return wrong


def settled(rows):
    return all(r["state"] in ("stored", "delivered", "displayed") for r in rows if r["direction"] == "out")


async def _blow(nodes, wires, wanted, report):
    one, two = nodes

    def go_on():
        for node in nodes:
            assert node.trouble is None, node.trouble
        return sum(len(w.met) for w in wires) < wanted

    lives = [asyncio.ensure_future(n.live()) for n in nodes]
    typing = [asyncio.ensure_future(one.type_on(two, go_on)), asyncio.ensure_future(two.type_on(one, go_on))]
    try:
        await first_failure(typing, lives)
        # The rest is quiet: everything must come to its end.
        for wire in wires:
            wire.calm()
        for node in nodes:
            await node.hurry()
        deadline = time.monotonic() + rig.PATIENCE * 3
        while True:
            try:
                rows = [await node.rows() for node in nodes]
            except ConnectionError:
                rows = None
            wrong = compare(one, two, *rows) if rows else ["no answer"]
            if rows and not wrong and settled(rows[0]) and settled(rows[1]):
                break
            if time.monotonic() > deadline:
                wrong += [f"{r['body']} is {r['state']}: {r.get('reason')}" for part in rows or [] for r in part
                          if r["direction"] == "out" and r["state"] not in ("stored", "delivered")][:5]
                raise AssertionError("; ".join(wrong))
            for life in lives:
                if life.done():
                    life.result()
            await asyncio.sleep(0.05)
        report["messages"] = len(one.typed) + len(two.typed)
        for node in nodes:
            await node.stop()
        await asyncio.gather(*lives)
    finally:
        for task in (*typing, *lives):
            task.cancel()
        for node in nodes:
            node.over = True
            if node.process is not None and node.process.returncode is None:
                node.process.kill()
                await node.process.wait()
        await asyncio.gather(*typing, *lives, return_exceptions=True)


async def first_failure(wanted, others):
    """Until all wanted are done; what fails first is raised."""
    pending = {*wanted, *others}
    while any(w in pending for w in wanted):
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


def give_keys(server, confabs, names):
    """Both have keys on the server, and encrypt, or send nothing."""
    for confab, name in zip(confabs, names):
        confab.account("home", server, name).start()
    for confab, other in zip(confabs, reversed(names)):
        confab.wait_state("home")
        confab.do("/omemo on", chat=f"{other}@{server.domain}")
    for confab, other in zip(confabs, reversed(names)):
        def listed():
            confab.do(f"/omemo refresh {other}@{server.domain}")
            return "trusted" in confab.do(f"/omemo devices {other}@{server.domain}")
        rig.until(listed, f"{other} publishes no device")
    for confab in confabs:
        confab.stop()
        confab.accounts_file.unlink()


def check_encrypted(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        plain = db.execute("SELECT count(*) FROM message WHERE encryption = 0").fetchone()[0]
        assert plain == 0, f"{plain} messages of {path} were not encrypted"


def blow(server, confabs, names, seed, cuts=0, kills=0, pause=0, encrypted=False):
    """So many cuts and kills over two fresh accounts; what it came to.  AssertionError with the seed when it is not right."""
    chance = random.Random(seed)
    report = {"seed": seed}
    began = time.monotonic()

    def fates(own):
        while True:
            yield Fate(own, ("kill",) if own.random() * (cuts + kills) < kills else WAYS)

    async def run():
        nodes, wires = [], []
        both = [confabs(f"{letter}-{seed}") for letter in "ab"]
        if encrypted:
            give_keys(server, both, names)
        for confab, name, other, letter in ((both[0], names[0], names[1], "a"), (both[1], names[1], names[0], "b")):
            node = Node(confab, "home", f"{other}@{server.domain}", letter)
            node.pause = pause
            wire = Wire(server.port, fates(random.Random(chance.random())), node.kill)
            await wire.start()
            confab.account("home", server, name, port=wire.port)
            nodes.append(node)
            wires.append(wire)
        try:
            await _blow(nodes, wires, cuts + kills, report)
        finally:
            for wire in wires:
                await wire.close()
        met = [fate for wire in wires for fate in wire.met]
        report.update(cuts=sum(f.way != "kill" for f in met), kills=sum(n.kills for n in nodes))
        for node in nodes:
            check_file(node.confab.home / "data" / "confab.db")
            if encrypted:
                check_encrypted(node.confab.home / "data" / "confab.db")

    try:
        asyncio.run(run())
    except BaseException as error:
        if isinstance(error, AssertionError):
            raise AssertionError(f"SEED={seed} CUTS={cuts} KILLS={kills}: {error}") from error
        raise
    report["seconds"] = round(time.monotonic() - began, 1)
    return report


def check_file(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",), f"{path} is damaged"

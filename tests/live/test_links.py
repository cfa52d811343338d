"""Links whose ground shifts, in a network namespace of their own: an address of this machine that goes and comes, a way
that swallows what is sent, a name server that says where the server is, falls silent and comes back.
"""
import contextlib
import ctypes
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time

import namespace
import rig

ADDRESS = "10.9.8.7"
# In make soak: the kernel takes the time that it takes for people.
LONG = bool(os.environ.get("LONG"))
# What the core does with the news is a scenario (sleep.scn) besides, and the
# order of targets a unit test (test_resolve.c).
ALLOWED = namespace.allowed(network=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


def everywhere(server):
    """It listens on every address."""
    server.config.write_text(server.config.read_text().replace('interfaces = { "127.0.0.1" }', 'interfaces = { "*" }'))


def in_a_namespace_of_its_own():
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
    with rig.Place() as place:
        server = rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))
        everywhere(server)
        server.user("mira")
        place.keep(server).start()
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", server, "mira", host=ADDRESS).start()
        confab.wait_state("home")
        watch = confab.watch("account")
        ip("addr", "del", f"{ADDRESS}/32", "dev", "lo")
        # The sentence shows that it was not the kernel that gave the line up, which takes it half a minute and more.
        lost = watch.expect(state="waiting", _condition=lambda e: "This machine has not the address" in e["text"])
        watch.expect(state="waiting", _condition=lambda e: "unreachable" in e["text"])
        ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
        back = watch.expect(state="online")
        rig.until(lambda: confab.log.read_text().count("addresses of this machine changed") >= 2, "the kernel told both times")
        return {"lost": lost, "back": back}


class Way:
    """The way to an address on this machine that need not be there: the client has another one, so that nothing is news
    to it when what it sends is swallowed."""

    def __init__(self):
        ip("link", "set", "lo", "up")
        self.there()

    def there(self):
        ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
        ip("route", "replace", "local", ADDRESS, "dev", "lo", "table", "local", "src", "127.0.0.1")

    def gone(self):
        """What is sent leaves, comes in again, is nobody's and is dropped without a word."""
        ip("route", "add", ADDRESS, "dev", "lo")
        ip("route", "del", "local", ADDRESS, "dev", "lo", "table", "local")
        ip("addr", "del", f"{ADDRESS}/32", "dev", "lo")

    def back(self):
        ip("route", "del", ADDRESS, "dev", "lo")
        self.there()


def socket_of(pid, port):
    """The process's own socket that is connected to this port, in our hands as well (pidfd_getfd)."""
    pidfd = os.pidfd_open(pid)
    try:
        for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if not os.readlink(entry).startswith("socket:"):
                    continue
                one = socket.socket(fileno=ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, int(entry.name), 0))
                if one.family in (socket.AF_INET, socket.AF_INET6) and one.getpeername()[1] == port:
                    return one
                one.close()
    finally:
        os.close(pidfd)
    raise AssertionError(f"process {pid} has no socket to {port}")


KEEP_ALIVE = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)


def keep_alive(one):
    """(idle, interval, probes, user time-out) in seconds."""
    idle, interval, probes, user = (one.getsockopt(socket.IPPROTO_TCP, name) for name in KEEP_ALIVE)
    return idle, interval, probes, user / 1000


@contextlib.contextmanager
def idle_session():
    """A confab whose link is idle: all that it said is answered, so that it asks nothing in the next five minutes."""
    way = Way()
    with rig.Place() as place:
        server = rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))
        everywhere(server)
        server.user("mira")
        place.keep(server).start()
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.account("home", server, "mira", host=ADDRESS).start()
        confab.wait_state("home")
        watch = confab.watch("account")
        # What is answered last answers for all before it.
        confab.do("/ping localhost", account="home")
        yield way, server, confab, watch


def idle_on_a_way_that_is_gone():
    with idle_session() as (way, server, confab, watch):
        one = socket_of(confab.process.pid, server.port)
        real = keep_alive(one)
        # The way goes first: nothing of what follows may be answered.
        way.gone()
        if not LONG:
            for name, value in zip(KEEP_ALIVE, (1, 1, 2, 3000)):
                one.setsockopt(socket.IPPROTO_TCP, name, value)
        one.close()
        began = time.monotonic()
        lost = watch.expect(state="waiting", _timeout=120 if LONG else None)
        seconds = time.monotonic() - began
        way.back()
        confab.do("/connect home")
        back = watch.expect(state="online")
        return {"real": real, "lost": lost, "back": back, "seconds": seconds}


def idle_on_a_way_with_a_hole():
    """Two probes get lost, and the third is answered."""
    with idle_session() as (way, server, confab, watch):
        first = keep_alive(socket_of(confab.process.pid, server.port))[0]
        time.sleep(first - 8)
        way.gone()
        time.sleep(20)
        way.back()
        with contextlib.suppress(rig.Late):
            return watch.expect(state="waiting", _timeout=60)
        return None


class Names:
    """A name server: SRV and A records of a table; what is not in it does not exist."""

    SRV, A = 33, 1

    def __init__(self, table):
        self.table, self.asked = table, []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def name(text):
        return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".") if part) + b"\0"

    def _record(self, kind, value):
        if kind == self.A:
            return socket.inet_aton(value)
        priority, weight, port, target = value
        return struct.pack(">HHH", priority, weight, port) + self.name(target)

    def _serve(self):
        while True:
            query, peer = self._socket.recvfrom(1500)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            if not labels:      # we ourselves, at the end
                return
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            name = ".".join(labels).lower()
            self.asked.append((name, kind))
            answers = self.table.get((name, kind), [])
            known = any(n == name for n, _ in self.table)
            head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, len(answers), 0, 0)
            body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data
                            for data in (self._record(kind, value) for value in answers))
            self._socket.sendto(head + query[12:at + 5] + body, peer)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(bytes(12) + b"\0\0\1\0\1", ("127.0.0.1", 53))
        self._thread.join(5)
        self._socket.close()


def with_a_name_server_of_its_own():
    ip("link", "set", "lo", "up")
    with rig.Place() as place:
        resolv = place.path / "resolv.conf"
        resolv.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        subprocess.run(["mount", "--bind", str(resolv), "/etc/resolv.conf"], check=True)
        authority = rig.Authority(place.path / "tls")
        server = rig.Prosody(place.path / "prosody", authority, domain="xmpp.test",
                             certificate=authority.certificate("names", hosts=("xmpp.test",)))
        server.user("mira")
        place.keep(server).start()
        table = {("_xmpps-client._tcp.xmpp.test", Names.SRV): [(5, 0, server.direct_port, "dead.xmpp.test")],
                 ("_xmpp-client._tcp.xmpp.test", Names.SRV): [(20, 0, server.port, "live.xmpp.test"),
                                                              (10, 0, server.port, "gone.xmpp.test")],
                 # There is an address, and nobody at it; the other name has none.
                 ("dead.xmpp.test", Names.A): ["127.0.0.9"], ("live.xmpp.test", Names.A): ["127.0.0.1"],
                 ("_xmpp-client._tcp.none.test", Names.SRV): [(0, 0, 0, ".")],
                 ("_xmpps-client._tcp.none.test", Names.SRV): [(0, 0, 0, ".")]}
        names = Names(table)
        confab = place.keep(rig.Confab(place.path / "home"))
        confab.accounts_file.parent.mkdir(parents=True)
        confab.accounts_file.write_text(f"[home]\njid = mira@xmpp.test\npassword = secret-mira\nca_file = {authority.ca}\n"
                                        "\n[none]\njid = mira@none.test\npassword = x\n")
        confab.accounts_file.chmod(0o600)
        confab.start()
        confab.wait_state("home")
        seen = {"why": confab.do("/why home"), "none": confab.wait_state("none", "failed"),
                "doctor": confab.run("doctor", "--account", "home").stdout}
        watch = confab.watch("account", account="home")
        # The name server is gone, and the server comes back meanwhile: it is not found.
        names.close()
        server.stop()
        watch.expect(state="waiting")
        server.start()
        seen["lost"] = watch.expect(state="waiting", reason="name", _timeout=rig.PATIENCE * 3)
        names = Names(table)
        # Somewhere it may be kept that there was none; /connect asks anew like each try does.
        confab.do("/connect home")
        seen["back"] = watch.expect(state="online", _timeout=rig.PATIENCE * 3)
        names.close()
        return seen


if ALLOWED:
    def test_a_dead_way_is_noticed_while_idle():
        seen = namespace.run(idle_on_a_way_that_is_gone, network=True)
        print(f"noticed after {seen['seconds']:.0f} s")
        idle, interval, probes, user = seen["real"]
        # Within 100 s, and not before the last of some probes is lost.
        assert idle + interval * probes <= 100 and probes >= 4 and user >= idle + interval * (probes - 1), seen
        # It was the kernel that noticed, not a question of ours.
        assert "nothing comes back" in seen["lost"]["text"] and seen["back"]["resumed"], seen

    if LONG:
        def test_a_hole_in_the_way_is_not_its_end():
            assert namespace.run(idle_on_a_way_with_a_hole, network=True) is None

    def test_an_address_goes_and_comes():
        seen = namespace.run(in_a_namespace_of_its_own, network=True)
        assert ADDRESS in seen["lost"]["text"] and seen["lost"]["reason"] == "network" and seen["back"]["resumed"], seen

    def test_a_name_server_tells_where_and_falls_silent():
        seen = namespace.run(with_a_name_server_of_its_own, network=True)
        tried = [seen["why"].index(words) for words in ("found dead.xmpp.test", "(127.0.0.9) could not be reached",
                                                        "gone.xmpp.test was not found", "live.xmpp.test")]
        assert tried[:3] == sorted(tried[:3]), seen["why"]
        assert "(direct TLS)" in seen["why"] and "live.xmpp.test:" in seen["why"].split("gone.xmpp.test was not")[1]
        assert "has no XMPP service" in seen["none"]["text"]
        assert "!!  The name gone.xmpp.test was not found" in seen["doctor"] and "127.0.0.1 (/etc/resolv.conf)" in seen["doctor"]
        assert "xmpp.test" in seen["lost"]["text"] and seen["back"]["state"] == "online"

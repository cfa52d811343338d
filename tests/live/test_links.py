"""Links whose ground shifts, in a network namespace of their own: an address of this machine that goes and comes, a name
server that says where the server is, falls silent and comes back.
"""
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading

import rig

ADDRESS = "10.9.8.7"
# Not every container lets one make a namespace; what the core does with the news is a scenario (sleep.scn) besides, and the
# order of targets a unit test (test_resolve.c).
ALLOWED = subprocess.run(["unshare", "-rnm", "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL)


def in_a_namespace_of_its_own():
    """Runs there; what was seen is printed as JSON."""
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{ADDRESS}/32", "dev", "lo")
    with rig.Place() as place:
        server = rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))
        server.config.write_text(server.config.read_text().replace('interfaces = { "127.0.0.1" }', 'interfaces = { "*" }'))
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
        print(json.dumps({"lost": lost, "back": back}))


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
        print(json.dumps(seen))


def run_in(function):
    code = f"import test_links; test_links.{function.__name__}()"
    done = subprocess.run(["unshare", "-rnm", sys.executable, "-B", "-c", code], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=rig.PATIENCE * 9,
                          env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parent)})
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


if ALLOWED:
    def test_an_address_goes_and_comes():
        seen = run_in(in_a_namespace_of_its_own)
        assert ADDRESS in seen["lost"]["text"] and seen["lost"]["reason"] == "network" and seen["back"]["resumed"], seen

    def test_a_name_server_tells_where_and_falls_silent():
        seen = run_in(with_a_name_server_of_its_own)
        tried = [seen["why"].index(words) for words in ("found dead.xmpp.test", "(127.0.0.9) could not be reached",
                                                        "gone.xmpp.test was not found", "live.xmpp.test")]
        assert tried[:3] == sorted(tried[:3]), seen["why"]
        assert "(direct TLS)" in seen["why"] and "live.xmpp.test:" in seen["why"].split("gone.xmpp.test was not")[1]
        assert "has no XMPP service" in seen["none"]["text"]
        assert "!!  The name gone.xmpp.test was not found" in seen["doctor"] and "127.0.0.1 (/etc/resolv.conf)" in seen["doctor"]
        assert "xmpp.test" in seen["lost"]["text"] and seen["back"]["state"] == "online"

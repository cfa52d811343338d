#!/usr/bin/python3
"""scripts.py [--calls N] [--events N] [--mebibytes N]: what it costs to run confab from scripts, and to move files.

Prints figures and judges none: `confab do` from exec to exit; events to ten watchers, with what a key would wait meanwhile;
a file up to a private Prosody and down again beside curl, with the core's memory.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "live")]
import rig  # noqa: E402
import rpc  # noqa: E402


def memory(pid):
    """MiB of its own now, and the most that was resident."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    kib = {k: int(v.split()[0]) for k, v in (line.split(":\t") for line in status.splitlines()) if k in ("RssAnon", "VmHWM")}
    return f"{kib['RssAnon'] / 1024:.1f} MiB own, {kib['VmHWM'] / 1024:.1f} MiB at most"


def calls(confab, n):
    words = [confab.program, "--home", str(confab.home), "do", "/account"]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    took = []
    for _ in range(n):
        began = time.perf_counter()
        _, status = os.waitpid(os.posix_spawn(confab.program, words, confab.env, file_actions=quiet), 0)
        took.append((time.perf_counter() - began) * 1000)
        assert status == 0
    took.sort()
    print(f"confab do, {n} in a row: median {statistics.median(took):.2f} ms, 95 of 100 below {took[n * 95 // 100]:.2f} ms; "
          f"the core: {memory(confab.process.pid)}", flush=True)


class Reader(threading.Thread):
    """Counts the events of one session as fast as Python can."""

    def __init__(self, confab, last):
        super().__init__(daemon=True)
        self.session = rpc.Rpc(confab, hello=False, read=False)
        self.last, self.events, self.resets = last, 0, 0
        for number, (method, params) in enumerate((("hello", {"client": "bench", "protocol": 1}), ("subscribe", {}))):
            self.session.raw(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        self.start()

    def run(self):
        rest = b""
        while True:
            data = self.session.socket.recv(1 << 20)
            if not data:
                return
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            self.events += sum(b'"method":"event"' in line for line in lines)
            self.resets += sum(b'"type":"reset"' in line for line in lines)
            if any(self.last in line for line in lines):
                return


def watchers(confab, n):
    """n messages that are queued off line: two events each, to ten watchers; a request beside them is a key."""
    readers = [Reader(confab, b'"body":"the last one"') for _ in range(10)]
    sender, key = rpc.Rpc(confab, read=False), rpc.Rpc(confab)
    rig.until(lambda: sum(f["subscribed"] for f in key.call("faces")["faces"]) == 10, "not ten")
    waits, began = [], time.monotonic()

    def send():
        for i in range(n):
            line = "the last one" if i == n - 1 else f"number {i}"
            sender.raw(json.dumps({"jsonrpc": "2.0", "id": i + 10, "method": "run",
                                   "params": {"line": line, "account": "off", "chat": "x@localhost"}}).encode() + b"\n")
        # Its answers are read by nobody else.
        sender.socket.shutdown(socket.SHUT_WR)

    def drain():
        while sender.socket.recv(1 << 20):
            pass

    threads = [threading.Thread(target=f, daemon=True) for f in (send, drain)]
    for thread in threads:
        thread.start()
    while any(reader.is_alive() for reader in readers):
        asked = time.perf_counter()
        key.call("accounts")
        waits.append((time.perf_counter() - asked) * 1000)
        time.sleep(0.02)
    took = time.monotonic() - began
    waits.sort()
    print(f"{n} messages to 10 watchers: {took:.1f} s, {sum(r.events for r in readers) / took:.0f} events/s, "
          f"{sum(r.resets for r in readers)} resets; a request meanwhile: median {statistics.median(waits):.2f} ms, at most "
          f"{waits[-1]:.1f} ms; the core: {memory(confab.process.pid)}", flush=True)


def files(place, mebibytes):
    authority = rig.Authority(place.path / "tls")
    port, = rig.free_ports(1)
    crt, key = authority.certificate("sharing")
    server = place.keep(rig.Prosody(place.path / "prosody", authority, host_extra=f"""
Component "upload.localhost" "http_file_share"
  http_host = "localhost"
  http_external_url = "https://localhost:{port}/"
  http_file_share_access = {{ "localhost" }}
  http_file_share_size_limit = {2 << 30}
""", extra=f'https_ports = {{ {port} }}\nhttps_interfaces = {{ "127.0.0.1" }}\n'
           f'https_ssl = {{ certificate = "{crt}"; key = "{key}" }}\n'))
    server.config.write_text(server.config.read_text().replace("log = { debug", "log = { warn"))
    server.start()
    server.user("bench")
    server.user("other")
    confab = place.keep(rig.Confab(place.path / "files"))
    confab.account("home", server, "bench").start(log="notice")
    confab.wait_state("home")
    confab.do("/set download.limit 4096")
    data = place.path / "data"
    with open(data, "wb") as f:
        for _ in range(mebibytes):
            f.write(os.urandom(1 << 20))
    chat = "other@localhost"

    def line(what, *words):
        began = time.monotonic()
        done = confab.run("do", "--chat", chat, *words, timeout=3600)
        assert done.returncode == 0, done.stderr
        print(f"{what} {mebibytes} MiB: {mebibytes / (time.monotonic() - began):.0f} MiB/s; the core: "
              f"{memory(confab.process.pid)}", flush=True)

    line("up", f"/upload {data}")
    url = confab.history("home", chat)[-1]["body"]
    line("down", f"/download -1 {place.path / 'down'}")
    began = time.monotonic()
    subprocess.run(["curl", "-sf", "--cacert", authority.ca, "-o", place.path / "curl", url], check=True)
    print(f"curl, down: {mebibytes / (time.monotonic() - began):.0f} MiB/s", flush=True)
    assert subprocess.run(["cmp", data, place.path / "down"]).returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10000)
    parser.add_argument("--events", type=int, default=20000)
    parser.add_argument("--mebibytes", type=int, default=1024)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    with rig.Place("confab-bench-") as place:
        confab = place.keep(rig.Confab(place.path / "home"))
        config = confab.accounts_file
        config.parent.mkdir(parents=True)
        config.write_text("[off]\njid = off@localhost\nautoconnect = false\npassword = x\n")
        config.chmod(0o600)
        confab.start(log="notice")
        calls(confab, options.calls)
        watchers(confab, options.events)
        files(place, options.mebibytes)


main()

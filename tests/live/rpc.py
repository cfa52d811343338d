"""rpc.py: the core's socket by hand: what a script in any language does, and what it should not do."""
import itertools
import json
import os
import socket
import threading

import rig


class Refused(Exception):
    """The error that answered a request."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.message, self.data = error["code"], error["message"], error.get("data")


def connect(confab):
    """A connected socket, through the folder, so that the length of its path does not matter."""
    folder = os.open(confab.socket.parent, os.O_PATH)
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(f"/proc/self/fd/{folder}/socket")
    finally:
        os.close(folder)
    return s


class Rpc:
    """One session.  What came is kept in order in .lines: answers and events."""

    def __init__(self, confab, hello=True, read=True, **more):
        self.socket = connect(confab)
        self._numbers = itertools.count(1)
        self._lock = threading.Condition()
        self.lines, self.ended = [], False
        self._thread = threading.Thread(target=self._read, daemon=True)
        if read:
            self._thread.start()
        if hello:
            request = {"client": "test", "protocol": 1, "interactive": False, **more}
            self.hello = self.call("hello", **request) if read else self.send("hello", **request)

    def _read(self):
        try:
            for line in self.socket.makefile("rb"):
                with self._lock:
                    self.lines.append(json.loads(line))
                    self._lock.notify_all()
        except (OSError, ValueError):
            pass
        with self._lock:
            self.ended = True
            self._lock.notify_all()

    def read_on(self):
        """Begins to read, for one that did not."""
        self._thread.start()

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, method, **params):
        """Its id; the answer comes when it comes."""
        number = next(self._numbers)
        self.raw(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
        return number

    def wait(self, condition, what, timeout=None):
        """The first line, from the beginning, that meets the condition."""
        at = 0

        def look():
            nonlocal at
            while at < len(self.lines):
                at += 1
                if condition(self.lines[at - 1]):
                    return True
            return self.ended

        with self._lock:
            if not self._lock.wait_for(look, timeout or rig.PATIENCE):
                raise rig.Late(f"{what}; the last lines: {self.lines[-5:]}")
            if at and condition(self.lines[at - 1]):
                return self.lines[at - 1]
        raise rig.Late(f"{what}; the core hung up; the last lines: {self.lines[-5:]}")

    def answer(self, number, timeout=None):
        line = self.wait(lambda one: one.get("id") == number and "method" not in one, f"no answer to {number}", timeout)
        if "error" in line:
            raise Refused(line["error"])
        return line["result"]

    def call(self, method, **params):
        return self.answer(self.send(method, **params))

    def run(self, line, **where):
        return self.call("run", line=line, **where)

    def events(self, type=None):
        with self._lock:
            events = [one["params"] for one in self.lines if one.get("method") == "event"]
        return [e for e in events if type is None or e["type"] == type]

    def event(self, type, _condition=None, _timeout=None, **fields):
        """The first event that has these fields and meets the condition."""
        def fits(one):
            e = one.get("params")
            return one.get("method") == "event" and e["type"] == type and \
                all(e.get(k) == v for k, v in fields.items()) and (_condition is None or _condition(e))
        return self.wait(fits, f"no event {type} {fields}", _timeout)["params"]

    def hung_up(self, timeout=None):
        with self._lock:
            if not self._lock.wait_for(lambda: self.ended, timeout or rig.PATIENCE):
                raise rig.Late("the core does not hang up")

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        if self._thread.is_alive():
            self._thread.join(5)
        self.socket.close()

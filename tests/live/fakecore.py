"""fakecore.py: a core of a few lines, for what a real one never does: another protocol, silence, a death in the middle."""
import json
import os
import pathlib
import socket
import threading


class FakeCore:
    """Listens on HOME/state/socket.  answers: method → a result, an Exception for an error, or a function of
    (session, request) that says everything itself."""

    HELLO = {"version": "0", "protocol": 1, "session": 7, "epoch": "e", "rev": 1, "pid": 0}

    def __init__(self, home, **answers):
        self.answers = {"hello": self.HELLO, "subscribe": {"rev": 1}, **answers}
        self.asked = []
        state = pathlib.Path(home) / "state"
        state.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self.path = state / "socket"
        here = os.open(state, os.O_PATH)
        self._listener.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                s, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=Session(self, s).run, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.path.unlink(missing_ok=True)


class Refusal(Exception):
    """An error answer: (code, message)."""


class Session:
    def __init__(self, core, s):
        self.core, self.socket = core, s

    def say(self, **message):
        self.socket.sendall(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def event(self, type, **fields):
        self.say(method="event", params={"type": type, "time": "2026-01-01T00:00:00.000Z", **fields})

    def run(self):
        with self.socket, self.socket.makefile("rb") as lines:
            for line in lines:
                try:
                    self.answer(json.loads(line))
                except OSError:
                    return

    def answer(self, request):
        self.core.asked.append((request["method"], request.get("params", {})))
        answer = self.core.answers.get(request["method"], Refusal("unknown_method", "There is no such method."))
        if callable(answer):
            answer(self, request)
        elif isinstance(answer, Refusal):
            self.say(id=request["id"], error={"code": answer.args[0], "message": answer.args[1]})
        else:
            self.say(id=request["id"], result=answer)

    def hang_up(self):
        self.socket.shutdown(socket.SHUT_RDWR)

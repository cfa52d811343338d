"""Disks that are really full or may not be written to: file systems of their own, mounted in a namespace of its own."""
import contextlib
import sqlite3
import subprocess
import types

import pytest

import namespace
import rig

ALLOWED = namespace.allowed()
LONG = "x" * 3000       # a few of them fill what is left in the files


def mount(*words):
    subprocess.run(["mount", *words], check=True, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def on_a_small_disk(login, mira):
    """A confab whose home is a file system of some MiB, logged in, and where that is."""
    server = types.SimpleNamespace(**login, authority=types.SimpleNamespace(ca=login["ca"]))
    with rig.Place() as place:
        folder = place.path / "home"
        folder.mkdir()
        mount("-t", "tmpfs", "-o", "size=8m", "none", str(folder))
        try:
            confab = rig.Confab(folder)
            with contextlib.closing(confab):
                confab.account("home", server, mira).start()
                confab.wait_state("home")
                yield server, confab, folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder):
    """Not one byte more has room."""
    with open(folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"\0" * 65536)
    with open(folder / "filler", "ab", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"\0")


def bodies(confab, chat):
    return [m["body"] for m in confab.history("home", chat, limit=1000)]


def full(login, mira, alice, dies):
    """What comes is not taken, what is typed is refused with a sentence, settings stay whole, and it goes on."""
    with on_a_small_disk(login, mira) as (server, confab, folder), contextlib.closing(rig.Peer(server, alice)) as other:
        chat, me = other.jid, f"{mira}@{server.domain}"
        confab.do("before", chat=chat, wait="stored")
        confab.do("/set history.first_days 9")
        config = folder / "config" / "config"
        before = config.read_bytes()
        fill(folder)
        came = []
        # What is left in the files holds some more.
        while confab.accounts()["home"].get("reason") != "disk":
            came.append(f"in {len(came)} {LONG}")
            other.send(me, came[-1])
        assert "the disk is full" in confab.accounts()["home"]["text"]
        assert "disk refuses" in confab.do("refused", chat=chat, ok=False)
        assert "stays 9" in confab.do("/set history.first_days 8", ok=False)
        assert config.read_bytes() == before and not list(config.parent.glob("config.*"))
        assert "Make room" in confab.run("doctor").stdout
        if dies:
            confab.kill()
            confab.start()
            assert "disk refuses" in confab.do("refused too", chat=chat, ok=False)
        (folder / "filler").unlink()
        wanted = ["before", *came]
        rig.until(lambda: bodies(confab, chat) == wanted, lambda: f"{[b[:9] for b in bodies(confab, chat)]}")
        rig.until(lambda: confab.accounts()["home"].get("reason") is None, lambda: str(confab.accounts()))
        confab.do("after", chat=chat, wait="stored")
        confab.stop()
        return damage(folder)


def damage(folder):
    with contextlib.closing(sqlite3.connect(folder / "data" / "confab.db")) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


def read_only(login, mira, alice):
    """A core that may not write does not begin, and says why; nothing is set aside for it."""
    with on_a_small_disk(login, mira) as (server, confab, folder):
        chat = f"{alice}@{server.domain}"
        confab.do("before", chat=chat, wait="stored")
        confab.stop()
        mount("-o", "remount,ro", str(folder))
        done, doctor = confab.run("core"), confab.run("doctor")
        mount("-o", "remount,rw", str(folder))
        confab.start()
        confab.wait_state("home")
        confab.do("after", chat=chat, wait="stored")
        return {"code": done.returncode, "said": done.stderr, "doctor": doctor.stdout, "bodies": bodies(confab, chat),
                "files": sorted(p.name for p in (folder / "data").iterdir())}


if ALLOWED:
    @pytest.fixture
    def login(server):
        return {"port": server.port, "direct_port": server.direct_port, "domain": server.domain,
                "ca": str(server.authority.ca)}

    @pytest.mark.parametrize("dies", [False, True])
    def test_a_disk_that_is_full(login, people, dies):
        assert namespace.run(full, login, *people(2), dies) == "ok"

    def test_a_disk_that_may_only_be_read(login, people):
        seen = namespace.run(read_only, login, *people(2))
        assert seen["bodies"] == ["before", "after"] and not [f for f in seen["files"] if "damaged" in f]
        assert seen["code"] == 1 and "Read-only file system" in seen["said"], seen
        assert "may only be read" in seen["doctor"] and "cannot be opened" not in seen["doctor"], seen

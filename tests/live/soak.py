#!/usr/bin/python3
"""soak.py: the long form of the proof, `make soak`: links that are cut and cores that are killed at random moments on a
real server, 0 lost and 0 twice in each round.  At the end, also of a run that is interrupted, it says what was done.

    SOAK_KILLS=10000    kills
    SOAK_CUTS=4000      cuts, with a pause of up to a second after each
    SOAK_HURRY=1000     cuts after each of which /connect comes at once
    SOAK_BOTH=0         cuts and kills in the same rounds
    SOAK_SEED=n         of the first round; the next have n + 1, n + 2, ...

A round that fails says SEED=, CUTS= and KILLS= for tests/live/test_proof.py, keeps its folder, and the rest goes on.
"""
import itertools
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rig  # noqa: E402
import storm  # noqa: E402

ROUND = 50      # a round has accounts of its own: long archives would make the server slow
PER_SERVER = 10
FAILURES = 10   # then something is wrong in another way


class Kind:
    """One part of the run, and what came of it."""

    def __init__(self, name, what, wanted, **options):
        self.name, self.wanted, self.options = name, int(os.environ.get(f"SOAK_{what.upper()}", wanted)), options
        self.hits = self.messages = self.rounds = 0
        self.seconds = 0.0
        self.failed = []        # what the rounds said

    def over(self):
        return self.hits >= self.wanted or len(self.failed) >= FAILURES

    def take(self, report):
        self.rounds += 1
        self.hits += report["cuts"] + report["kills"]
        self.messages += report["messages"]
        self.seconds += report["seconds"]

    def __str__(self):
        end = "0 lost, 0 twice" if not self.failed else f"{len(self.failed)} rounds FAILED besides"
        return (f"{self.hits} of {self.wanted} {self.name}: {self.rounds} rounds, {self.messages} messages, "
                f"{self.seconds:.0f} s: {end}")


def main():
    kinds = [Kind("kills", "kills", 10000, kills=ROUND), Kind("cuts", "cuts", 4000, cuts=ROUND, pause=1),
             Kind("cuts without a pause", "hurry", 1000, cuts=ROUND),
             Kind("cuts and kills", "both", 0, cuts=ROUND // 2, kills=ROUND // 2)]
    first = int(os.environ.get("SOAK_SEED", random.randrange(10 ** 6)))
    seeds = itertools.count(first)
    try:
        for kind in kinds:
            while not kind.over():
                some_rounds(kind, seeds)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    print(f"\nsoak: seeds {first} to {next(seeds) - 1}")
    for kind in kinds:
        if kind.wanted > 0:
            print(f"  {kind}")
        for words in kind.failed:
            print(f"    {words}")
    sys.exit(any(kind.failed or kind.hits < kind.wanted for kind in kinds))


def some_rounds(kind, seeds):
    """On one server, and then there is a fresh one."""
    with rig.Place("confab-soak-") as place:
        server = place.keep(rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))).start()
        for number in range(PER_SERVER):
            if kind.over():
                return
            try:
                report = one(server, next(seeds), number, kind.options)
                kind.take(report)
                print(f"{kind.hits} {kind.name}: {report}", flush=True)
            except AssertionError as error:
                kind.failed.append(str(error).splitlines()[0])
                print(f"FAILED: {error}", flush=True)


def one(server, seed, number, options):
    names = [f"mira{number}", f"alice{number}"]
    for name in names:
        server.user(name)
    server.friends(*names)
    place = rig.Place(f"confab-soak-{seed}-")
    try:
        return storm.blow(server, lambda name, **env: place.keep(rig.Confab(place.path / name, **env)), names, seed,
                          **options)
    except AssertionError:
        kept = pathlib.Path(tempfile.mkdtemp(prefix=f"confab-soak-{seed}-kept-"))
        for folder in (place.path, server.folder):
            # Sockets cannot be copied.
            shutil.copytree(folder, kept / folder.name, ignore=shutil.ignore_patterns("socket"), dirs_exist_ok=True)
        print(f"kept in {kept}", flush=True)
        raise
    finally:
        place.__exit__()


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""soak.py: the long form of the proof, `make soak`: links that are cut and cores that are killed at random moments on a real
server, 0 lost and 0 twice in each round, until the counts are reached or something is wrong.

    SOAK_KILLS=10000    kills
    SOAK_CUTS=4000      cuts, with a pause of up to a second after each
    SOAK_HURRY=1000     cuts after each of which /connect comes at once
    SOAK_SEED=n         of the first round; the next have n + 1, n + 2, ...

A round that fails says SEED=, CUTS= and KILLS= for tests/live/test_proof.py, and keeps its folder.
"""
import itertools
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rig  # noqa: E402
import storm  # noqa: E402

ROUND = 50      # a round has accounts of its own: long archives would make the server slow


def main():
    kinds = [("kills", {"kills": ROUND}, int(os.environ.get("SOAK_KILLS", "10000"))),
             ("cuts", {"cuts": ROUND, "pause": 1}, int(os.environ.get("SOAK_CUTS", "4000"))),
             ("cuts", {"cuts": ROUND}, int(os.environ.get("SOAK_HURRY", "1000")))]
    seeds = itertools.count(int(os.environ.get("SOAK_SEED", random.randrange(10 ** 6))))
    for what, options, wanted in kinds:
        total, messages, began = 0, 0, time.monotonic()
        while total < wanted:
            seed = next(seeds)
            # One server for ten rounds, and then a fresh one.
            with rig.Place("confab-soak-") as place:
                server = place.keep(rig.Prosody(place.path / "prosody", rig.Authority(place.path / "tls"))).start()
                for number in range(10):
                    if total >= wanted:
                        break
                    report = one(server, seed if number == 0 else next(seeds), number, options)
                    total += report[what]
                    messages += report["messages"]
                    print(f"{total} {what}, {messages} messages, {time.monotonic() - began:.0f} s: {report}", flush=True)
    print("nothing lost, nothing twice")


def one(server, seed, number, options):
    names = [f"mira{number}", f"alice{number}"]
    for name in names:
        server.user(name)
    server.friends(*names)
    place = rig.Place(f"confab-soak-{seed}-")
    try:
        report = storm.blow(server, lambda name, **env: place.keep(rig.Confab(place.path / name, **env)), names, seed, **options)
    except AssertionError:
        kept = pathlib.Path(tempfile.mkdtemp(prefix=f"confab-soak-{seed}-kept-"))
        os.system(f"cp -r '{place.path}' '{server.folder}' '{kept}'")
        print(f"kept in {kept}", flush=True)
        raise
    finally:
        place.__exit__()
    return report


if __name__ == "__main__":
    main()

"""Nothing lost, nothing twice: links that are cut and cores that are killed at random moments, on a real server.

What fails says SEED=, CUTS= and KILLS=; given in the environment they are played again.  The long form is make soak.
"""
import os

import rig
import storm

SEED = int(os.environ.get("SEED", "1"))
# A sanitizer makes each start of a core slow, and looks at what is done, not at when.
CUTS = int(os.environ.get("CUTS", "10" if rig.SANITIZED else "40"))
KILLS = int(os.environ.get("KILLS", "10" if rig.SANITIZED else "60"))


def test_links_are_cut_while_both_write(server, people, confabs):
    report = storm.blow(server, confabs, people(2), SEED, cuts=CUTS)
    assert report["cuts"] >= CUTS, report


def test_cores_are_killed_while_both_write(server, people, confabs):
    report = storm.blow(server, confabs, people(2), SEED, kills=KILLS)
    assert report["kills"] >= KILLS, report

"""The surroundings: no locale, a wrong one, a missing one, and cron's few variables, for a line and for the terminal."""
import subprocess

import pytest

import rig
import secrecy

TEXT = "grüße 漢字 👍"


@pytest.fixture(autouse=True)
def secrets_stay(confab):
    yield
    secrecy.check(confab)


def around(confab, **env):
    """Few variables, and the sanitizers' own."""
    return {"HOME": str(confab.home), "PATH": "/usr/bin:/bin", **{k: v for k, v in confab.env.items() if "SAN" in k}, **env}


LOCALES = [{}, {"LANG": "C"}, {"LANG": "POSIX", "LC_ALL": ""}, {"LANG": "xx_YY.UTF-8"}, {"LANG": "de_DE.ISO-8859-1"},
           {"LC_ALL": "tlh"}, {"LANG": "C.UTF-8"}]


@pytest.mark.parametrize("env", LOCALES, ids=str)
def test_a_line_in_any_locale(confab, server, people, env):
    mira, alice = people(2)
    confab.env = around(confab, **env)
    confab.account("home", server, mira).start(log="notice")
    confab.wait_state("home")
    done = confab.run("do", "--wait", "stored", "--", f"/msg {alice}@localhost {TEXT}")
    assert (done.returncode, done.stderr) == (0, "")
    assert confab.history("home", f"{alice}@localhost")[0]["body"] == TEXT


def test_cron_starts_nothing_and_says_so(confab):
    done = confab.run("do", "hello", env=around(confab))
    assert done.returncode == 2 and "No core is running" in done.stderr
    # Without any home there is a sentence, too.
    done = subprocess.run([confab.program, "do", "hello"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode in (1, 2) and done.stderr.startswith("confab: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("env", LOCALES, ids=str)
def test_the_terminal_in_any_locale(confab, server, people, peer, tmux, env):
    mira, alice = people(2)
    friend = peer(alice)
    confab.account("home", server, mira).start(log="notice")
    confab.wait_state("home")
    terminal = tmux(80, 24)
    terminal.start(confab.program, "--home", confab.home, env=around(confab, **env))
    terminal.wait_for("console>")
    terminal.line(f"/msg {alice}@localhost")
    terminal.wait_for(f"{alice}.*>")
    friend.send(f"{mira}@localhost", TEXT)
    terminal.wait_for("grüße 漢字")
    terminal.line("zurück 漢")
    friend.message("zurück 漢")
    terminal.wait_for("zurück 漢")
    terminal.line("/detach")
    assert terminal.exit_code() == 0
    assert confab.accounts()["home"]["state"] == "online"


def test_the_terminal_starts_a_core_that_outlives_it(confab, server, people, tmux):
    (mira,) = people(1)
    confab.account("home", server, mira)
    terminal = tmux(80, 24).start(confab.program, "--home", confab.home, env=around(confab))
    rig.until(confab.answers, lambda: "no core was started:\n" + terminal.capture())
    confab.wait_state("home")
    terminal.line("/detach")
    assert terminal.exit_code() == 0
    terminal.close()
    assert confab.accounts()["home"]["state"] == "online"
    confab.stop()

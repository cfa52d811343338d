"""The tools: what they must notice, and what tools/deps must leave as it found it."""
import os
import shutil
import signal
import subprocess

import pytest

import rig


@pytest.fixture
def tree(place):
    """A copy of what the checks look at, to be broken."""
    for name in ("src", "tools"):
        shutil.copytree(rig.TOP / name, place.path / name)
    return place.path


def run(tree, tool):
    return subprocess.run([tree / "tools" / tool], capture_output=True, text=True)


@pytest.mark.parametrize("path, line, words", [
    ("src/face/tui/rows.c", '#include "core/core.h"', 'face/tui may not include "core/core.h"'),
    ("src/core/bus.c", "#include <strophe.h>", "<strophe.h> belongs to xmpp"),
    ("src/face/tui/rows.c", "#include <ncurses.h>", "<ncurses.h> belongs to face/tui/term_curses.c"),
    ("src/feature/carbons.c", '#include "feature/receipts.h"', "may include only its own header"),
    ("src/base/log.h", ' # include "store/store.h"', 'base may not include "store/store.h"'),
    ("src/base/log.h", '#include "nowhere/x.h"', "in no folder that src/LAYERS knows"),
])
def test_layers_names_file_and_line_of_a_breach(tree, path, line, words):
    assert run(tree, "layers").returncode == 0
    with open(tree / path, "a") as f:
        f.write(line + "\n")
    number = (tree / path).read_text().count("\n")
    done = run(tree, "layers")
    assert done.returncode == 1 and f"{path}:{number}: " in done.stdout and words in done.stdout


@pytest.mark.parametrize("row, words", [
    ('LIMIT(AAA,\t1, "bytes", "x")', "comes before"),
    ('LIMIT(TURN_TIME,\t1, "bytes", "x")', "a second row"),
])
def test_tables_are_sorted_and_unique(tree, row, words):
    assert run(tree, "check-tables").returncode == 0
    with open(tree / "src/base/limits.def", "a") as f:
        f.write(row + "\n")
    done = run(tree, "check-tables")
    assert done.returncode == 1 and "src/base/limits.def:" in done.stdout and words in done.stdout


@pytest.fixture
def deps(place):
    """tools/deps with a policy-rc.d, a dpkg-query and an apt-get of our own; apt-get does what APT says."""
    bin = place.path / "bin"
    bin.mkdir()
    policy = place.path / "policy-rc.d"
    script = (rig.TOP / "tools/deps").read_text()
    assert script.count("/usr/sbin/policy-rc.d") == 1
    (place.path / "deps").write_text(script.replace("/usr/sbin/policy-rc.d", str(policy)))
    for name, text in (("dpkg-query", "case \" $* \" in *\" tmux \"*) exit 1;; esac; echo install ok installed"),
                       ("sudo", '[ "$1" != -n ] || shift; exec "$@"'),
                       ("apt-get", f'echo "$*" >> {place.path}/asked; {policy} > /dev/null; echo $? >> {place.path}/policy-said; '
                                   'case " $* " in *" install "*) eval "$APT";; esac')):
        (bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (bin / name).chmod(0o755)

    def start(apt):
        return subprocess.Popen(["sh", str(place.path / "deps")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, env={"PATH": f"{bin}:/usr/bin:/bin", "APT": apt})
    start.path, start.policy = place.path, policy
    return start


@pytest.mark.parametrize("apt, code", [("exit 0", 0), ("exit 100", 100)])
@pytest.mark.parametrize("before", [None, "#!/bin/sh\n# mine\nexit 0\n"])
def test_deps_puts_policy_back(deps, apt, code, before):
    if before is not None:
        deps.policy.write_text(before)
        deps.policy.chmod(0o755)
    assert deps(apt).wait(rig.PATIENCE) == code
    assert (deps.policy.read_text() if deps.policy.exists() else None) == before
    # While it installs, no service may start; and only what is missing is installed.
    assert set((deps.path / "policy-said").read_text().split()) == {"101"}
    assert (deps.path / "asked").read_text().splitlines()[-1].endswith("--no-install-recommends tmux")
    assert not list(deps.path.glob("policy-rc.d.*"))


def test_deps_puts_policy_back_when_it_is_ended(deps):
    deps.policy.write_text("#!/bin/sh\n# mine\n")
    deps.policy.chmod(0o755)
    process = deps(f"touch {deps.path}/begun; while [ ! -e {deps.path}/go ]; do sleep 0.05; done; exit 1")
    rig.until((deps.path / "begun").exists, "apt-get was not started")
    process.send_signal(signal.SIGTERM)
    (deps.path / "go").touch()
    assert process.wait(rig.PATIENCE) != 0
    assert "mine" in deps.policy.read_text()


def test_deps_with_nothing_missing_touches_nothing(deps):
    (deps.path / "bin/dpkg-query").write_text("#!/bin/sh\necho install ok installed\n")
    assert deps("exit 1").wait(rig.PATIENCE) == 0
    assert not (deps.path / "asked").exists() and not deps.policy.exists()


def test_deps_elsewhere_prints_the_list(place):
    bin = place.path / "bin"
    bin.mkdir()
    for name in ("printf", "id", "grep"):
        os.symlink(shutil.which(name), bin / name)
    done = subprocess.run(["/bin/sh", rig.TOP / "tools/deps"], env={"PATH": str(bin)}, capture_output=True, text=True)
    assert done.returncode == 1 and "libstrophe-dev" in done.stdout.split() and "prosody" in done.stdout.split()


def test_an_installation_is_complete(place):
    to = place.path / "to"
    done = subprocess.run(["make", "-s", f"BUILD={rig.BUILD}", f"SAN={rig.SANITIZED}", "install", f"DESTDIR={to}"], cwd=rig.TOP,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {str(p.relative_to(to)) for p in to.rglob("*") if p.is_file()}
    for name in ("bin/confab", "libexec/confab/confab-core", "share/man/man1/confab.1", "share/man/man7/confab-protocol.7"):
        assert f"usr/local/{name}" in found
    assert "LIST" not in (to / "usr/local/share/man/man1/confab.1").read_text()

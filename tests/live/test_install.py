"""make install: an installed tree is complete, works where it is, and goes again."""
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

import rig


def make(*words):
    # The folder as it was named when it was built: object files know their headers by that name.
    done = subprocess.run(["make", "-s", f"BUILD={os.path.relpath(rig.BUILD, rig.TOP)}", *words], cwd=rig.TOP, capture_output=True, text=True,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """What stands below PREFIX; the folder of DESTDIR is before it."""
    to = tmp_path_factory.mktemp("install")
    make("install", f"DESTDIR={to}")
    return to / "usr/local"


def files(tree):
    return sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file())


def test_everything_is_there(tree):
    there = files(tree)
    for name in ("bin/confab", "libexec/confab/confab-core", "lib/systemd/user/confab.service", "share/confab/confab.doap",
                 "share/bash-completion/completions/confab", "share/zsh/site-functions/_confab",
                 "share/fish/vendor_completions.d/confab.fish", "share/applications/confab.desktop"):
        assert name in there, there
    for theme in (rig.TOP / "themes").glob("*.theme"):
        assert f"share/confab/themes/{theme.name}" in there
    for page in (rig.TOP / "man").glob("*.[1-8]"):
        assert f"share/man/man{page.suffix[1:]}/{page.name}" in there
    for name in there:
        mode = (tree / name).stat().st_mode & 0o777
        assert mode == (0o755 if name.startswith(("bin/", "libexec/")) else 0o644), name


def test_it_runs_from_where_it_is(tree, place):
    """The core is found beside confab, so that a tree that was moved works: a test cannot write to /usr/local."""
    shutil.copy(tree / "libexec/confab/confab-core", place.path)
    shutil.copy(tree / "bin/confab", place.path)
    done = subprocess.run([place.path / "confab", "--version"], capture_output=True, text=True, env=rig.clean_env())
    assert done.returncode == 0 and re.match(r"confab \d", done.stdout) and "sqlite" in done.stdout, done
    assert str(place.path) not in done.stdout


def test_manuals(tree):
    pages = sorted((tree / "share/man").rglob("*.[1-8]"))
    assert {"confab.1", "confab.conf.5", "confab-theme.5", "confab-protocol.7"} <= {p.name for p in pages}
    for page in pages:
        assert '.\\" LIST ' not in page.read_text(), page
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("page, macro, table", [
    ("confab.conf.5", "KEY", "src/core/account_key.def"), ("confab.conf.5", "SETTING", "src/core/setting.def"),
    ("confab.conf.5", "TEXT", "src/core/setting.def"), ("confab.conf.5", "ITEM", "src/proto/item.def"),
    ("confab-theme.5", "SLOT", "src/proto/slot.def")])
def test_manuals_name_every_row(tree, page, macro, table):
    rows = re.findall(rf'^{macro}\((?:[A-Z_]+, )?"?([a-z._]+)', (rig.TOP / table).read_text(), re.M)
    assert len(rows) > 3
    text = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200", tree / "share/man/man5" / page], capture_output=True,
                          text=True, check=True).stdout
    text = re.sub(".\b", "", text)
    assert [r for r in rows if r not in text] == []


def test_the_unit_starts_what_is_installed(tree):
    unit = (tree / "lib/systemd/user/confab.service").read_text()
    assert "ExecStart=/usr/local/bin/confab core\n" in unit and "@" not in unit
    if shutil.which("systemd-analyze"):
        done = subprocess.run(["systemd-analyze", "verify", "--user", "--man=no", tree / "lib/systemd/user/confab.service"],
                              capture_output=True, text=True)
        # The program is not in /usr/local here; nothing else may be wrong.
        wrong = [l for l in done.stderr.splitlines() if "confab.service" in l and "is not executable" not in l]
        assert not wrong, done.stderr


def test_links_of_the_desktop(tree):
    desktop = tree / "share/applications/confab.desktop"
    done = subprocess.run(["desktop-file-validate", desktop], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stdout + done.stderr, done
    lines = desktop.read_text().splitlines()
    assert "Exec=confab %u" in lines and "MimeType=x-scheme-handler/xmpp;" in lines and "Terminal=true" in lines


def test_doap_names_the_standards_of_the_manual(tree):
    root = ElementTree.parse(tree / "share/confab/confab.doap").getroot()
    named = {e.attrib.popitem()[1] for e in root.iter("{https://linkmauve.fr/ns/xmpp-doap#}xep")}
    manual = (tree / "share/man/man1/confab.1").read_text().split(".Sh STANDARDS")[1]
    assert named == {f"https://xmpp.org/extensions/xep-{n}.html" for n in re.findall(r"XEP-(\d+)", manual)} and len(named) > 5


def bash(tree, *words):
    script = """source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _confab; printf '%s\\n' "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "-c", script, "bash", tree / "share/bash-completion/completions/confab", *words],
                          capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def fish(tree, *words):
    done = subprocess.run(["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]",
                           tree / "share/fish/vendor_completions.d/confab.fish", " ".join(words)],
                          capture_output=True, text=True, env=rig.clean_env(HOME=tree, TERM="dumb"))
    assert not done.stderr, done.stderr
    return [line.split("\t")[0] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("complete", [bash, fish])
def test_completion(tree, complete):
    commands = set(re.findall(r'^COMMAND\([A-Z]+, "(\w+)"', (rig.TOP / "src/face/cli/command.def").read_text(), re.M))
    assert set(complete(tree, "confab", "")) == commands
    assert "do" in complete(tree, "confab", "--home", "/tmp", "d")
    assert complete(tree, "confab", "do", "--wa") == ["--wait"]
    assert complete(tree, "confab", "stop", "--wa") == []
    assert complete(tree, "confab", "do", "--wait", "st") == ["stored"]
    assert complete(tree, "confab", "--log", "no") == ["notice"]


def test_completion_of_zsh(tree):
    """It loads as a function, and hands the options of the sub-command on."""
    script = """fpath=($1 $fpath); autoload -Uz _confab; _arguments() { print -rl -- "$@" }; compdef() { }
        _describe() { }; words=(confab do ''); CURRENT=3; _confab; _confab"""
    done = subprocess.run(["zsh", "-f", "-c", script, "zsh", tree / "share/zsh/site-functions"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert "--wait[" in done.stdout and "--as[" not in done.stdout


def test_it_goes_again(tmp_path):
    make("install", f"DESTDIR={tmp_path}")
    assert files(tmp_path)
    make("uninstall", f"DESTDIR={tmp_path}")
    assert files(tmp_path) == []

"""What the terminal face says beyond its rows: the bell, the title, a certificate to decide on, and what it keeps."""
import rig
from test_login import own_server  # noqa: F401: a fixture
from test_tui import talk


def told(terminal, what):
    """What tmux knows of the pane."""
    return terminal._tmux("display", "-p", "#{%s}" % what).stdout.strip()


def test_bell_and_title(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    rig.until(lambda: told(terminal, "pane_title") == f"{alice} - confab", lambda: told(terminal, "pane_title"))
    terminal.keys("M-1")
    terminal.wait_for("^console>")
    rig.until(lambda: told(terminal, "pane_title") == "console - confab", lambda: told(terminal, "pane_title"))
    assert told(terminal, "window_bell_flag") == "0"
    contact.send(mira, "are you there?")
    rig.until(lambda: told(terminal, "window_bell_flag") == "1", "there was no bell")
    rig.until(lambda: told(terminal, "pane_title") == "(1) console - confab", lambda: told(terminal, "pane_title"))
    # What is read takes the number away again.
    terminal.keys("M-a")
    rig.until(lambda: told(terminal, "pane_title") == f"{alice} - confab", lambda: told(terminal, "pane_title"))


def test_one_of_two_terminals_rings(server, people, peer, confab, tmux):
    one, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    other = tmux(80, 24).confab(confab)
    other.wait_for(rf"^{alice}>")
    # Both in the console.
    one.keys("M-1")
    one.wait_for("^console>")
    other.keys("M-1")
    other.wait_for("^console>")
    contact.send(mira, "are you there?")
    # Who shows it in the title has rung before, if at all.
    for terminal in (one, other):
        rig.until(lambda: told(terminal, "pane_title") == "(1) console - confab", lambda: told(terminal, "pane_title"))
    assert sorted((told(one, "window_bell_flag"), told(other, "window_bell_flag"))) == ["0", "1"]
    # What is read in one is read in the other.
    other.keys("M-a")
    other.wait_for(rf"^{alice}>")
    rig.until(lambda: told(one, "pane_title") == "console - confab", lambda: told(one, "pane_title"))


def test_a_certificate_is_decided_on_the_screen(confab, own_server, authority, tmux):
    server = own_server(certificate=authority.certificate("screen", self_signed=True))
    server.user("mira")
    server.start()
    confab.account("home", server, "mira").start()
    terminal = tmux(100, 30).confab(confab)
    terminal.wait_for("Req 1")
    terminal.keys("C-x", "q")
    screen = terminal.wait_for("SHA-256: ")
    assert "valid to: " in screen and "/answer" in screen and "pin" in screen
    terminal.line("pin")
    terminal.wait_for("home ●")
    terminal.wait_gone("Req 1")


def test_the_chat_list_stays_hidden_under_its_name(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux, columns=120)
    terminal.wait_for(rf"^  2>. {alice}")
    terminal.keys("F7")
    terminal.wait_gone(rf"^  2>. {alice}")
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    terminal.confab(confab)
    terminal.wait_for(rf"^{alice}>")
    terminal.wait_gone(rf"^  2>. {alice}")
    # Another terminal has a layout of its own.
    other = tmux(120, 24).confab(confab, "--as", "other")
    other.wait_for(rf"^  2>. {alice}")


def test_without_tls_it_says_so(confab, own_server, tmux):
    # The last line wins: no encryption wanted, passwords in the clear allowed, on this machine.
    plain = own_server(extra="c2s_require_encryption = false\nallow_unencrypted_plain_auth = true")
    plain.user("mira")
    plain.start()
    confab.account("home", plain, "mira", tls="off").start()
    confab.wait_state("home")
    confab.do(f"/msg bob@{plain.domain}")
    terminal = tmux().confab(confab)
    terminal.wait_for("^(console|bob)")
    terminal.keys("M-2")
    assert "TLS only" not in terminal.wait_for("no TLS")


def test_selecting_and_copying(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal._tmux("set", "-s", "set-clipboard", "on")
    contact.send(mira, "first thing\n" + "\n".join(f"row {n}." for n in range(2, 31)))
    terminal.wait_for("22 more rows")
    contact.send(mira, "copy me, grüße")
    terminal.wait_for("copy me")
    terminal.type("kept")
    terminal.keys("M-s")
    terminal.wait_for(r"^\d\d:\d\d>")
    terminal.type("y")
    terminal.wait_for("copied")
    rig.until(lambda: terminal._tmux("show-buffer", check=False).stdout == "copy me, grüße", "it is not in the clipboard")
    terminal.type("k")
    terminal.keys("Enter")
    terminal.wait_for(r"row 29\.")
    terminal.keys("Escape")
    terminal.wait_gone("SELECT")
    terminal.keys("C-y")
    terminal.wait_for(rf"^{alice}> keptcopy me, grüße")


def test_a_link_is_opened(server, people, peer, confab, tmux, tmp_path):
    """By a program of one's own: a session of its own, no signal blocked, nothing of the terminal, one argument more."""
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    seen, opener = tmp_path / "seen", tmp_path / "opener"
    opener.write_text(f"""#!/bin/sh
{{ printf '%s\\n' "$@"; grep SigBlk /proc/self/status; ps -o tty= -o sid= -p $$; ls -l /proc/self/fd/0; echo $$; }} \\
    > {seen}.part 2>&1 && mv {seen}.part {seen}
""")
    opener.chmod(0o700)
    terminal.line(f'/set ui.opener "{opener} -a"')
    terminal.wait_for("ui.opener")
    contact.send(mira, "look: (https://a.example/$(id);x), or file:///etc/passwd")
    terminal.wait_for("look:")
    terminal.keys("M-o")
    terminal.wait_for("Enter opens")
    terminal.wait_for("https://a.example/")
    terminal.keys("Enter")
    rig.until(seen.exists, "it was not opened")
    *words, blocked, session, stdin, pid = seen.read_text().splitlines()
    assert words == ["-a", "https://a.example/$(id);x"]
    assert int(blocked.split()[1], 16) == 0
    assert session.split() == ["?", pid] and stdin.endswith("/dev/null")
    terminal.wait_for(r"opened with .*: a\.example\.")
    # The other one is none that a program gets.
    terminal.keys("M-o")
    terminal.wait_for("Enter opens")
    terminal.type("j")
    terminal.keys("Enter")
    terminal.wait_for('No program opens "file:"')


def test_the_mouse_is_ours_when_it_is_wanted(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux, columns=110)
    flags = "mouse_standard_flag},#{mouse_sgr_flag"
    assert told(terminal, flags) == "0,0"
    terminal.line("/set ui.mouse true")
    rig.until(lambda: told(terminal, flags) == "1,1", lambda: told(terminal, flags))
    for i in range(30):
        contact.send(mira, f"number {i}.")
    terminal.wait_for(r"number 29\.")
    terminal.type("\033[<64;60;10M")
    terminal.wait_for("scrolled back")
    terminal.type("\033[<65;60;10M")
    terminal.wait_gone("scrolled back")
    terminal.type("\033[<0;60;20M\033[<0;60;20m")
    terminal.wait_for(r"^.{25}\d\d:\d\d>")
    # The console stands in the first row of the list.
    terminal.type("\033[<0;5;2M\033[<0;5;2m")
    terminal.wait_for("^console>")
    # It is given back, also by who leaves.
    terminal.line("/set ui.mouse false")
    rig.until(lambda: told(terminal, flags) == "0,0", lambda: told(terminal, flags))
    terminal.line("/set ui.mouse true")
    rig.until(lambda: told(terminal, flags) == "1,1", lambda: told(terminal, flags))
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    rig.until(lambda: told(terminal, flags) == "0,0", lambda: told(terminal, flags))


def test_help_is_opened_and_left(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.type("half a line")
    terminal.keys("F1")
    terminal.wait_for("/account add")
    terminal.type("/opens the chat")
    terminal.keys("Enter", "Enter")
    terminal.wait_for("^ help  /msg")
    terminal.keys("Escape")
    terminal.wait_for(rf"^{alice}> half a line")
    terminal.keys("M-k", "C-x", "d")
    terminal.wait_for("C-x d is detach-face")


def test_a_theme_is_kept(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.type("/theme high")
    terminal.keys("Tab")
    terminal.wait_for("> /theme high-contrast")
    terminal.keys("Enter")
    # Black on white, which the default one has nowhere.
    rig.until(lambda: "48;5;231m" in terminal.capture(attributes=True), lambda: terminal.capture(attributes=True))
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    terminal.confab(confab)
    rig.until(lambda: "48;5;231m" in terminal.capture(attributes=True), lambda: terminal.capture(attributes=True))


def test_a_theme_is_shown_when_it_is_saved(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    themes = confab.home / "config" / "themes"
    themes.mkdir(parents=True, exist_ok=True)
    mine = themes / "mine.theme"

    def colours(*wanted, gone=()):
        rig.until(lambda: (lambda s: all(c in s for c in wanted) and not any(c in s for c in gone))(
            terminal.capture(attributes=True)), lambda: terminal.capture(attributes=True))

    mine.write_text("status 231 52 -\n")
    terminal.line("/theme mine")
    colours("48;5;52m")
    mine.write_text("status 231 22 -\n")
    colours("48;5;22m", gone=["48;5;52m"])
    # As editors save: another file takes its place.
    (themes / "new").write_text("status 231 17 -\n")
    (themes / "new").rename(mine)
    colours("48;5;17m", gone=["48;5;22m"])
    # What is wrong in it is told, and nothing changes.
    mine.write_text("status 231 18 -\nstatsu 1 2 -\n")
    terminal.wait_for(r"mine.theme:2: .*statsu|mine.theme.*2")
    colours("48;5;17m", gone=["48;5;18m"])


def test_contacts_are_opened_and_renamed(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    terminal.keys("M-1")
    terminal.wait_for("^console>")
    terminal.keys("F9")
    terminal.wait_for(rf"● {alice} +online")
    terminal.type("r")
    terminal.wait_for("^name for")
    terminal.line("Alice in Wonderland")
    terminal.wait_for("● Alice in Wonderland")
    terminal.keys("Enter")
    terminal.wait_for("^Alice in Wonderland>")


def test_keys_are_bound_in_every_face(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    other = tmux(60, 20).confab(confab)
    other.wait_for(rf"^{alice}>")
    terminal.type("/bind C-x 4 f open-con")
    terminal.keys("Tab")
    terminal.wait_for("> /bind C-x 4 f open-con(tacts|sole)")
    terminal.keys("C-u")
    terminal.line("/bind C-x 4 f open-console")
    terminal.wait_for("bind.C-x 4 f = open-console")

    def is_told():
        other.line("/bind")
        return "open-console" in other.capture()

    rig.until(is_told, "the other face does not hear of it")
    other.keys("C-x", "4", "f")
    other.wait_for("^console>")
    # A command that ends in a blank waits for more.
    terminal.line("/bind F12 '/help '")
    terminal.wait_for("bind.F12 = /help")
    terminal.keys("F12")
    terminal.wait_for(rf"^{alice}> /help$")
    terminal.keys("C-u", "M-k", "F12")
    terminal.wait_for("F12 is /help")
    # By hand, with something wrong in it.
    config = confab.home / "config" / "config"
    config.write_text(config.read_text().replace("F12=", "F11=") + "F10=opne-help\n")
    terminal.line("/reload")
    terminal.wait_for("near to it: open-help")
    terminal.keys("F11")
    terminal.wait_for(rf"^{alice}> /help$")
    terminal.keys("C-u")
    terminal.line("/bind C-x open-help")
    terminal.wait_for("the beginning of other keys")
    terminal.line("/unbind C-x 4 f")
    terminal.wait_for("C-x 4 f does again")
    rig.until(lambda: "C-x 4 f" not in config.read_text(), "it stays in the file")
    # What is there at the start counts too.
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    terminal.confab(confab)
    terminal.wait_for(rf"^{alice}>")
    terminal.keys("F11")
    terminal.wait_for(rf"^{alice}> /help$")


def test_two_chats_side_by_side(server, people, peer, confab, tmux):
    mira, alice, bob = people(3)
    a, b = peer(alice), peer(bob)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    for name in (alice, bob):
        confab.do(f"/msg {name}@{server.domain}", account="home")

    def unread(name):
        return [c.get("unread", 0) for c in confab.call("chats")["chats"] if c["chat"].startswith(name)][0]

    terminal = tmux(120, 24).confab(confab)
    terminal.wait_for("^console>|^alice|^bob")
    terminal.keys("M-2")
    terminal.wait_for(rf"^{alice}>")
    terminal.keys("C-x", "3", "M-3")
    terminal.wait_for(rf"^ 3 {bob} .*│ 2 {alice} ")
    b.send(f"{mira}@{server.domain}", "for the left one")
    a.send(f"{mira}@{server.domain}", "for the right one")
    terminal.wait_for("for the right one")
    terminal.wait_for("for the left one")
    # The keys are at the left: only that is seen.
    terminal.keys("C-l")
    rig.until(lambda: unread(bob) == 0, "it is not seen")
    assert unread(alice) == 1
    terminal.wait_for(rf"Act 2:{alice}\(1\)")
    terminal.type("half a line for bob")
    terminal.keys("C-x", "o")
    terminal.wait_for(rf"^{alice}>$")
    terminal.line("hello alice")
    a.message("hello alice")
    rig.until(lambda: unread(alice) == 0, "it is not seen")
    # Room for one, and for both again.
    terminal.resize(40, 24)
    terminal.wait_gone("│")
    terminal.wait_gone("for the left one")
    terminal.resize(120, 24)
    terminal.wait_for(rf"^ 3 {bob} .*│ 2 {alice} ")
    # And in the next terminal of that name, with the keys where they were.
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    terminal.confab(confab)
    terminal.wait_for(rf"^ 3 {bob} .*│ 2 {alice} ")
    terminal.wait_for("for the left one")
    terminal.wait_for("hello alice")
    terminal.wait_for(rf"^{alice}>")
    terminal.keys("C-x", "Left")
    terminal.wait_for(rf"^{bob}> half a line for bob")
    terminal.keys("C-x", "k")
    terminal.wait_gone(f"3 {bob}")
    terminal.keys("C-u")
    terminal.line("/split only")
    terminal.wait_gone(rf"│ 2 {alice}")
    terminal.line("/split sideways")
    terminal.wait_for(r"/split right\|below")


def test_the_palette_finds_everything(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    terminal.type("half a line")
    terminal.keys("M-x")
    terminal.wait_for("^go>")
    terminal.type("/quit")
    terminal.wait_for("/quit +command")
    terminal.keys("Escape")
    terminal.wait_for(rf"^{alice}> half a line")
    terminal.keys("F2")
    terminal.type("open-console")
    terminal.wait_for("^ > +open-console +action +C-x 9")
    terminal.keys("Enter")
    terminal.wait_for("^console>")
    terminal.keys("M-g")
    terminal.type(alice[1:])
    terminal.wait_for(rf"^ > 2 +{alice} +chat")
    terminal.keys("Enter")
    terminal.wait_for(rf"^{alice}> half a line")
    # What was taken lately comes first, also in the next terminal.
    terminal.keys("C-x", "d")
    assert terminal.exit_code() == 0
    terminal.confab(confab)
    terminal.wait_for(rf"^{alice}>")
    terminal.keys("M-x")
    terminal.wait_for(rf"^ > 2 +{alice} .*\n +open-console")


def linear(confab, tmux, *options, **more):
    return tmux(80, 40, **more).confab(confab, "--linear", *options)


def test_linear_mode_speaks(server, people, peer, confab, tmux):
    mira, alice, bob = people(3)
    a, b = peer(alice), peer(bob)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    confab.do(f"/msg {alice}@{server.domain}", account="home")
    a.send(f"{mira}@{server.domain}", "two rows\nof text")
    terminal = linear(confab, tmux, term="dumb")
    terminal.wait_for("confab, linear mode. 1 of 1 account online")
    terminal.wait_for("^console:$|^to ")
    terminal.line("/win 2")
    terminal.wait_for(rf"^Chat 2, {alice}, .*\. 1 new\.$")
    terminal.wait_for(rf"^{alice}: two rows$")
    terminal.wait_for(r"^  of text \d\d:\d\d$")
    terminal.wait_for(rf"^to {alice}:$")
    # What comes waits until the line is empty; elsewhere says where.
    terminal.type("hello ther")
    terminal.wait_for(rf"^to {alice}: hello ther$")
    b.send(f"{mira}@{server.domain}", "knock")
    rig.until(lambda: any(c["chat"].startswith(bob) for c in confab.call("chats")["chats"]), "it does not come")
    terminal.keys("BSpace", "Left", "Left", "Left", "Left", "Delete")
    terminal.type("X")
    terminal.keys("End")
    terminal.wait_for(rf"^to {alice}: helloXthe$")
    assert "knock" not in terminal.capture()
    terminal.keys("Enter")
    a.message("helloXthe")
    terminal.wait_for(rf"^Elsewhere, .*{bob}.*: knock \d")
    # It stands once: as it was typed.
    terminal.line("/set linear.states all")
    # Typed faster than anything is drawn.
    terminal.type("second\rthird\r")
    a.message("second")
    a.message("third")
    terminal.wait_for(rf"^to {alice}: third$")
    terminal.wait_for(r"^(delivered|stored|displayed), message \d+\.")
    screen = terminal.capture()
    assert screen.count("helloXthe") == 1 and screen.count("second") == 1
    # Completion, a view that is not there, and leaving.
    terminal.type("/pi")
    terminal.keys("Tab")
    terminal.wait_for(rf"^to {alice}: /ping$")
    terminal.keys("C-u", "F9")
    terminal.wait_for("open-contacts needs a drawn screen. Instead: /roster")
    terminal.line("/help linear")
    terminal.wait_for("Linear mode says")
    terminal.line("/detach")
    assert terminal.exit_code() == 0


def test_linear_mode_never_goes_up(server, people, peer, confab, tmux):
    """Everything that it writes is text, line feeds, carriage returns, blanks and backspaces."""
    mira, alice = people(2)
    contact = peer(alice)
    confab.account("home", server, mira).start()
    confab.wait_state("home")
    confab.do(f"/msg {alice}@{server.domain}", account="home")
    terminal = tmux(80, 24)
    log = confab.home / "written"
    terminal.start("script", "-qfc", f"{confab.program} --home {confab.home} --linear", log, env=confab.env)
    terminal.wait_for("linear mode")
    terminal.line("/win 2")
    terminal.wait_for(rf"^to {alice}:")
    contact.send(f"{mira}@{server.domain}", "evil \u202e\u009b31m text 漢字")
    terminal.wait_for("漢字")
    terminal.type("a line that is longer than the terminal is wide, so that its beginning has to go from the row at some time")
    terminal.keys("Home", "C-k", "M-x", "F1")
    terminal.wait_for("open-help needs")
    terminal.line("/detach")
    assert terminal.exit_code() == 0
    written = log.read_bytes().decode().split("\n", 1)[1]
    written = written[:written.rindex("Script done")] if "Script done" in written else written
    assert set(c for c in written if ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 or c == "\u202e") <= set("\n\r\b"), repr(written)


# Each setting of the screen, a value, and what then stands there; "narrow" is a terminal of 50 columns, else it has 110.
LOOKS = [
    ("time.format", "%H.%M.%S", r"\d\d\.\d\d\.\d\d .*hello", None),
    ("ui.list_width", "31", r"^.{31}│", None),
    ("ui.prompt", "#{chat.name} =>", r"^alice\d+ =>$", None),
    ("ui.sender_width", "0", r"\d\d:\d\d +alice\d+: hello", None),
    ("ui.signs", "ascii", r"home o ", None),
    ("ui.status", "S #{chat.name}#>#{size}", r"^S alice\d+ +wide$", None),
    ("ui.status.wide", "W #{chat.kind}", r"^W chat$", None),
    ("ui.status.narrow", "N #{size}", r"^N narrow$", "narrow"),
    ("ui.title", "T #[title.name]#{chat.number}", r"^T 2$", None),
    ("ui.title.wide", "V #{chat.encryption}", r"^V TLS only$", None),
    ("ui.title.narrow", "U #{chat.kind}", r"^U chat$", "narrow"),
]


def test_each_setting_of_the_screen_changes_it_at_once(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux, columns=110)
    contact.send(mira, "hello")
    terminal.wait_for("hello")
    names = {s["name"] for s in confab.call("settings")["settings"] if s["name"].split(".")[0] in ("ui", "time")}
    # Of some nothing is to be read on the screen.
    assert names - {"ui.escape_ms", "ui.mouse", "ui.opener", "ui.styling"} == {name for name, *_ in LOOKS}
    for number, (name, value, pattern, narrow) in enumerate(LOOKS):
        pattern = pattern.replace(r"alice\d+", alice)
        if narrow:
            terminal.resize(50, 24)
            terminal.wait_gone("│")
        # From this terminal, and from somewhere else.
        if number % 2 == 0:
            terminal.line(f"/set {name} {value}")
        else:
            confab.do(f"/set {name} {value}")
        terminal.wait_for(pattern)
        confab.do(f"/unset {name}")
        terminal.wait_gone(pattern)
        if narrow:
            terminal.resize(110, 24)
            terminal.wait_for("│")


def test_a_tired_hand(server, people, peer, confab, tmux):
    """A paste of a thousand lines, a terminal that is pulled about, and what is typed meanwhile."""
    terminal, contact, alice, mira, chat = talk(server, people, peer, confab, tmux)
    terminal.type("begun ")
    lines = "\n".join(f"line {n} 漢字 e\u0301" for n in range(1, 1001))
    terminal.paste(lines)
    terminal.wait_for("pasted: 1000 lines")
    # Enter, and whatever else is typed by mistake, sends nothing.
    terminal.keys("Enter", "x", "Enter")
    terminal.type("i")
    terminal.wait_for("line 1000")
    for columns in (81, 10, 140, 33, 2, 60, 1, 100, 80):
        terminal.resize(columns, max(1, columns // 3))
    terminal.type(" end")
    terminal.resize(80, 24)
    terminal.wait_for("line 1000 漢字 e\u0301 end$")
    assert not confab.history("home", chat)
    terminal.keys("C-c")
    terminal.wait_for(rf"^{alice}>$")
    # C-y has it, and it arrives as one message.
    terminal.keys("C-y")
    terminal.wait_for("line 1000")
    terminal.keys("Enter")
    contact.message(f"begun {lines} end")


def test_wide_and_combining_at_the_border(server, people, peer, confab, tmux):
    terminal, contact, alice, mira, _ = talk(server, people, peer, confab, tmux)
    contact.send(mira, "漢" * 70)
    contact.send(mira, "e\u0301" * 130 + "!")
    contact.send(mira, "x" + "👨\u200d👩\u200d👧" * 40)
    contact.send(mira, "the last one")
    for columns in range(70, 81):
        terminal.resize(columns, 24)
    screen = terminal.wait_for("the last one")
    assert screen.count("漢") == 70 and screen.count("e\u0301") == 130
    # In the line too: the cursor stays behind what was typed.
    terminal.type("漢" * 40 + "e\u0301" * 3)
    terminal.keys("BSpace", "BSpace", "Left", "BSpace")
    terminal.type("+")
    terminal.wait_for("漢\\+e\u0301$")

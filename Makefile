# confab: hand-written GNU make.  `make` alone works on a fresh clone: it installs nothing, but it makes
# configure and runs it.  `make demo` and `make check` also call tools/deps for what is missing.
#
#   make [SAN=address,undefined | SAN=thread] [WERROR=1] [BUILD=dir]
#   make check demo bench soak fuzz man install dist clean

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/confab
DATADIR ?= $(PREFIX)/share/confab
MANDIR ?= $(PREFIX)/share/man
UNITDIR ?= $(PREFIX)/lib/systemd/user
DESKTOPDIR ?= $(PREFIX)/share/applications
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

SAN ?=
# V=1 shows the commands.
Q := $(if $(V),,@)
BUILD ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))
comma := ,

# Goals that need no configuration, and goals that may install what they need before anything is configured.
UNCONFIGURED := clean distclean deps dist
INSTALLING := check check-fast demo bench fuzz soak
ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif
ifneq ($(filter $(INSTALLING),$(MAKECMDGOALS)),)
configure config.mk: | deps
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wvla -Wwrite-strings -Wcast-qual
HARDENING := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
override CFLAGS += -std=c11 $(WARNINGS) $(if $(WERROR),-Werror) $(HARDENING) \
	-fno-omit-frame-pointer -ffunction-sections -fdata-sections \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
CPPFLAGS += -D_GNU_SOURCE -DG_LOG_DOMAIN='"confab"' -Isrc -I. -I$(BUILD) \
	-DCONFAB_VERSION='"$(VERSION)"' -DCONFAB_LIBEXECDIR='"$(LIBEXECDIR)"' -DCONFAB_DATADIR='"$(DATADIR)"' \
	-DCONFAB_FACE_LIBRARIES='"$(FACE_LIBRARIES)"'
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections $(if $(SAN),-fsanitize=$(SAN))

BOTH := base proto
CORE_DIRS := xmpp store http crypto core feature server admin
FACE_DIRS := face/cli face/tui
sources = $(foreach d,$(1),$(wildcard src/$(d)/*.c))
objects = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(1))

BOTH_OBJ := $(call objects,$(call sources,$(BOTH)))
CORE_OBJ := $(call objects,$(call sources,$(CORE_DIRS)))
FACE_OBJ := $(call objects,$(call sources,$(FACE_DIRS)))

.PHONY: all
all: $(BUILD)/confab $(BUILD)/confab-core

$(BUILD)/obj/%.o: src/%.c config.mk Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CORE_CFLAGS) $(FACE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# make install PREFIX=... after a plain make: what knows the folders is compiled again.
.PHONY: FORCE
$(BUILD)/folders: FORCE
	@mkdir -p $(@D)
	@echo '$(BINDIR) $(LIBEXECDIR) $(DATADIR)' | cmp -s - $@ || echo '$(BINDIR) $(LIBEXECDIR) $(DATADIR)' > $@
$(call objects,$(shell grep -lE 'CONFAB_(LIBEXECDIR|DATADIR)' $(wildcard src/*.c src/*/*.c src/*/*/*.c))): $(BUILD)/folders

$(BUILD)/libcore.a: $(CORE_OBJ)
$(BUILD)/libface.a: $(FACE_OBJ)
$(BUILD)/libboth.a: $(BOTH_OBJ)
$(BUILD)/lib%.a:
	@rm -f $@
	$(Q)$(AR) qcs $@ $^

$(BUILD)/confab-core: $(BUILD)/obj/main_core.o $(BUILD)/libcore.a $(BUILD)/libboth.a
	@echo '  LINK  $@'
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CORE_LIBS) $(BASE_LIBS) -lpthread
$(BUILD)/confab: $(BUILD)/obj/main_confab.o $(BUILD)/libface.a $(BUILD)/libboth.a
	@echo '  LINK  $@'
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(FACE_LIBS) $(BASE_LIBS) -lpthread

# Configuration makes itself.
configure: configure.ac config.mk.in
	autoconf -f
	autoheader -f 2>/dev/null
	@touch $@
config.mk: configure
	@if [ -x config.status ]; then ./config.status --quiet --recheck && ./config.status --quiet; else ./configure --quiet; fi

# Programs of tests: one for each file, linked with whatever it refers to.  The fuzz targets get a main() that replays
# files, so that the corpus is part of every check; make fuzz links them with libFuzzer instead.
TEST_SRC := $(wildcard tests/unit/test_*.c tests/scenario/test_*.c tests/screen/test_*.c)
TEST_BIN := $(addprefix $(BUILD)/tests/,$(notdir $(TEST_SRC:.c=)))
PROBE_BIN := $(addprefix $(BUILD)/tests/,$(notdir $(patsubst %.c,%,$(wildcard tests/live/probe_*.c))))
BENCH_BIN := $(addprefix $(BUILD)/bench/,$(notdir $(patsubst %.c,%,$(wildcard tests/bench/*.c))))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
REPLAY_BIN := $(addprefix $(BUILD)/replay/,$(notdir $(FUZZ_SRC:.c=)))
FUZZ_BIN := $(addprefix $(BUILD)/fuzz/,$(notdir $(FUZZ_SRC:.c=)))
LIB_OBJ := $(patsubst tests/lib/%.c,$(BUILD)/tests/lib/%.o,$(wildcard tests/lib/*.c))

TEST_FLAGS = $(CPPFLAGS) -Itests/lib -DTESTS_DIR='"$(CURDIR)/tests"' $(BASE_CFLAGS) $(CORE_CFLAGS) $(FACE_CFLAGS) \
	$(CMOCKA_CFLAGS) $(VTERM_CFLAGS) $(CFLAGS) -MMD -MP
TEST_LIBS = $(CORE_LIBS) $(FACE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS) $(VTERM_LIBS) -lpthread -lm
ARCHIVES := $(BUILD)/tests/libtest.a $(BUILD)/libcore.a $(BUILD)/libface.a $(BUILD)/libboth.a

$(BUILD)/tests/lib/%.o: tests/lib/%.c config.mk Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(TEST_FLAGS) -c -o $@ $<
# No sanitizer in it: it is loaded before theirs.
$(BUILD)/tests/disk_shim.so: tests/live/disk_shim.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(filter-out -fsanitize=% -fno-sanitize-recover=% -fPIE,$(CFLAGS)) -fPIC -shared -o $@ $< -ldl
$(BUILD)/tests/libtest.a: $(LIB_OBJ)
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) qcs $@ $^

define TEST_PROGRAMS
$(BUILD)/$(1)/%: tests/$(2)/%.c $(ARCHIVES) Makefile
	@mkdir -p $$(@D)
	@echo '  CC    $$<'
	$(Q)$$(CC) $$(TEST_FLAGS) $(3) -o $$@ $$< $(4) $$(LDFLAGS) $$(ARCHIVES) $$(ARCHIVES) $$(TEST_LIBS)
endef
$(foreach kind,unit scenario screen live,$(eval $(call TEST_PROGRAMS,tests,$(kind))))
$(eval $(call TEST_PROGRAMS,bench,bench))
$(eval $(call TEST_PROGRAMS,replay,fuzz,-Itests/fuzz,tests/fuzz/replay.c))
$(eval $(call TEST_PROGRAMS,fuzz,fuzz,-fsanitize=fuzzer))

.PHONY: tests unit check check-fast bench fuzz deps demo
tests: all $(TEST_BIN) $(PROBE_BIN) $(REPLAY_BIN) $(BUILD)/tests/disk_shim.so
unit: $(TEST_BIN)
	@tests/run --build $(BUILD) --only programs --only scenario

check: tests man
	@tests/run --build $(BUILD) $(CHECK)
# What takes seconds: no servers, no terminals.
check-fast: $(TEST_BIN) $(REPLAY_BIN) man
	@tests/run --build $(BUILD) --fast

# Work done and what it costs; the figures are printed, not judged.  BENCH='--only flood' for a part, tests/bench/run.py
# --help for the rest.
bench: all $(BENCH_BIN)
	@for b in $(BENCH_BIN); do echo "== $${b##*/}"; $$b || exit 1; done
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/bench/run.py $(BENCH)
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/bench/scripts.py

# Hours: thousands of kills and cuts on a real server, and every place for a fault of the disk.  SOAK_KILLS, SOAK_CUTS,
# SOAK_HURRY, SOAK_BOTH, SOAK_SEED: see tests/live/soak.py.
.PHONY: soak
soak: all $(BUILD)/tests/test_core_faults $(BUILD)/tests/test_room_faults
	@STRIDE=1 $(BUILD)/tests/test_core_faults
	@STRIDE=1 $(BUILD)/tests/test_room_faults
	@MISSED=10000 BUILD=$(BUILD) /usr/bin/python3 -B -m pytest -p no:cacheprovider -q -s tests/live/test_archive.py -k many_missed
	@LONG=1 BUILD=$(BUILD) /usr/bin/python3 -B -m pytest -p no:cacheprovider -q -s tests/live/test_links.py -k way
	@BUILD=$(BUILD) /usr/bin/python3 -B tests/live/soak.py

# A minute for each parser of foreign bytes (SECONDS=n for another time); new inputs stay in $(BUILD)/corpus.
SECONDS ?= 60
ifneq ($(filter fuzz,$(MAKECMDGOALS)),)
ifneq ($(FUZZING),yes)
fuzz:
	@$(MAKE) --no-print-directory fuzz FUZZING=yes CC=clang SAN=address,undefined BUILD=build-fuzz SECONDS=$(SECONDS)
else
override CFLAGS += -fsanitize=fuzzer-no-link
fuzz: $(FUZZ_BIN)
	@for f in $(FUZZ_BIN); do n=$${f##*/fuzz_}; mkdir -p $(BUILD)/corpus/$$n tests/fuzz/corpus/$$n; \
		$$f -max_total_time=$(SECONDS) -timeout=10 -print_final_stats=1 -artifact_prefix=$(BUILD)/ \
		$(BUILD)/corpus/$$n tests/fuzz/corpus/$$n || exit 1; done
endif
endif

deps:
	@tools/deps

demo: all
	@tools/demo/run $(BUILD)

# What is encrypted, on libomemo-c (--with-omemo-c), without building the rest on it.
.PHONY: check-omemo-c
OMEMO_C_TESTS := $(addprefix $(BUILD)/omemo-c/,test_crypto test_ratchet)
OMEMO_C_SRC := $(call sources,crypto) src/base/secret.c src/base/clock.c tests/lib/memkeys.c
$(OMEMO_C_TESTS): $(BUILD)/omemo-c/%: tests/unit/%.c $(OMEMO_C_SRC) Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(TEST_FLAGS) -DWITH_OMEMO_C -o $@ $< $(OMEMO_C_SRC) $(LDFLAGS) \
		$(filter-out -lsignal%,$(CORE_LIBS)) -lomemo-c $(BASE_LIBS) $(CMOCKA_LIBS)
check-omemo-c: $(OMEMO_C_TESTS)
	@for t in $(OMEMO_C_TESTS); do $$t || exit 1; done

# The manual: pages written by hand, in which a line ".\" LIST x" is replaced by a list made from the tables.
MAN_SRC := $(wildcard man/*.[1-8])
MAN := $(patsubst man/%,$(BUILD)/man/%,$(MAN_SRC))
TABLES := $(wildcard src/*/*.def src/*/*/*.def)
.PHONY: man
man: $(MAN)
$(BUILD)/docgen: tools/docgen.c $(BUILD)/libboth.a Makefile
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) -MMD -MP -o $@ $< $(LDFLAGS) $(BUILD)/libboth.a $(BASE_LIBS)
$(BUILD)/commands.json: $(BUILD)/confab-core
	$(Q)$(BUILD)/confab-core --print-commands > $@
$(BUILD)/man/%: man/% $(BUILD)/docgen $(BUILD)/commands.json $(TABLES)
	@mkdir -p $(@D)
	$(Q)$(BUILD)/docgen $(BUILD)/commands.json < $< > $@

# What other programs want to know about this one.
COMPLETIONS := $(addprefix $(BUILD)/packaging/,confab.bash _confab confab.fish)
PACKAGING := $(COMPLETIONS) $(BUILD)/packaging/confab.service $(BUILD)/packaging/confab.doap
.PHONY: packaging
packaging: $(PACKAGING)
$(COMPLETIONS): $(BUILD)/packaging/%: packaging/% $(BUILD)/docgen $(TABLES)
	@mkdir -p $(@D)
	$(Q)$(BUILD)/docgen /dev/null < $< > $@
$(BUILD)/packaging/confab.service: packaging/confab.service.in $(BUILD)/folders
	@mkdir -p $(@D)
	$(Q)sed 's|@BINDIR@|$(BINDIR)|' $< > $@
# The standards are those that the manual names.
$(BUILD)/packaging/confab.doap: packaging/confab.doap.in man/confab.1
	@mkdir -p $(@D)
	$(Q)sed -n '/^\.Sh STANDARDS/,$$p' man/confab.1 | grep -o 'XEP-[0-9]*' | sort -u | sed \
		-e 's|XEP-\(.*\)|<xmpp:xep rdf:resource="https://xmpp.org/extensions/xep-\1.html"/>|' \
		-e 's|.*|    <implements><xmpp:SupportedXep>&</xmpp:SupportedXep></implements>|' > $(BUILD)/standards
	$(Q)sed -e 's|@VERSION@|$(VERSION)|' -e '/@STANDARDS@/{' -e 'r $(BUILD)/standards' -e 'd' -e '}' $< > $@

INSTALL ?= install
.PHONY: install uninstall dist clean distclean
install: all man packaging
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR)/themes $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR) $(DESTDIR)$(DESKTOPDIR)
	$(INSTALL) -m 644 packaging/confab.desktop $(DESTDIR)$(DESKTOPDIR)/confab.desktop
	$(INSTALL) -m 644 $(BUILD)/packaging/confab.service $(DESTDIR)$(UNITDIR)/confab.service
	$(INSTALL) -m 644 $(BUILD)/packaging/confab.doap $(DESTDIR)$(DATADIR)/confab.doap
	$(INSTALL) -m 644 $(BUILD)/packaging/confab.bash $(DESTDIR)$(BASHDIR)/confab
	$(INSTALL) -m 644 $(BUILD)/packaging/_confab $(DESTDIR)$(ZSHDIR)/_confab
	$(INSTALL) -m 644 $(BUILD)/packaging/confab.fish $(DESTDIR)$(FISHDIR)/confab.fish
	$(INSTALL) -m 755 $(BUILD)/confab $(DESTDIR)$(BINDIR)/confab
	$(INSTALL) -m 755 $(BUILD)/confab-core $(DESTDIR)$(LIBEXECDIR)/confab-core
	$(foreach t,$(wildcard themes/*.theme),$(INSTALL) -m 644 $(t) $(DESTDIR)$(DATADIR)/themes/;)
	$(foreach m,$(MAN),$(INSTALL) -d $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m))); \
		$(INSTALL) -m 644 $(m) $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/;)
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/confab $(DESTDIR)$(LIBEXECDIR)/confab-core $(DESTDIR)$(UNITDIR)/confab.service \
		$(DESTDIR)$(DATADIR)/confab.doap $(DESTDIR)$(BASHDIR)/confab $(DESTDIR)$(ZSHDIR)/_confab \
		$(DESTDIR)$(FISHDIR)/confab.fish $(DESTDIR)$(DESKTOPDIR)/confab.desktop
	rm -f $(foreach t,$(wildcard themes/*.theme),$(DESTDIR)$(DATADIR)/themes/$(notdir $(t)))
	rm -f $(foreach m,$(MAN_SRC),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

# A Debian package, BUILD/confab_VERSION_ARCH.deb.  What knows the folders is compiled again for /usr.
.PHONY: deb
deb:
	@rm -rf $(BUILD)/deb
	@$(MAKE) --no-print-directory PREFIX=/usr install DESTDIR=$(abspath $(BUILD)/deb/root)
	@packaging/deb $(BUILD) $(VERSION)

# What is committed, and nothing else.
DIST = confab-$(shell sed -n '/^AC_INIT/s/.*\[\([0-9.]*\)\], \[\],.*/\1/p' configure.ac)
dist:
	git archive --prefix=$(DIST)/ -o $(DIST).tar.gz HEAD
	@echo $(DIST).tar.gz

clean:
	rm -rf build build-*
distclean: clean
	rm -rf autom4te.cache configure configure~ config.mk config.h config.h.in config.h.in~ config.log config.status

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)

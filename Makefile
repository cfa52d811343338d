# confab: hand-written GNU make.  `make` alone works on a fresh clone: it installs nothing, but it makes
# configure and runs it.  `make demo` and `make check` also call tools/deps for what is missing.
#
#   make [SAN=address,undefined | SAN=thread] [WERROR=1] [BUILD=dir]
#   make check demo bench fuzz man install dist clean

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/confab
DATADIR ?= $(PREFIX)/share/confab
MANDIR ?= $(PREFIX)/share/man

SAN ?=
# V=1 shows the commands.
Q := $(if $(V),,@)
BUILD ?= build$(if $(SAN),-$(firstword $(subst $(comma), ,$(SAN))))
comma := ,

# Goals that need no configuration.
UNCONFIGURED := clean distclean deps
ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

ifdef CC_OVERRIDE
CC := $(CC_OVERRIDE)
endif

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
	-Wvla -Wwrite-strings -Wcast-qual
HARDENING := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
override CFLAGS += -std=c11 $(WARNINGS) $(if $(WERROR),-Werror) $(HARDENING) \
	-fno-omit-frame-pointer -ffunction-sections -fdata-sections \
	$(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all)
CPPFLAGS += -D_GNU_SOURCE -DG_LOG_DOMAIN='"confab"' -Isrc -I. -I$(BUILD) \
	-DCONFAB_VERSION='"$(VERSION)"' -DCONFAB_LIBEXECDIR='"$(LIBEXECDIR)"' -DCONFAB_DATADIR='"$(DATADIR)"'
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections $(if $(SAN),-fsanitize=$(SAN))

BOTH := base proto
CORE_DIRS := xmpp store core feature server admin
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

$(BUILD)/libcore.a: $(CORE_OBJ)
$(BUILD)/libface.a: $(FACE_OBJ)
$(BUILD)/libboth.a: $(BOTH_OBJ)
$(BUILD)/lib%.a:
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

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
	./configure --quiet

# Unit tests: one program per tests/unit/test_*.c, linked with what it refers to.
UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT_BIN := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
LIB_SRC := $(wildcard tests/lib/*.c)
LIB_OBJ := $(patsubst tests/lib/%.c,$(BUILD)/tests/lib/%.o,$(LIB_SRC))
$(BUILD)/tests/lib/%.o: tests/lib/%.c config.mk Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(BASE_CFLAGS) $(CORE_CFLAGS) $(FACE_CFLAGS) $(CMOCKA_CFLAGS) $(VTERM_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/tests/libtest.a: $(LIB_OBJ)
	@mkdir -p $(@D); rm -f $@
	$(Q)$(AR) rcs $@ $^
$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/tests/libtest.a $(BUILD)/libcore.a $(BUILD)/libface.a $(BUILD)/libboth.a
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(BASE_CFLAGS) $(CORE_CFLAGS) $(FACE_CFLAGS) $(CMOCKA_CFLAGS) $(VTERM_CFLAGS) $(CFLAGS) -MMD -MP -o $@ $< \
		$(LDFLAGS) $(filter %.a,$^) $(filter %.a,$^) $(CORE_LIBS) $(FACE_LIBS) $(BASE_LIBS) $(CMOCKA_LIBS) $(VTERM_LIBS) -lpthread

.PHONY: unit clean
unit: $(UNIT_BIN)
	@for t in $(UNIT_BIN); do $$t || exit 1; done

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# SPDX-License-Identifier: MIT
# mendfs: `make help` tells what there is to make.

# Yours to set, on the command line or in the environment.
CC	 ?= cc
CFLAGS	 ?= -O2 -g
LDFLAGS	 ?=
PREFIX	 ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR	 ?=
V	 ?=#	1: show the commands
WERROR	 ?=#	1: warnings are errors
SANITIZE ?=#	address (with undefined behaviour and leaks) or thread
B	 ?= build$(SANITIZE:%=/%)
DEPS	 ?= build/deps#	where `make deps` puts a libfuse that the distribution does not have
JOBS	 ?= $(shell nproc)
FUZZ_SECONDS ?= 10
override B := $(strip $(B))
override DEPS := $(strip $(DEPS))

VERSION := 0.1.0
PROGRAMS := mendfs mendctl mend-publish

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
Q := $(if $(filter 1,$(V)),,@)
# For a make within make: as many at once as there are processors, unless the outer one was told.
parallel = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
comma := ,
say = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $(2);)

# --- what is there to build: a program is when it has a main.c, a test when it is called one ---

objects_of = $(patsubst src/%.c,$(B)/obj/%.o,$(wildcard src/$(1)/*.c))
# Without main: what a test of a program's insides links.
insides_of = $(filter-out %/main.o,$(call objects_of,$(1)))
there := $(foreach p,$(PROGRAMS),$(if $(wildcard src/$(p)/main.c),$(p)))
UNIT := $(patsubst tests/unit/test_%.c,%,$(wildcard tests/unit/test_*.c))
UNIT_SUPPORT := $(patsubst %.c,$(B)/obj/%.o,\
	$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# --- flags ---

export PKG_CONFIG_PATH := $(abspath $(DEPS))/prefix/lib/pkgconfig:$(PKG_CONFIG_PATH)
pkg = $(shell PKG_CONFIG_PATH='$(PKG_CONFIG_PATH)' pkg-config $(1) 2>/dev/null)
FUSE_CFLAGS := $(call pkg,--cflags 'fuse3 >= 3.17')
need_fuse = $(if $(FUSE_CFLAGS),,$(error no static libfuse of 3.17 or newer: run `make deps`))

machine := $(shell $(CC) -dumpmachine)
HARDEN := -fstack-protector-strong -fstack-clash-protection
HARDEN += $(if $(SANITIZE),,$(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3))
HARDEN += $(if $(filter x86_64-% i686-%,$(machine)),-fcf-protection)
HARDEN += $(if $(filter aarch64-%,$(machine)),-mbranch-protection=standard)
HARDEN_LINK := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--gc-sections

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wwrite-strings -Wundef -Wpointer-arith $(if $(filter 1,$(WERROR)),-Werror)

SAN_address := -fsanitize=address,undefined -fno-sanitize-recover=all
SAN_thread := -fsanitize=thread
SAN := $(if $(SANITIZE),$(or $(SAN_$(SANITIZE)),$(error SANITIZE is address or thread)) \
	-fno-omit-frame-pointer)

ALL_CPPFLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc \
	-DMENDFS_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS := -std=gnu11 $(CFLAGS) -fPIE -ffunction-sections -fdata-sections $(WARN) $(HARDEN) $(SAN)
ALL_LDFLAGS := $(HARDEN_LINK) $(SAN) $(LDFLAGS)

# The daemon is static: it must not open a library through its own mount. Sanitizers cannot be.
# (The linker warns of libfuse's dlopen before it throws it away; tests/cli/build.sh looks at what stays.)
static := $(if $(filter-out rcrt1.o,$(shell $(CC) -print-file-name=rcrt1.o)),-static-pie,-static) \
	$(if $(findstring --no-warnings,$(shell ld --help 2>/dev/null)),-Wl$(comma)--no-warnings)
LINK_mendfs := $(if $(SANITIZE),-pie,$(static))
LINK_mendctl := -pie
LINK_mend-publish := -pie

COMMON_PKGS := jansson libsodium libzstd libxxhash
LIBS_mendfs = $(call pkg,--static --libs fuse3 libseccomp $(COMMON_PKGS))
LIBS_mendctl = $(call pkg,--libs $(COMMON_PKGS)) $(call pkg,--libs libelf)
LIBS_mend-publish = $(call pkg,--libs $(COMMON_PKGS)) $(call pkg,--libs libelf libarchive)
LIBS_test = $(call pkg,--libs check $(COMMON_PKGS)) $(call pkg,--libs libelf)

# --- building ---

all: $(B)/lib/libmend.a $(there:%=$(B)/bin/%)
ifneq ($(filter mendfs,$(there)),)
all: $(B)/bin/mount.fuse.mendfs
endif

# Rewritten only when they change, so that other flags build everything again (but for KEEP=1, with
# which a test looks at what is there, whatever flags it was built with).
flags := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(FUSE_CFLAGS)
$(B)/flags: $(if $(filter 1,$(KEEP)),,FORCE)
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(flags))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags))' >$@

compile = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $(1) -c -o $@ $<

$(B)/obj/mendfs/%.o: src/mendfs/%.c $(B)/flags
	$(need_fuse)
	@mkdir -p $(@D)
	$(call say,CC,$<)$(call compile,$(FUSE_CFLAGS))

$(B)/obj/%.o: src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(call compile,)

$(B)/obj/tests/unit/%.o: tests/unit/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(call compile,$(if $(filter test_daemon_%,$*),$(FUSE_CFLAGS)))

$(B)/lib/libmend.a: $(call objects_of,lib)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)ar rcsD $@ $^

define program
$(B)/bin/$(1): $(call objects_of,$(1)) $(B)/lib/libmend.a
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$(CC) $(ALL_CFLAGS) $(LINK_$(1)) $(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_$(1))
endef
$(foreach p,$(there),$(eval $(call program,$(p))))

$(B)/bin/mount.fuse.mendfs: $(B)/bin/mendfs
	@ln -sf mendfs $@

# --- tests ---

unit_insides = $(if $(filter daemon_%,$(1)),$(call insides_of,mendfs))\
	$(if $(filter mendctl_%,$(1)),$(call insides_of,mendctl))\
	$(if $(filter publish_%,$(1)),$(call insides_of,mend-publish))
define unit
$(B)/tests/unit/$(1): $(B)/obj/tests/unit/test_$(1).o $(UNIT_SUPPORT) $(call unit_insides,$(1)) \
		$(B)/lib/libmend.a
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_test) \
		$(if $(filter publish_%,$(1)),$$(call pkg,--libs libarchive)) \
		$(if $(filter daemon_%,$(1)),$$(call pkg,--static --libs fuse3 libseccomp))
endef
$(foreach t,$(UNIT),$(eval $(call unit,$(t))))

# What shell tests put before a program's system calls, with LD_PRELOAD.
$(B)/tests/crash/powercut.so: $(wildcard tests/crash/powercut*.[ch]) $(B)/flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) -D_GNU_SOURCE -std=gnu11 $(CFLAGS) $(WARN) -fPIC -shared -o $@ \
		$(filter %.c,$^)

unit: $(UNIT:%=$(B)/tests/unit/%) $(B)/tests/crash/powercut.so

check:
	$(Q).ci/deps $(DEPS)
	$(Q)$(MAKE) --no-print-directory $(parallel) all unit examples
	$(Q)MENDFS_BUILD=$(abspath $(B)) MENDFS_SANITIZE=$(SANITIZE) MAKEFLAGS= tests/run -j $(JOBS) $(TESTS)

# --- fuzzing: the library once more, with clang and its fuzzer ---

FUZZ_CC ?= clang
FUZZ_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
fuzz_lib := $(patsubst src/lib/%.c,$(B)/fuzz/obj/%.o,$(wildcard src/lib/*.c))

$(B)/fuzz/obj/%.o: src/lib/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(FUZZ_CC) $(ALL_CPPFLAGS) -std=gnu11 -g -O1 $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

$(B)/fuzz/%: tests/fuzz/fuzz_%.c $(fuzz_lib) $(B)/flags
	@mkdir -p $(@D)
	$(call say,FUZZ,$@)$(FUZZ_CC) $(ALL_CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $< $(fuzz_lib) $(LIBS_mendctl)

fuzz-programs: $(FUZZ:%=$(B)/fuzz/%)

fuzz:
	$(Q)$(MAKE) --no-print-directory $(parallel) fuzz-programs
	$(Q).ci/fuzz $(B)/fuzz $(FUZZ_SECONDS) $(FUZZ)

# --- everything else a developer runs ---

deps:
	$(Q).ci/deps $(DEPS)

lint:
	$(Q).ci/lint

analyze:
	$(Q).ci/analyze $(B)

# Threads are the daemon's alone: the tests of its insides, and some that mount.
THREAD_TESTS := $(patsubst tests/%.sh,%,$(wildcard tests/fuse/targets.sh tests/cli/mendctl-flip.sh \
	tests/cli/mendctl-install.sh))
sanitize:
	$(Q)status=0; \
	$(MAKE) --no-print-directory check SANITIZE=address B=$(B)/address || status=1; \
	$(MAKE) --no-print-directory check SANITIZE=thread B=$(B)/thread TESTS="$(strip \
		$(addprefix unit/,$(filter daemon_%,$(UNIT))) $(THREAD_TESTS))" || status=1; \
	exit $$status

demo: deps
	$(Q)$(MAKE) --no-print-directory $(parallel) all examples
	$(Q)MENDFS_BUILD=$(abspath $(B)) examples/demo.sh

bench soak: all
	$(Q)MENDFS_BUILD=$(abspath $(B)) JOBS=1 tests/run -j 1 $(or $(TESTS),$@)

vmcheck: all examples
	$(Q)MENDFS_BUILD=$(abspath $(B)) tests/vm/vmcheck build/vm

# What .ci/analyze asks: how a file is compiled.
flags-of:
	@printf '%s\n' '$(subst ','\'',$(ALL_CPPFLAGS) -std=gnu11 $(FUSE_CFLAGS))'

# --- examples ---

examples: $(B)/examples/greet $(B)/examples/greet-plugin $(B)/examples/greet-server \
	$(B)/examples/base/libgreet.so.1 $(B)/examples/fixed/libgreet.so.1

$(B)/examples/base/libgreet.so.1: examples/greet/libgreet.c examples/greet/libgreet.h
$(B)/examples/fixed/libgreet.so.1: examples/greet/libgreet.c examples/greet/libgreet.h
$(B)/examples/fixed/libgreet.so.1: EXAMPLE_FLAGS := -DGREET_FIXED
$(B)/examples/base/libgreet.so.1 $(B)/examples/fixed/libgreet.so.1: $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu11 $(CFLAGS) $(WARN) $(EXAMPLE_FLAGS) -fPIC -shared \
		-Wl,-soname,libgreet.so.1 -o $@ examples/greet/libgreet.c

$(B)/examples/%: examples/greet/%.c examples/greet/libgreet.h $(B)/examples/base/libgreet.so.1
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) -std=gnu11 -D_GNU_SOURCE $(CFLAGS) $(WARN) -o $@ $< \
		$(if $(filter greet-plugin,$*),-ldl,$(B)/examples/base/libgreet.so.1)

# --- installing ---

# MODE:FILE:WHERE (or link:TEXT:WHERE), one list for install and uninstall.
share := $(PREFIX)/share
man = $(foreach f,$(wildcard man/*.[1-8]),644:$(f):$(share)/man/man$(subst .,,$(suffix $(f)))/$(notdir $(f)))
INSTALLS := $(foreach p,$(filter mendfs mendctl,$(there)),755:$(B)/bin/$(p):$(PREFIX)/sbin/$(p)) \
	$(foreach p,$(filter mend-publish,$(there)),755:$(B)/bin/$(p):$(PREFIX)/bin/$(p)) \
	$(if $(filter mendfs,$(there)),link:mendfs:$(PREFIX)/sbin/mount.fuse.mendfs) \
	$(man) \
	$(foreach f,$(wildcard src/completion/bash/*),644:$(f):$(share)/bash-completion/completions/$(notdir $(f))) \
	$(foreach f,$(wildcard src/completion/zsh/*),644:$(f):$(share)/zsh/site-functions/$(notdir $(f))) \
	$(foreach f,$(wildcard src/completion/fish/*),644:$(f):$(share)/fish/vendor_completions.d/$(notdir $(f))) \
	$(foreach f,$(wildcard src/systemd/*.*),unit:$(f):$(PREFIX)/lib/systemd/system/$(notdir $(f)))

# A unit names programs below /usr; they are where they are installed.
install: all
	$(Q)set -e; for item in $(INSTALLS); do \
		from=$${item#*:}; from=$${from%%:*}; to="$(DESTDIR)$${item##*:}"; \
		mkdir -p "$${to%/*}"; \
		case $$item in \
		link:*) ln -sfn "$$from" "$$to" ;; \
		unit:*) sed 's,/usr/\(s\?bin\)/mend,$(PREFIX)/\1/mend,g' "$$from" >"$$to"; chmod 644 "$$to" ;; \
		*) install -m "$${item%%:*}" "$$from" "$$to" ;; \
		esac; \
	done
	$(Q)install -d -m 755 "$(DESTDIR)$(SYSCONFDIR)/mendfs" "$(DESTDIR)$(SYSCONFDIR)/mendfs/keys.d"

# Keys and settings are the administrator's: the directories go only when they are empty.
uninstall:
	$(Q)set -e; for item in $(INSTALLS); do rm -f "$(DESTDIR)$${item##*:}"; done
	$(Q)rmdir "$(DESTDIR)$(SYSCONFDIR)/mendfs/keys.d" "$(DESTDIR)$(SYSCONFDIR)/mendfs" 2>/dev/null || :

# The same commit gives the same bytes: git archive dates every file by its commit.
dist:
	@mkdir -p $(B)
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=mendfs-$(VERSION)/ HEAD | \
		xz -T1 -9e >$(B)/mendfs-$(VERSION).tar.xz
	@echo $(B)/mendfs-$(VERSION).tar.xz

clean:
	$(Q)if [ "$(B)" = build ]; then \
		find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} + 2>/dev/null || :; \
	else rm -rf "$(B)"; fi

help:
	@sed -n 's/^#: \?//p' $(firstword $(MAKEFILE_LIST))

#: make             the library and the programs, into build/
#: make deps        install what building needs: packages, a libfuse of 3.17 or newer
#: make check       deps, all and every test; TESTS="unit fuse/read" picks some
#: make demo        show what mendfs does, in a scratch root, in under a minute
#: make install     into PREFIX (mount -t fuse.mendfs needs PREFIX=/usr); DESTDIR is put in front
#: make uninstall   take away what install put there, keys and settings excepted
#: make dist        a tar.xz of the last commit, the same bytes each time
#: make lint        formatting, shell scripts, manual pages
#: make analyze     gcc -fanalyzer and clang-tidy
#: make sanitize    the tests again with address, undefined, leak and thread sanitizers
#: make fuzz        each fuzz target for FUZZ_SECONDS
#: make bench       measure against the bare directory
#: make soak        hours of everything at once
#: make vmcheck     boot a Debian 13 in qemu with mendfs on its /usr/lib (root, 20 minutes)
#: make clean       remove what was built (not build/deps)
#: make help        this
#:
#: Variables: CC CFLAGS LDFLAGS PREFIX DESTDIR SYSCONFDIR B (build directory) DEPS JOBS
#:            V=1 WERROR=1 SANITIZE=address|thread FUZZ_SECONDS

FORCE:
.PHONY: all unit check fuzz fuzz-programs deps lint analyze sanitize demo bench soak vmcheck flags-of examples \
	install uninstall dist clean help FORCE
.SECONDARY:
-include $(wildcard $(B)/obj/*/*.d $(B)/obj/tests/unit/*.d $(B)/fuzz/obj/*.d)

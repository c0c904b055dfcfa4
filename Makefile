# cutover - build, test, lint
#
#   make            build/cutover
#   make install-deps   Debian packages that building and testing need (root)
#   make test       every test, ends with 'N passed, N failed, N skipped'
#   make SUITE      one folder of tests/: unit, conformance, ...
#   make mutants    plants defects; each must turn a test red (MUTANTS=NAME ...)
#   make coverage   lines and branches that the tests reach; MISSING=-m names the rest
#   make sanitize   every test, built with ASan and UBSan
#   make demo       a whole cutover in the lab (root); PLAN=file: that plan;
#                   DEMO=forward, DEMO=naive: a part of it; KEEP=1: the lab stays up
#   make demo-wizard  the same lab, and the wizard on it with a plan loaded
#   make test-lab   the lab's own tests (root)
#   make soak       for hours: rehearsals, the lab's tests, faults, kills, with
#                   a table at its end (root); SOAK_MINUTES=60 bounds it
#   make examples   the dry-run documents in plans/examples/, anew
#   make man        the manual page, anew
#   make install    the program and its manual page, under PREFIX (/usr/local)
#   make pictures   tui/pictures/ from the golden screens, anew
#   make lint       formatting, folder rule, file sizes

BUILD ?= build
ifeq ($(origin CC),default)
CC = gcc
endif
PKGS = jansson libcrypto libcurl sqlite3 yaml-0.1 libssh libvirt ncursesw
CFLAGS ?= -O2 -g
WERROR ?= -Werror
CFLAGS += -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow $(WERROR) -pthread -I.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CFLAGS += $(PKG_CFLAGS)
# there are far more programs of tests to link than anything else: gold takes a third
GOLD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
LIBS = $(GOLD) $(PKG_LIBS) -pthread -lm
ifdef COVERAGE
CFLAGS += --coverage -fprofile-update=atomic
LIBS += --coverage
endif
ifdef SANITIZE
CFLAGS += -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
LIBS += -fsanitize=address,undefined
endif

SRC := $(filter-out orchestrator/main.c,$(sort $(shell find orchestrator adapters tui -name '*.c')))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
# A test is tests/SUITE/.../NAME_test.c, or an executable NAME_test.sh; the other
# .c files of a suite are what its tests share.
TEST_SRC := $(sort $(shell find tests -name '*_test.c'))
TEST_SH := $(sort $(shell find tests -name '*_test.sh'))
SUITES := $(sort $(foreach f,$(TEST_SRC) $(TEST_SH),$(word 2,$(subst /, ,$(f)))))
suite_tests = $(patsubst %.c,$(BUILD)/%,$(filter tests/$1/%,$(TEST_SRC) $(TEST_SH)))
suite_lib = $(filter-out %_test.c,$(sort $(shell find tests/$1 -name '*.c')))
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
JOBS ?= $(shell nproc)

all: $(BUILD)/cutover

$(BUILD)/cutover: $(OBJ) $(BUILD)/orchestrator/main.o
	$(CC) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libcutover.a: $(OBJ)
	@rm -f $@
	ar rcs $@ $^

define suite
$(BUILD)/tests/lib$1.a: $(patsubst %.c,$(BUILD)/%.o,$(call suite_lib,$1))
	@mkdir -p $$(@D) && rm -f $$@
	ar rcs $$@ $$^

$(BUILD)/tests/$1/%_test: $(BUILD)/tests/$1/%_test.o $(BUILD)/tests/lib$1.a $(BUILD)/libcutover.a
	$$(CC) -o $$@ $$^ $(BUILD)/tests/lib$1.a $(BUILD)/libcutover.a -lcmocka $$(LIBS)

$1: all $(filter $(BUILD)/%,$(call suite_tests,$1))
	@tests/rooted tests/run $(BUILD) -j $(JOBS) $(call suite_tests,$1)
endef
$(foreach s,$(SUITES),$(eval $(call suite,$(s))))
unit: # the one that needs neither root nor packages beyond the libraries

DEPS = gcc libc6-dev libasan8 libubsan1 make pkg-config clang-format shellcheck \
	libjansson-dev libssl-dev libcurl4-openssl-dev libsqlite3-dev libyaml-dev libssh-dev \
	libvirt-dev libncurses-dev libcmocka-dev openssh-client openssh-server \
	iproute2 jq procps tmux util-linux

BENCH_WRAP = device_open device_read device_change device_fence engine_feed journal_append
$(BUILD)/tests/bench/exchange: $(BUILD)/tests/bench/exchange.o $(BUILD)/tests/bench/record.o $(BUILD)/libcutover.a
	$(CC) -o $@ $^ $(BENCH_WRAP:%=-Wl,--wrap=%) $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libcutover.a
	$(CC) -o $@ $^ $(LIBS)

install-deps:
	tests/packages $(DEPS)

build-tests: $(TEST_BIN)

# On a bare machine the packages come first; make reads their flags anew then.
test: install-deps
	@[ "$$(id -u)" -ne 0 ] || tests/lab/lab install
	@$(MAKE) --no-print-directory -j$(JOBS) all build-tests
	@$(MAKE) --no-print-directory run-tests

# The tests wait more than they compute: there is one more at a time than
# processors, and those that wait longest begin.  Of the lab's tests, one after the other since each is a whole
# site, those that are short enough; 'make test-lab' runs all of them.
LAB_TESTS ?= tests/lab/cutover_test.sh
LONG := $(patsubst %,$(BUILD)/tests/conformance/%_test,bird_guard azure frr_guard frr probe)
run-tests: all build-tests
	@tests/rooted tests/run $(BUILD) -j $(shell expr $(JOBS) + 1) -t 600 $(LONG) \
		$(filter-out $(LONG),$(call suite_tests,conformance)) \
		$(foreach s,$(filter-out conformance lab,$(SUITES)),$(call suite_tests,$(s))) \
		-j 1 -t 1800 $(LAB_TESTS)

sanitize:
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/sanitize SANITIZE=1 all build-tests
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitize SANITIZE=1 run-tests

# Only the parts that the promises rest on; COVERED names others.
COVERED ?= orchestrator/engine orchestrator/journal orchestrator/steps
coverage:
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/coverage COVERAGE=1 all build-tests
	@tests/run $(BUILD)/coverage -j $(JOBS) $(foreach s,unit crash fault,$(patsubst %,$(BUILD)/coverage/%,$(patsubst %.c,%,$(filter tests/$(s)/%,$(TEST_SRC)))))
	@tests/coverage $(BUILD)/coverage $(MISSING) $(COVERED)

mutants: all build-tests
	@tests/mutants/run -j $(JOBS) $(BUILD) $(MUTANTS)

demo: lab-install
	$(MAKE) all
	@CUTOVER=$(CURDIR)/$(BUILD)/cutover WORK=$(CURDIR)/$(BUILD)/demo \
		PLAN=$(abspath $(PLAN)) tests/rooted tests/lab/demo

demo-wizard: lab-install
	$(MAKE) all
	@CUTOVER=$(CURDIR)/$(BUILD)/cutover WORK=$(CURDIR)/$(BUILD)/demo-wizard \
		PLAN=$(abspath $(PLAN)) tests/rooted tests/lab/demo-wizard

# One after the other: each is a whole site, one of them two.
test-lab: all
	@tests/rooted tests/run $(BUILD) -t 1800 $(call suite_tests,lab)

soak: lab-install
	$(MAKE) all
	@CUTOVER=$(CURDIR)/$(BUILD)/cutover WORK=$(CURDIR)/$(BUILD)/soak tests/rooted tests/lab/soak

lab-install: install-deps
	tests/lab/lab install

lab-up lab-down lab-status:
	tests/lab/lab $(@:lab-%=%)

lab-shell:
	tests/lab/lab shell $(NODE)

BENCH_BIN = $(BUILD)/tests/bench/exchange $(BUILD)/tests/bench/rows $(BUILD)/tests/bench/spent \
	$(BUILD)/tests/bench/twin_bench

# Numbers of this machine; the parts that need the lab need root.
bench: all $(BENCH_BIN)
	BUILD=$(BUILD) CUTOVER=$(CURDIR)/$(BUILD)/cutover tests/bench/run $(BENCH)

examples: $(BUILD)/tests/unit/report/review_test
	@mkdir -p plans/examples
	UPDATE_GOLDEN=1 $<

PICTURES = review-steps soak hold rollback-question
pictures:
	@mkdir -p tui/pictures
	for p in $(PICTURES); do tests/tui/picture $$p >tui/pictures/$$p.svg; done

man: all
	orchestrator/doc/man $(BUILD)/cutover >orchestrator/doc/cutover.1

PREFIX ?= /usr/local
install: all
	install -D $(BUILD)/cutover $(DESTDIR)$(PREFIX)/bin/cutover
	install -D -m 644 orchestrator/doc/cutover.1 $(DESTDIR)$(PREFIX)/share/man/man1/cutover.1

lint:
	tests/lint/run

clean:
	rm -rf $(BUILD)

-include $(OBJ:.o=.d) $(BUILD)/orchestrator/main.d $(TEST_BIN:%=%.d)
-include $(foreach s,$(SUITES),$(patsubst %.c,$(BUILD)/%.d,$(call suite_lib,$(s))))

-include $(BENCH_BIN:%=%.d) $(BUILD)/tests/bench/record.d

.PHONY: all examples man install pictures coverage mutants $(SUITES) bench demo demo-wizard test-lab soak lab-install lab-up lab-down lab-status lab-shell install-deps build-tests test run-tests sanitize lint clean
.SECONDARY:

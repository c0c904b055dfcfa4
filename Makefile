# cutover - build, test, lint
#
#   make            build/cutover
#   make install-deps   Debian packages that building and testing need (root)
#   make test       every test, ends with 'N passed, N failed, N skipped'
#   make demo       a whole cutover in the lab (root)
#   make lint       formatting, folder rule, file sizes

BUILD ?= build
ifeq ($(origin CC),default)
CC = gcc
endif
PKGS = jansson libcrypto sqlite3 yaml-0.1 libssh libvirt
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Werror -pthread -I.
CFLAGS += $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -pthread -lm
ifdef SANITIZE
CFLAGS += -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=all
LIBS += -fsanitize=address,undefined
endif

SRC := $(filter-out orchestrator/main.c,$(sort $(shell find orchestrator adapters -name '*.c')))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
TEST_SRC := $(sort $(shell find tests/unit -name '*_test.c'))
TEST_BIN := $(TEST_SRC:%.c=$(BUILD)/%)
TEST_LIB := $(sort $(filter-out %_test.c,$(shell find tests/unit -name '*.c')))
TEST_LIBOBJ := $(TEST_LIB:%.c=$(BUILD)/%.o)

all: $(BUILD)/cutover

$(BUILD)/cutover: $(OBJ) $(BUILD)/orchestrator/main.o
	$(CC) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libcutover.a: $(OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/tests/unit/%_test: $(BUILD)/tests/unit/%_test.o $(TEST_LIBOBJ) $(BUILD)/libcutover.a
	$(CC) -o $@ $< $(TEST_LIBOBJ) $(BUILD)/libcutover.a -lcmocka $(LIBS)

install-deps:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		gcc libc6-dev libasan8 libubsan1 pkg-config clang-format \
		libjansson-dev libssl-dev libsqlite3-dev libyaml-dev libssh-dev \
		libvirt-dev libncurses-dev libcmocka-dev openssh-client openssh-server busybox

build-tests: $(TEST_BIN)

# On a bare machine the packages come first; make reads their flags anew then.
test:
	@pkg-config --exists $(PKGS) cmocka 2>/dev/null || $(MAKE) install-deps
	@$(MAKE) run-tests

run-tests: all build-tests
	tests/run $(BUILD) $(TEST_BIN)

sanitize:
	$(MAKE) BUILD=$(BUILD)/sanitize SANITIZE=1 test

demo: lab-install
	$(MAKE) all
	CUTOVER=$(CURDIR)/$(BUILD)/cutover tests/lab/demo

lab-install: install-deps
	tests/lab/lab install

lab-up lab-down lab-status:
	tests/lab/lab $(@:lab-%=%)

lab-shell:
	tests/lab/lab shell $(NODE)

lint:
	tests/lint/run

clean:
	rm -rf $(BUILD)

-include $(OBJ:.o=.d) $(TEST_BIN:%=%.d)

.PHONY: all demo lab-install lab-up lab-down lab-status lab-shell install-deps build-tests test run-tests sanitize lint clean
.SECONDARY:

# The front door: every target installs the packages that it lacks, builds and runs. `make help` lists them.
#
#   BUILD=build    where to build                 MESON_FLAGS=    more options for `meson setup`
#   TESTS=         more arguments for meson test, such as --suite engine or the name of a test
#   TORTURE_MINUTES=10 TORTURE_SEED=             for make torture: time in all, and the first seed (none: the clock)
#   FUZZ_SECONDS=600 FUZZ_TARGETS=               for make fuzz: time in all, and which (none: every one)
#   PREFIX=/usr/local and DESTDIR=                for make install
#   DATA=../shared/data/wordnet-3.0           for make wordnet-positions
#   BENCH=         options for make bench, such as --quick

BUILD ?= build
PREFIX ?= /usr/local
MESON_FLAGS ?=
TESTS ?=
TORTURE_MINUTES ?= 10
TORTURE_SEED ?=
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?=
BENCH ?=
DATA ?= ../shared/data/wordnet-3.0

SANITIZER_OPTIONS = ASAN_OPTIONS=detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1

.PHONY: all build test demo bench bench-neighbours wordnet-positions rocksdb coverage sanitize tsan torture fuzz format lint install clean help

all: build

$(BUILD)/build.ninja:
	@meson setup $(BUILD) -Dtests=enabled $(MESON_FLAGS)

build:
	@tools/install-packages build
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@ninja -C $(BUILD)

test: build
	@tools/run-tests $(BUILD) $(TESTS)

demo: build
	@BUILD=$(BUILD) tools/demo

# RocksDB is the package, or what `make rocksdb` has built.
bench:
	@tools/install-packages bench
	@$(MAKE) --no-print-directory build MESON_FLAGS='-Dbench=enabled $(MESON_FLAGS)'
	@meson configure $(BUILD) -Dbench=enabled \
		-Drocksdb=$(if $(wildcard build-rocksdb/lib/librocksdb.a),build-rocksdb)
	@ninja -C $(BUILD) hyperspatial-bench
	@$(BUILD)/hyperspatial-bench $(BENCH)

bench-neighbours:
	@tools/install-packages bench
	@$(MAKE) --no-print-directory build MESON_FLAGS='-Dbench=enabled $(MESON_FLAGS)'
	@meson configure $(BUILD) -Dbench=enabled
	@ninja -C $(BUILD) bench/neighbours/bench-neighbours
	@$(BUILD)/bench/neighbours/bench-neighbours $(BENCH)

rocksdb:
	@tools/build-rocksdb build-rocksdb

coverage:
	@tools/install-packages coverage
	@if [ -d build-coverage ]; then find build-coverage -name "*.gcda" -delete; fi
	@$(MAKE) --no-print-directory test BUILD=build-coverage TESTS='--no-suite checks $(TESTS)' \
		MESON_FLAGS='-Db_coverage=true -Doptimization=1 -Dc_args=-fprofile-update=atomic'
	@gcovr --root . --filter src/ --object-directory build-coverage --print-summary \
		--gcov-ignore-parse-errors --fail-under-line 90 build-coverage

sanitize:
	@$(SANITIZER_OPTIONS) $(MAKE) --no-print-directory test BUILD=build-asan \
		MESON_FLAGS='-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1'

tsan:
	@$(SANITIZER_OPTIONS) $(MAKE) --no-print-directory test BUILD=build-tsan \
		TESTS='--suite concurrent $(TESTS)' \
		MESON_FLAGS='-Db_sanitize=thread -Db_lundef=false -Doptimization=1'

torture: build
	@tools/torture $(BUILD) $(TORTURE_MINUTES) $(TORTURE_SEED)

fuzz:
	@tools/install-packages build
	@tools/install-packages fuzz
	@[ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Dfuzz=true -Dtests=disabled \
		-Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1
	@ninja -C build-fuzz
	@tools/fuzz build-fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

format:
	@tools/install-packages format
	@find . -name '*.[ch]' -not -path './build*' | xargs clang-format-14 -i

lint: build
	@tools/install-packages lint
	@tools/lint $(BUILD)

install: build
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@meson install -C $(BUILD)

clean:
	rm -rf build build-asan build-tsan build-coverage build-fuzz build-rocksdb

# The experiments of docs/hyperbolic.md, with WordNet in DATA.
wordnet-positions: build
	@$(BUILD)/bench/hyperbolic/distances
	@$(BUILD)/bench/hyperbolic/wordnet_positions $(DATA)/mammal_closure.csv
	@$(BUILD)/bench/hyperbolic/wordnet_tree $(DATA)/noun_relations.csv

help:
	@echo 'make            build everything into $(BUILD)/'
	@echo 'make test       build, and run every test'
	@echo 'make demo       build, import a generated hospital, and ask it questions'
	@echo 'make bench      compare with LMDB, RocksDB, WiredTiger and SQLite (some minutes; BENCH=--quick: one)'
	@echo 'make wordnet-positions   hyperbolic positions of WordNet, and what they hold (DATA=: its folder)'
	@echo 'make rocksdb    build RocksDB as a release for make bench: the package has assertions compiled in'
	@echo 'make coverage   run the tests and print the line coverage of src/'
	@echo 'make sanitize   run the tests with the address and undefined-behaviour sanitizers'
	@echo 'make tsan       run the concurrent tests with the thread sanitizer'
	@echo 'make torture    crash, fail, kill and damage the engine for TORTURE_MINUTES=10, with printed seeds'
	@echo 'make fuzz       run the fuzzers for FUZZ_SECONDS=600 in all; FUZZ_TARGETS= names some of them'
	@echo 'make format     lay out the C files'
	@echo 'make lint       look for mistakes with clang-tidy and cppcheck'
	@echo 'make install    install program, library, headers and manual below PREFIX'
	@echo 'make clean      remove everything that was built'

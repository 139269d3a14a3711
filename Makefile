# The verbs of the house. On a fresh Debian 12 with a C++ toolchain, `make train` and `make test` need nothing else.
.PHONY: train test build configured one fmt check install asan bench clean
.DEFAULT_GOAL := build

JOBS ?= $(shell nproc)
SOURCES = $(shell git ls-files -co --exclude-standard '*.cc' '*.h')

train: configured       ## train on the embedded digits and show the result
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	build/thalweg train

test: build             ## run every test
	ctest --preset release -j $(JOBS)

build: configured       ## the tool build/thalweg, the library build/libthalweg.a and the tests
	cmake --build --preset release -j $(JOBS)

configured: install
	@[ -f build/build.ninja ] || cmake --preset release

one: build              ## make one T=name: the tests whose name matches
	ctest --preset release -R '$(T)'

asan: install           ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@[ -f build-asan/build.ninja ] || cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan -j $(JOBS)

bench: configured       ## how near a step is to the speed of memory; ARGS="--rules adamw --size 1000000 --threads 1"
	@cmake --build --preset release -j $(JOBS) --target bench_optimizer_step
	build/bench/bench_optimizer_step --json build/optimizer_step.json $(ARGS)

fmt: install            ## format the sources
	@clang-format -i $(SOURCES)

check: install          ## format, layers, file sizes, forbidden words
	@clang-format --dry-run --Werror $(SOURCES)
	python3 tools/layers.py
	python3 tools/size.py
	python3 tools/words.py
	python3 tools/vectors.py

install:
	@sh tools/install.sh

clean:
	rm -rf build build-dev build-asan

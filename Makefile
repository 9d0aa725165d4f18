# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
TESTS := test test-ci test-matrix test-vms lint sanity units integration security
.PHONY: help demo check docs $(TESTS) test-faults faults-table test-browser test-engines mutants bench bench-quick bench-analyze bench-redaction format requirements changelog build clean

help: ## list these targets
	@sed -n 's/^\([a-z -]*\):.*## /\1|/p' Makefile | while IFS='|' read -r target text; do printf '%-28s %s\n' "$$target" "$$text"; done

demo: .venv/demo/made ## configure a simulated fleet on this machine, and collect its logs
	PATH="$(CURDIR)/.venv/demo/bin:$$PATH" ./demo/run

check: .venv/check/made ## in under a minute: ruff, yamllint, the imports, and the unit tests of what changed since main
	@.venv/check/bin/python .ci/check.py

test: ## lint, sanity, units, security and integration on the oldest and newest ansible-core, the demo, one scenario on VMs
test-ci: ## `make test`, then as much of the other tests as fits into 40 minutes in all
test-matrix: ## the same as `make test` on every supported ansible-core, with coverage; PRE=1 for the next one as well
test-vms: ## the scenarios of Molecule, on virtual machines; SCENARIO=default for one
lint sanity units integration security: ## one part of `make test`
$(TESTS): .venv/test/made
	@.venv/test/bin/python .ci/tests.py $(if $(SCENARIO),scenario-$(SCENARIO),$@)

test-faults: .venv/test/made ## collections under faults, over a real sshd (as root)
	@.venv/test/bin/python .ci/tests.py faults

faults-table: ## copy the table of the last `make test-faults` to docs/contributing/faults.md
	sed -i -e '/^<!-- begin faults/,/^<!-- end faults/{//!d}' -e '/^<!-- begin faults/r build/faults.md' docs/contributing/faults.md

docs: .venv/test/made ## build the docs site in build/docs: every guide, module and role
	@.venv/test/bin/python .ci/tests.py docs

test-browser test-engines: .venv/test/made ## the report in a browser; the questions to the data set in DuckDB, ClickHouse and Spark (460 MB, Java)
	@.venv/test/bin/python .ci/tests.py $(@:test-%=%)

mutants: .venv/check/made ## change the plugins at random places, and print what no unit test notices; FILES=plugins/... for a part
	@.venv/check/bin/python .ci/mutants.py --sample $(or $(SAMPLE),30) $(FILES)

bench: .venv/benchmark/made ## measure the playbooks and comparable tools, on an idle machine (as root, an hour)
	PYTHONPATH=tests/shared .venv/benchmark/bin/python tests/benchmark/bench.py full

bench-analyze: .venv/benchmark/made ## measure how 1.2 million records are analyzed, beside the standard library, jq, lnav and sos clean, in an hour
	PYTHONPATH=tests/shared .venv/benchmark/bin/python tests/benchmark/analyzing.py

bench-redaction: .venv/benchmark/made ## plant names and secrets, and count what the archive, sos clean and detect-secrets remove, in a minute
	.venv/benchmark/bin/python tests/benchmark/redacting.py

bench-quick: .venv/benchmark/made ## the benchmark with small bundles and fleets, in three minutes
	PYTHONPATH=tests/shared .venv/benchmark/bin/python tests/benchmark/bench.py quick

format: .venv/check/made ## rewrite the Python code, and the README's tables of variables, as `make lint` wants them
	.venv/check/bin/ruff check --quiet --select I,RUF022 --fix . && .venv/check/bin/ruff format .
	.venv/check/bin/python .ci/variables.py

requirements: .venv/uv/made ## pin what requirements/*.in list, with hashes; UPGRADE=1 for newer versions
	PATH="$(CURDIR)/.venv/uv/bin:$$PATH" .ci/pin-requirements $(if $(UPGRADE),--upgrade)

changelog: .venv/docs/made ## write the changelog of the version in galaxy.yml; UPDATE=1 to add to one that was written before
	PATH="$(CURDIR)/.venv/docs/bin:$$PATH" antsibull-changelog release --reload-plugins $(if $(UPDATE),--update-existing)

build: .venv/demo/made ## build the collection's tarball in build/
	.venv/demo/bin/ansible-galaxy collection build --force --output-path build

clean: ## remove everything that the other targets made
	if [ -x demo/clean ]; then ./demo/clean; fi
	rm -rf .venv .nox build tests/output .mypy_cache .ruff_cache .pytest_cache .hypothesis .ansible changelogs/.plugin-cache.yaml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/%/made: requirements/%.txt .ci/environment
	.ci/environment .venv/$* $<

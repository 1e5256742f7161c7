# What can be done with this checkout; `make` alone lists it. .make/uv.sh says what it needs, and fetches the rest.

.DEFAULT_GOAL := help
.NOTPARALLEL: # `check` keeps its order under -j too

# Whether .venv runs and was made here: a moved or copied one starts the interpreter and the sources of the old place.
IN_PLACE = test -x .venv/bin/python && grep -qsF "='$$(pwd -P)/.venv'" .venv/bin/activate
# Whether .venv has the Python that UV_PYTHON names, if it names one.
AS_ASKED = test -z '$(UV_PYTHON)' || grep -qsxF '$(UV_PYTHON)' $(INSTALLED)
INSTALLED := .venv/.installed

ifneq ($(shell $(IN_PLACE) && { $(AS_ASKED); } && echo fits),fits)
.PHONY: $(INSTALLED)
endif

$(INSTALLED): pyproject.toml uv.lock
	@test ! -e .venv || { $(IN_PLACE); } || rm -rf .venv
	@sh .make/uv.sh sync --frozen --quiet
	@echo '$(UV_PYTHON)' > $@

BENCH_INSTALLED := .venv-bench/.installed

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(INSTALLED) ## Start the service and what it needs; ARGS="..." goes to `ai-agent dev`
	@exec .venv/bin/ai-agent dev $(ARGS)

.PHONY: test
test: $(INSTALLED) ## Run all tests but those with a target of their own; ARGS="..." goes to pytest
	@exec .venv/bin/python -m pytest $(SEPARATE) $(UNUSED) $(PARALLEL) $(ARGS)

SEPARATE = $(foreach folder,benchmarks browser containers faults jobs security,--ignore tests/$(folder))
# Plugins that only `security` uses; to import them takes each process a second.
UNUSED = -p no:schemathesis -p no:faker
PARALLEL = -n auto --maxprocesses 4 --dist worksteal

.PHONY: jobs
jobs: $(INSTALLED) ## Test the operators' jobs: export, import, erase, purges, fsck
	@exec .venv/bin/python -m pytest $(PARALLEL) tests/jobs $(ARGS)

.PHONY: security
security: $(INSTALLED) ## Test hostile input, isolation, fidelity, and what logs show
	@exec .venv/bin/python -m pytest $(PARALLEL) tests/security $(ARGS)

.PHONY: browser
browser: $(INSTALLED) ## Test pages in a real browser, which npm brings; ARGS="..." goes to pytest
	@exec .venv/bin/python -m pytest $(UNUSED) $(PARALLEL) tests/browser $(ARGS)

.PHONY: screenshot
screenshot: $(INSTALLED) ## Draw docs/chat-page.png, the picture of the README, from the page itself
	@SCREENSHOT=docs/chat-page.png .venv/bin/python -m pytest $(UNUSED) -q tests/browser/test_screenshot.py

.PHONY: containers
containers: $(INSTALLED) ## Build the image and run compose.yaml, where a Docker engine answers
	@exec .venv/bin/python -m pytest -rs tests/containers $(ARGS)

.PHONY: faults
faults: $(INSTALLED) ## Break processes and connections under load; FAULTS_SEED, FAULTS_SECONDS (60)
	@exec .venv/bin/python -m pytest -m faults tests/faults $(ARGS)

.PHONY: bench-smoke
bench-smoke: $(INSTALLED) ## Test what benchmarks count without a clock: round trips, statements, memory
	@exec .venv/bin/python -m pytest tests/benchmarks $(ARGS)

.PHONY: bench
bench: $(INSTALLED) $(BENCH_INSTALLED) ## Measure beside the reference apps, on Linux; ARGS="--help" lists options
	@exec .venv/bin/python -m tests.benchmarks $(ARGS)

# The reference apps have an environment of their own, which is made whole or not at all.
$(BENCH_INSTALLED): pyproject.toml uv.lock
	@rm -rf .venv-bench
	@sh .make/uv.sh venv --quiet .venv-bench
	@sh .make/uv.sh export --frozen --quiet --no-default-groups --group bench --no-emit-project \
		--output-file .venv-bench/requirements.txt
	@sh .make/uv.sh pip sync --quiet --python .venv-bench/bin/python .venv-bench/requirements.txt
	@touch $@

.PHONY: soak
soak: $(INSTALLED) ## Repeat chaos with new seeds, for SOAK_SECONDS (8 hours) or to a broken promise
	@exec .venv/bin/python -m tests.faults.soak

.PHONY: check
check: format-check lint types imports dependencies lock-check test ## Check a commit, cheap first; CI also runs jobs, security, browser, containers, bench-smoke, faults

.PHONY: format-check
format-check: $(INSTALLED) ## Is the code formatted?
	.venv/bin/ruff format --check .

.PHONY: lint
lint: $(INSTALLED) ## Does ruff object?
	.venv/bin/ruff check .

.PHONY: types
types: $(INSTALLED) ## Do the types hold?
	.venv/bin/mypy

.PHONY: imports
imports: $(INSTALLED) ## Does each layer import only what its contract allows?
	.venv/bin/lint-imports

.PHONY: dependencies
dependencies: $(INSTALLED) ## Is every imported package declared, and every declared one imported?
	.venv/bin/deptry .

# uv.lock names PyPI alone, whatever mirror or resolution the user has configured: uv would write the mirror's addresses
# into the lock, and later call such a lock up to date.
PUBLIC_UV = unset UV_CONFIG_FILE UV_DEFAULT_INDEX UV_EXCLUDE_NEWER UV_EXTRA_INDEX_URL UV_FIND_LINKS \
	UV_FORK_STRATEGY UV_INDEX UV_INDEX_STRATEGY UV_INDEX_URL UV_NO_INDEX UV_NO_SOURCES UV_PRERELEASE UV_RESOLUTION; \
	sh .make/uv.sh --no-config
PUBLIC_SOURCE = registry = "https://pypi\.org/simple"|url = "https://files\.pythonhosted\.org/[^"]*"|editable = "\."

.PHONY: lock-check
lock-check: $(INSTALLED) ## Does uv.lock follow from pyproject.toml, and name PyPI only?
	@! grep -oE '(registry|url|git|path|directory|editable|virtual) = "[^"]*"' uv.lock | grep -vxE '$(PUBLIC_SOURCE)' \
		|| { echo 'uv.lock names a source that is not PyPI: run make lock' >&2; exit 1; }
	@{ $(PUBLIC_UV) lock --check --offline -qq; } \
		|| { echo 'uv.lock does not follow from pyproject.toml: run make lock' >&2; exit 1; }

.PHONY: format
format: $(INSTALLED) ## Format the code and apply ruff's safe fixes
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

.PHONY: lock
lock: ## Write uv.lock anew from pyproject.toml; ARGS="--upgrade" takes newer versions
	@$(PUBLIC_UV) lock $(ARGS)
	@$(MAKE) --no-print-directory lock-check

.PHONY: openapi
openapi: $(INSTALLED) ## Write docs/openapi.json from the code
	@mkdir -p docs
	.venv/bin/ai-agent openapi > docs/.openapi.json && mv docs/.openapi.json docs/openapi.json \
		|| { rm -f docs/.openapi.json; exit 1; }

.PHONY: vendor
vendor: $(INSTALLED) ## Copy files of others that pages use, as .make/vendor locks them, from npm
	@exec .venv/bin/python -m tests.support.vendored

.PHONY: migrate
migrate: $(INSTALLED) ## Bring the database's schema up to date
	.venv/bin/ai-agent migrate $(ARGS)

.PHONY: clean
clean: ## Remove what can be made again; the development database in .data stays
	rm -rf .venv .venv-bench .bench .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
	find . \( -name .data -o -name .git \) -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

.PHONY: bench-peers
bench-peers: $(INSTALLED) ## Measure the Agents SDK's session and OGX beside the same work done here
	@sh .make/uv.sh run --quiet --frozen --isolated --group peers python -m tests.benchmarks.peers.sessions
	@.venv/bin/python -m tests.benchmarks.peers.services

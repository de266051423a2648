# Six commands: chat, test, check, fix, torture (40 minutes), audit (needs a network). Each makes .venv first if it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: chat test check fix torture audit

chat: .venv/chat
	$(BIN)/askreport chat

test: .venv/test
	$(BIN)/python -m pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

torture: .venv/test
	$(BIN)/python -m tests.torture

audit: .venv/test
	$(BIN)/pip install --disable-pip-version-check --quiet 'pip-audit>=2.9,<3'
	$(BIN)/python -m tests.torture.packages

fix: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/chat: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check --editable .
	touch $@

.venv/test: pyproject.toml .venv/chat
	$(BIN)/pip install --disable-pip-version-check --editable '.[test]'
	touch $@

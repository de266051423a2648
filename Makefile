# Four commands: chat, test, check, fix. Each makes .venv first if it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: chat test check fix

chat: .venv/chat
	$(BIN)/askreport chat

test: .venv/test
	$(BIN)/python -m pytest

check: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

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

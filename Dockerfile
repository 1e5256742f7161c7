# The service as an image: `docker build -t ai-agent .`; docs/operations.md says how to run it.
#
# PYTHON is any image with Python 3.12 or newer as python3. EXTRAS="--extra agents" adds what RESPONDER=agent needs, and
# "--extra otel" what traces need.
# UNUSED: a third of the packages' size, which Litestar names and the service never imports; a test knows if it did.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
ARG EXTRAS=""
ARG UNUSED="--no-install-package faker --no-install-package polyfactory"
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY .make/uv.sh .make/
COPY pyproject.toml uv.lock README.md ./
RUN sh .make/uv.sh sync --frozen --no-default-groups --no-install-project ${UNUSED} ${EXTRAS}
COPY domain domain
COPY application application
COPY adapters adapters
COPY migrations migrations
COPY entrypoints entrypoints
RUN sh .make/uv.sh sync --frozen --no-default-groups --no-editable ${UNUSED} ${EXTRAS}

FROM ${PYTHON}
COPY --from=build /app/.venv /app/.venv
ENV PATH=/app/.venv/bin:$PATH
USER 10001:10001
EXPOSE 8000
# Alive, not ready: what restarts unhealthy containers would otherwise restart all of them while the database is away.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["python3", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=2); c.request('GET', '/health/live'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["ai-agent"]
CMD ["serve", "--host", "0.0.0.0"]

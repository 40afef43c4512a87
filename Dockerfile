# The engine, as `docker compose up` runs it (compose.yaml): state in /var/lib/leadstream, nothing else is written.
#
#     docker build -t leadstream .
#     docker run --rm leadstream --version
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
# Every package of the lock, its hash checked. What is installed below can then only be what the lock names.
COPY requirements.lock ./
RUN python -m pip download --disable-pip-version-check --quiet --no-deps --only-binary :all: --require-hashes \
    -r requirements.lock -d /wheels
# For the compiled rules; this stage alone has it.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
COPY pyproject.toml hatch_build.py README.md CHANGELOG.md LICENSE ./
COPY flows ./flows
COPY operators ./operators
COPY state ./state
COPY connectors ./connectors
COPY leadstream ./leadstream
RUN python -m pip wheel --disable-pip-version-check --quiet --no-deps --no-index --find-links /wheels -w /wheels . \
    && python -m venv /opt/leadstream \
    && /opt/leadstream/bin/python -m pip install --disable-pip-version-check --quiet --no-compile \
    --no-index --find-links /wheels "leadstream[kafka]"

FROM python:3.11-slim-bookworm
# A number of its own: what it writes into a volume belongs to nobody else. The folder is there before it is mounted, so
# that a new volume takes over its owner.
RUN groupadd --system --gid 10064 leadstream \
    && useradd --system --uid 10064 --gid leadstream --no-create-home --home-dir /var/lib/leadstream leadstream \
    && install -d -m 0700 -o leadstream -g leadstream /var/lib/leadstream
COPY --from=build /opt/leadstream /opt/leadstream
ENV PATH=/opt/leadstream/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10064:10064
WORKDIR /var/lib/leadstream
VOLUME /var/lib/leadstream
EXPOSE 9464
# No shell between: SIGTERM reaches the engine, which drains and seals.
ENTRYPOINT ["leadstream"]
CMD ["run"]

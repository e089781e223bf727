# The operator's image: Python, wheels, and the package. No shell, no package manager, no root.
#
#   docker build -t hostprocess-operator:0.1.0 .
#
# Tags move. Pin the three base images by digest in the copy that your own pipeline builds.

FROM ghcr.io/astral-sh/uv:0.13.9 AS uv

# Debian's release and Python's minor version are the last stage's, so that the wheels chosen here fit there.
FROM python:3.13-slim-trixie AS build
COPY --from=uv /uv /usr/local/bin/uv
WORKDIR /src

# The dependencies of the project alone, in the versions and with the hashes of the lock, which holds the developers'
# tools as well. Wheels only: nothing that was downloaded runs while the image is built.
COPY pyproject.toml requirements.lock ./
RUN uv pip install --no-cache --compile-bytecode --python /usr/local/bin/python --target /app \
    --only-binary :all: --require-hashes --constraints requirements.lock --requirements pyproject.toml

COPY operator/hostprocess_operator /app/hostprocess_operator
RUN python -m compileall -q /app/hostprocess_operator

FROM gcr.io/distroless/python3-debian13:nonroot
LABEL org.opencontainers.image.title="hostprocess-operator" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app /app
# Imports come from /app and the standard library, never from the working directory. Bytecode is in the image already,
# and the root file system is read-only in the cluster. The C library gives large buffers back as soon as they are free,
# and takes the rest from one heap for both threads: else it grows by some megabytes an hour for a long time.
ENV PYTHONPATH=/app \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=1 \
    MALLOC_MMAP_THRESHOLD_=131072
# By number: `runAsNonRoot` cannot judge a name.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/bin/python3", "-m", "hostprocess_operator"]

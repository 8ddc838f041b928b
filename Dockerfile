# The book with everything that running its chapters needs (CPU).
#   docker build --tag mlbook .
#   docker run --rm --interactive --tty --network host mlbook          then open http://127.0.0.1:8000/
#   docker run --rm --interactive --tty mlbook mlbook run 2 --quick
# The preview answers on 127.0.0.1 alone, hence `--network host`.
FROM python:3.11-slim-bookworm

RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends chromium git make \
 && rm -rf /var/lib/apt/lists/*

RUN useradd --create-home reader
USER reader
WORKDIR /home/reader/book
# The locks first: a change of text does not install everything again.
COPY --chown=reader Makefile pyproject.toml README.md LICENSE LICENSE-text requirements.lock requirements-run.lock requirements-read.lock ./
COPY --chown=reader code/mlbook code/mlbook
RUN PIP_NO_CACHE_DIR=1 make setup-all
COPY --chown=reader . .

ENV PATH=/home/reader/book/.venv/bin:$PATH
EXPOSE 8000
CMD ["mlbook", "read"]

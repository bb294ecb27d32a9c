# `docker build -t synthea-omop .`; then `docker run synthea-omop` builds the sample's CDM and `docker run synthea-omop make
# test` tests: the same two commands as everywhere.
FROM debian:12

RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home omop \
    && install --directory --owner=omop --group=omop /home/omop/synthea-omop

USER omop
WORKDIR /home/omop/synthea-omop
COPY --chown=omop:omop . .
RUN make .venv/installed

CMD ["make", "run"]

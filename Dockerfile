# The image links the system's libpq, which speaks verified TLS to PostgreSQL.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libpq-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY migrations migrations
COPY src src
COPY tests tests
RUN cargo build --locked --release --no-default-features --features system-libpq

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq5 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin hmis
COPY --from=build /build/target/release/hmis-licensing /usr/local/bin/hmis-licensing
USER hmis
ENV HMIS_LICENSING_BIND=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["hmis-licensing"]
CMD ["serve"]

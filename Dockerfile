# The server as one static binary: no shell, no root.
FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY graph/*.graphql /src/graph/
COPY web ./
RUN npm run build

FROM golang:1.26-bookworm AS server
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/dist web/dist
ENV CGO_ENABLED=0
RUN go build -trimpath -o /liferooms-dev ./cmd/liferooms
RUN go build -trimpath -tags production -ldflags "-s -w" -o /liferooms ./cmd/liferooms

# For evaluators (compose.yaml): everything in one container, with a Postgres and demo staff of its own. Not for real data.
FROM debian:bookworm-slim AS evaluate
RUN apt-get update && apt-get install -y --no-install-recommends postgresql tzdata && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 65532 liferooms && install -d -o liferooms /data
COPY --from=server /liferooms-dev /usr/local/bin/liferooms
USER liferooms
ENV LIFEROOMS_DATA=/data LIFEROOMS_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080 8081
ENTRYPOINT ["liferooms", "dev"]

# What runs for real: the binary, the certificates that providers' addresses are checked with, and nothing else.
FROM scratch
COPY --from=server /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=server /liferooms /liferooms
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/liferooms"]
CMD ["serve"]

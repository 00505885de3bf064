# Static binaries: no shell, no root. Build each by its target:
#   docker build --target liferooms -t liferooms:0.1.0 .
#   docker build --target liferooms-operator -t liferooms-operator:0.1.0 .
FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY graph/*.graphql /src/graph/
COPY web ./
RUN npm run build

FROM golang:1.26-bookworm AS source
WORKDIR /src
ENV CGO_ENABLED=0
COPY go.mod go.sum ./
RUN go mod download
COPY . .

FROM source AS server
COPY --from=web /src/web/dist web/dist
RUN go build -trimpath -tags production -ldflags "-s -w" -o /liferooms ./cmd/liferooms

FROM source AS operator
RUN go build -trimpath -ldflags "-s -w" -o /liferooms-operator ./cmd/liferooms-operator

FROM source AS development
COPY --from=web /src/web/dist web/dist
RUN go build -trimpath -o /liferooms-dev ./cmd/liferooms

# For evaluators (compose.yaml): everything in one container, with a Postgres and demo staff of its own. Not for real data.
FROM debian:bookworm-slim AS evaluate
RUN apt-get update && apt-get install -y --no-install-recommends postgresql tzdata && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 65532 liferooms && install -d -o liferooms /data
COPY --from=development /liferooms-dev /usr/local/bin/liferooms
USER liferooms
ENV LIFEROOMS_DATA=/data LIFEROOMS_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080 8081
ENTRYPOINT ["liferooms", "dev"]

# What runs beside hubs' custom resources: it talks to Kubernetes and to the API.
FROM scratch AS liferooms-operator
COPY --from=source /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=operator /liferooms-operator /liferooms-operator
USER 65532:65532
EXPOSE 8081 9090
ENTRYPOINT ["/liferooms-operator"]

# What serves: the binary, the certificates that providers' addresses are checked with, and nothing else. Last, so that
# it is what is built where no target is named.
FROM scratch AS liferooms
COPY --from=source /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=server /liferooms /liferooms
USER 65532:65532
EXPOSE 8080 9090
ENTRYPOINT ["/liferooms"]
CMD ["serve"]

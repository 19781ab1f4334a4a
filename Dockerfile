# Stimmbote in a container: docker build -t stimmbote .
#
# Everything that changes lies in /data, and so does the configuration: run
# `docker run -it -v stimmbote:/data stimmbote setup --config /data/config.yaml` once, then
# `docker run -d --network host -v stimmbote:/data stimmbote`. With --network host, because media
# need the machine's own addresses. Leave /data/data/keys out of every backup and snapshot.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
COPY media/protoyaml media/protoyaml
RUN go mod download
COPY . .
RUN CGO_ENABLED=1 go build -trimpath -buildvcs=auto \
        -tags goolm,netgo,osusergo,sqlite_omit_load_extension \
        -ldflags '-s -w -linkmode external -extldflags "-static"' -o /stimmbote ./cmd/stimmbote

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 994 --home-dir /data stimmbote \
    && install -d -o stimmbote -g stimmbote -m 0700 /data
COPY --from=build /stimmbote /usr/local/bin/stimmbote
USER stimmbote
WORKDIR /data
VOLUME /data
ENTRYPOINT ["/usr/local/bin/stimmbote"]
CMD ["run", "--config", "/data/config.yaml"]

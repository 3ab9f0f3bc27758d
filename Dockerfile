# perbench on CPUs, for a server's address and for models in process. See docs/docker.md.
#
# Every step is a plain command, so that scripts/try-image.ts can take them where no Docker daemon is.

FROM debian:trixie-slim AS build
# Debian's Node only starts npm, which installs the Node that package-lock.json pins by its hash.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates nodejs npm
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY bin ./bin
COPY data ./data
COPY schemas ./schemas
COPY suites ./suites
COPY src ./src
RUN npm ci --ignore-scripts --install-links=false
# From here on that Node runs everything, as it does in the image.
RUN install node_modules/node-linux-*/bin/node /usr/local/bin/node && node scripts/build.ts
# What only developers need goes.
RUN npm prune --omit=dev --ignore-scripts --install-links=false

FROM debian:trixie-slim
RUN useradd --uid 10001 --create-home --home-dir /home/perbench perbench && install -d -o perbench -g perbench /data
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /build/package.json /opt/perbench/package.json
COPY --from=build /build/bin /opt/perbench/bin
COPY --from=build /build/dist /opt/perbench/dist
COPY --from=build /build/data /opt/perbench/data
COPY --from=build /build/schemas /opt/perbench/schemas
COPY --from=build /build/suites /opt/perbench/suites
COPY --from=build /build/node_modules /opt/perbench/node_modules
RUN ln -s /opt/perbench/bin/perbench.cjs /usr/local/bin/perbench && perbench --version
ENV XDG_CACHE_HOME=/data/cache
USER perbench
WORKDIR /data
VOLUME /data
ENTRYPOINT ["perbench"]
CMD ["--help"]

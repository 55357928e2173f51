#!/bin/bash
# As the image this stands in for: mongod runs as its own user, and on the first start a root user is made,
# by a mongod that only listens inside and knows of no set.
set -euo pipefail
[ "${1:-}" = mongod ] || exec "$@"
if [ "$(id -u)" = 0 ]; then
    chown -R mongodb /data/db
    exec setpriv --reuid mongodb --regid mongodb --clear-groups "$BASH_SOURCE" "$@"
fi
if [ -n "${MONGO_INITDB_ROOT_USERNAME:-}" ]; then
    if [ ! -e /data/db/WiredTiger ]; then
        mongod --dbpath /data/db --bind_ip 127.0.0.1 --port 27017 --nounixsocket &
        mongosh --eval root
        kill %1
        wait %1
    fi
    set -- "$@" --auth
fi
exec "$@" --dbpath /data/db --nounixsocket

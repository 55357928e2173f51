#!/bin/bash
# `--bootstrap-server HOST:PORT`: 0 when somebody listens there. The tool itself is not among the broker's jars.
exec 3<> "/dev/tcp/${2%:*}/${2##*:}"

#!/bin/sh
# Puts the code of the stages that share a process into its image: stages.sh STAGE, from source/ to /app/functions. An image
# of one stage has its code already.
set -eu
[ "$1" = all_in_one ] || exit 0
for stage in gateway nlu dialogue actions delivery; do cp -R "source/$stage" "/app/functions/$stage"; done

#!/bin/sh
# Finishes /app in an image: no tests, byte-code, a bill of materials, nobody may write, one date: seal.sh NAME [STAGE]
set -eu
rm -rf /app/packages/bin /app/packages/_distutils_hack /app/packages/distutils-precedence.pth
find /app \( -name __pycache__ -o -path '/app/packages/*/tests' \) -prune -exec rm -rf {} +
find /app/packages -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.a' -o -name '*.h' -o -name '*.c' \) -delete
python sbom.py --name "$1" --packages /app/packages --assistant /app/assistant > /app/sbom.cdx.json
if [ -n "${2:-}" ]; then
    for each in precompiled.py:dataclasses.bin packed_modules.py:modules.bin; do
        PYTHONPATH=/app:/app/packages python -S -P "/app/functions/runtime/${each%:*}" "$2" "/app/functions/runtime/${each#*:}" \
            /app/assistant
    done
    find /app -name __pycache__ -prune -exec rm -rf {} +
fi
# Unchecked: an image does not change, and no start should compare times. Forced: what compileall itself imports has been
# compiled by then, with times.
python -m compileall -qf --invalidation-mode unchecked-hash /app >/dev/null
chmod -R a+rX,go-w /app
find /app -exec touch -hcd "@${SOURCE_DATE_EPOCH:-0}" {} +

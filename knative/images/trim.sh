#!/bin/sh
# Leaves of a Python image what running Python needs, and compiles the standard library.
set -eu
stdlib=$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
python - <<'PYTHON'
# Everything that site-packages and dist-packages hold: pip, setuptools, wheel and what they brought.
import pathlib, shutil, sys
for entry in sys.path:
    if pathlib.Path(entry).name in ("site-packages", "dist-packages"):
        for item in pathlib.Path(entry).iterdir():
            shutil.rmtree(item) if item.is_dir() else item.unlink()
PYTHON
for name in ensurepip idlelib lib2to3 tkinter turtledemo turtle.py test pydoc_data; do rm -rf "$stdlib/$name"; done
rm -rf "$stdlib"/config-* /usr/local/include /usr/local/share/man /usr/local/lib/pkgconfig /usr/share/python-wheels
rm -f /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/2to3* /usr/local/bin/pydoc* /usr/local/bin/wheel \
    /usr/local/bin/python*-config /usr/bin/pip* /usr/bin/wheel
rm -rf /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/lintian \
    /var/cache/apt /var/cache/debconf /var/cache/ldconfig /var/lib/apt/lists /var/log "$HOME/.cache"
mkdir -p /var/log
# What installs software is not needed by what runs; the package database stays, for vulnerability scanners read it.
rm -rf /usr/bin/apt* /usr/lib/apt /var/lib/apt /etc/apt /usr/bin/dpkg* /usr/share/perl* /usr/lib/*/perl* /usr/bin/perl*
rm -rf /var/lib/dpkg/info /var/lib/dpkg/*-old
find / -xdev -perm /6000 -type f -exec chmod a-s {} +
find "$stdlib" -name __pycache__ -prune -exec rm -rf {} +
# Unchecked: an image does not change, and no start should compare times. Forced: what compileall itself imports has been
# compiled by then, with times.
python -m compileall -qf --invalidation-mode unchecked-hash "$stdlib" >/dev/null
mkdir -p /data && chown 65532:65532 /data
rm -f /tmp/*
find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o -newermt "@${SOURCE_DATE_EPOCH:-0}" \
    -exec touch -hcd "@${SOURCE_DATE_EPOCH:-0}" {} + 2>/dev/null || true

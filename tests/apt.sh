#!/bin/sh
# Install the Debian packages of tests/apt.txt that are missing, where that is allowed.
set -eu
cd "$(dirname "$0")"
missing=""
while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done < apt.txt
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Some tests need Debian packages that are missing here: apt-get install$missing" >&2
fi

#!/usr/bin/env bash
# Builds a folder that holds a windowed Blender 5.2 from Debian sid, for tests/window: tools/build_window.sh ROOT
# Run it as root. The mirror is the one that this machine's own package lists name.
set -euo pipefail
root="${1:?usage: tools/build_window.sh ROOT}"
if [ -x "$root/usr/bin/blender" ]; then
    echo "$root holds a Blender already"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "building a Debian root needs to be root"
    exit 1
fi
mirror="$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)"
command -v debootstrap > /dev/null || apt-get install -y -q debootstrap
debootstrap --variant=minbase sid "$root" "$mirror"
# A mirror may be a snapshot, whose release files have expired.
printf 'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\nAcquire::Languages "none";\n' > "$root/etc/apt/apt.conf.d/99local"
printf 'force-unsafe-io\n' > "$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale > "$root/etc/dpkg/dpkg.cfg.d/slim"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
mkdir -p "$root/dev/shm" "$root/dev/pts"
mounted=()
unmount() { for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount "$root/${mounted[i]}"; done; }
trap unmount EXIT
for place in proc sys dev dev/pts dev/shm; do
    mount --bind "/$place" "$root/$place"
    mounted+=("$place")
done
chroot "$root" apt-get update -q
# numpy, cattrs, requests and zstandard are what this build's extension system and meshes import.
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends blender \
    python3-numpy python3-cattr python3-requests python3-zstandard \
    libgl1 libglx-mesa0 libgl1-mesa-dri libegl1 libegl-mesa0 xvfb xdotool x11-apps imagemagick
chroot "$root" blender --version | head -1

#!/bin/sh
# Makes a base image for docker/Dockerfile from this machine's Debian or Ubuntu packages: Python and what it links to,
# and a shell. For machines that can pull no image. Needs apt, a Docker engine and Python 3.11+ in the release; no root.
#   docker/make_base.sh [NAME]      (default embedded-ktrdr-base:debian; said on stdout when it is there)
set -eu
name=${1:-embedded-ktrdr-base:debian}

for tool in apt-get apt-cache dpkg-deb tar docker; do
    command -v "$tool" >/dev/null 2>&1 || { echo "$tool is needed to make a base image, and is not here." >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/debs" "$work/tree" "$work/apt" "$work/apt/partial"

# What these need, without what only sets them up or serves modules that nobody imports here.
unneeded='debconf.*|perl.*|libperl.*|dpkg|tar|install-info|mailcap|mime-support|media-types|readline-common|gcc-.*-base'
unneeded="$unneeded|libgdbm.*|libdb5.*|libnsl.*|libtirpc.*|libgssapi.*|libk5.*|libkrb5.*|libkeyutils.*|libcom-err.*"
unneeded="$unneeded|libacl.*|libselinux.*|libpcre.*|libmd0|netbase|tzdata|libreadline.*|libncurses.*|libtinfo.*"

apt_options="-o APT::Sandbox::User="
# shellcheck disable=SC2046,SC2086 # options and names, not one word
fetch() {
    python=$(apt-cache $apt_options depends --important python3-minimal 2>/dev/null |
        sed -n 's/.*Depends: \(python3\.[0-9]*\)-minimal$/\1/p' | head -n 1)
    [ -n "$python" ] || return 1
    (cd "$work/debs" && apt-get $apt_options -qq download $(
        apt-cache $apt_options depends --recurse --important "$python-minimal" "lib$python-stdlib" busybox-static |
            grep -E '^[a-z0-9]' | grep -v ':' | sort -u | grep -vxE "$unneeded"
    ))
}
if ! fetch 2>/dev/null; then
    # Lists of our own where the machine has none: reading them needs no root.
    apt_options="$apt_options -o Dir::State::Lists=$work/apt -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
    # shellcheck disable=SC2086
    apt-get $apt_options -o Debug::NoLocking=1 -qq update && fetch ||
        { echo "apt cannot download the packages of a base image." >&2; exit 2; }
fi
case $python in
    python3.? | python3.10) echo "This release has $python; a base image needs Python 3.11 or newer." >&2; exit 2 ;;
esac

# Where /bin is a link to /usr/bin, as in these releases, whichever of them a package names.
mkdir "$work/tree/usr" "$work/tree/tmp" "$work/tree/etc"
for folder in bin sbin lib lib64; do
    mkdir "$work/tree/usr/$folder"
    ln -s "usr/$folder" "$work/tree/$folder"
done
for deb in "$work"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/tree" --keep-directory-symlink --no-same-owner
done
find "$work/tree/usr/share" -type f ! -name copyright -delete
find "$work/tree" -depth -type d -empty ! -path "$work/tree/tmp" -delete
ln -sf "$python" "$work/tree/usr/bin/python3"
ln -sf busybox "$work/tree/usr/bin/sh"
chmod 1777 "$work/tree/tmp"
echo 'root:x:0:0:root:/:/bin/sh' >"$work/tree/etc/passwd"
echo 'root:x:0:' >"$work/tree/etc/group"

tar -C "$work/tree" --owner=0 --group=0 --numeric-owner -c . |
    docker import --change 'CMD ["python3"]' - "$name" >/dev/null
echo "$name"

#!/bin/bash
# A machine of its own for a test: this one's files as they are, below a layer that is thrown away, with systemd as process 1.
# usage, in new mount, pid, uts, ipc and cgroup namespaces: boot.sh FOLDER GUIDE
# FOLDER is empty; steps for the machine come through the folder GUIDE: NAME.step is run, NAME.out and NAME.rc are left.
set -e
GUIDE=$2
folder=$1
mount -t tmpfs none "$folder"
mkdir -p "$folder"/{upper,work,root}
root=$folder/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/dev"
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "kmsg 1 11"; do
  set -- $node
  mknod -m 666 "$root/dev/$1" c "$2" "$3"
done
mkdir -p "$root/dev/pts" "$root/dev/shm" "$root/guide" "$root/before"
ln -s /proc/self/fd "$root/dev/fd"; ln -s /proc/self/fd/0 "$root/dev/stdin"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --bind "$GUIDE" "$root/guide"
rm -rf "$root"/etc/streamvault "$root"/var/lib/streamvault
printf '#!/bin/sh\nif [ "$1" = -u ]; then user=$2; shift 2; exec runuser -u "$user" -- "$@"; fi\nexec "$@"\n' > "$root/usr/local/bin/sudo"
chmod 755 "$root/usr/local/bin/sudo"
cat > "$root/etc/systemd/system/guide.service" <<'UNIT'
[Unit]
DefaultDependencies=no
[Service]
Environment=HOME=/root PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/bin:/usr/sbin:/sbin
WorkingDirectory=/guide
ExecStart=/bin/bash /guide/agent.sh
UNIT
mount --make-rprivate /
cd "$root"
pivot_root . before
umount -l /before
mount --make-rshared /
exec env -i container=guide PATH=/usr/bin:/bin:/usr/sbin:/sbin /lib/systemd/systemd --system --unit=guide.service --log-target=null </dev/null >/dev/null 2>&1

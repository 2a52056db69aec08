# Inside that machine: runs each NAME.step as it appears; leaves NAME.out and NAME.rc.
while :; do
  for script in /guide/*.step; do
    name=${script%.step}
    if [ -e "$script" ] && [ ! -e "$name.rc" ]; then
      bash -e "$script" > "$name.out" 2>&1 < /dev/null
      echo $? > "$name.rc.next"; mv "$name.rc.next" "$name.rc"
    fi
  done
  sleep 0.2
done

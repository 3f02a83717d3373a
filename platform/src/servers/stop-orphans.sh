#!/bin/sh
# Stops what its starter leaves behind. The starter holds the other end of standard input, which
# closes however it ends, kill -9 included. Lines in:
#   watch <pid> <signal>   this process belongs to the starter
#   unwatch <pid>          it has ended
#   remove <folder>        to be removed at the end (the rest of the line is its name)
# Then the processes are signalled, the last first, each with $1 tenths of a second, and killed past
# them.

limit_tenths=$1
trap '' HUP INT TERM # a Ctrl-C is for the starter to handle
watched=
folders=

# One that has ended stays visible until its parent, by now init, takes notice: some never do.
is_alive() {
  kill -0 "$1" 2>/dev/null || return 1
  [ -r "/proc/$1/stat" ] || return 0
  read -r status <"/proc/$1/stat" || return 1
  case ${status##*)} in " Z"*) return 1 ;; esac
}

while read -r verb rest; do
  case $verb in
    watch) watched="${rest% *}:${rest#* } $watched" ;;
    unwatch)
      kept=
      for entry in $watched; do [ "${entry%:*}" = "$rest" ] || kept="$kept $entry"; done
      watched=$kept
      ;;
    remove) folders="$folders$rest
" ;;
  esac
done

for entry in $watched; do
  pid=${entry%:*}
  kill -"${entry#*:}" "$pid" 2>/dev/null || continue
  tenths=0
  while is_alive "$pid"; do
    [ $tenths -lt $limit_tenths ] || kill -KILL "$pid" 2>/dev/null
    sleep 0.1
    tenths=$((tenths + 1))
  done
done

printf '%s' "$folders" | while IFS= read -r folder; do
  if [ -n "$folder" ]; then rm -rf "$folder"; fi
done

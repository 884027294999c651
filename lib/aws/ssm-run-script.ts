// The shell program that is with a run on a machine of SSM: it begins the program at most once, keeps what it prints, carries
// out the wish to stop it and writes down how it ended. Must run in any POSIX shell of a Linux machine, with coreutils, gzip,
// grep and setsid beside it, and must not hold two opening braces in a row: SSM would read a parameter there.
//
// All of a run is in its folder. Files that exactly one may write are made by `ln`, which fails when they are there:
// run.sh this program; command the words; claim whose supervisor it is; started the program's pid, written by itself just
// before it becomes the program; term the one SIGTERM. stop: when to kill. stdout, stderr: what it printed; hole.*: which bytes
// of it were let go. exit: code, time, whether it was stopped. Who is named by a pid is `PID BEGAN BOOT MS`: believed only
// while the process of that pid began then, and in that boot. Variables begin with p_, so that none is the program's.

import { runLife } from './ssm-run-life.ts';

export const runScript = `# tidb-pitr: one run on this machine
set -u
umask 077
p_verb=$1
p_run=$2
shift 2

p_pause() { sleep 0.2 2>/dev/null || sleep 1; }

p_time() {
  p_n=$(date "$@" +%s%3N)
  case $p_n in '' | *[!0-9]*) p_n=$(date "$@" +%s)000 ;; esac
  echo "$p_n"
}

p_once() {
  p_new=$p_run/.new.$$.$1
  printf '%s\\n' "$2" >"$p_new" && ln "$p_new" "$p_run/$1" 2>/dev/null
  p_made=$?
  rm -f "$p_new"
  return $p_made
}

p_put() { printf '%s\\n' "$2" >"$p_run/.put.$$.$1" && mv -f "$p_run/.put.$$.$1" "$p_run/$1"; }

p_boot() { cat /proc/sys/kernel/random/boot_id; }

# Field 22 of /proc/PID/stat; the name before may hold anything, so it is cut off first. Nothing for the dead.
p_began() {
  p_stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  p_stat=\${p_stat##*) }
  case $p_stat in [ZX]*) return 0 ;; esac
  set -- $p_stat
  echo "\${20}"
}

p_me() { echo "$$ $(p_began $$) $(p_boot) $(p_time)"; }

p_lives() {
  [ -e "$p_run/$1" ] || return 1
  read -r p_pid p_born p_in p_at <"$p_run/$1" || return 1
  [ "$p_in" = "$(p_boot)" ] && [ "$(p_began "$p_pid")" = "$p_born" ]
}

# Whatever the program started carries this mark, also when it left its group.
p_marked() {
  grep -lzxF "PITR_RUN=$p_run" /proc/[0-9]*/environ 2>/dev/null |
    while IFS=/ read -r p_a p_b p_c p_d; do echo "$p_c"; done
}

p_any_lives() { p_lives started || [ -n "$(p_marked)" ]; }

p_signal() {
  p_lives started && kill "-$1" "$p_pid" 2>/dev/null
  for p_one in $(p_marked); do kill "-$1" "$p_one" 2>/dev/null; done
}

p_last() {
  p_newest=-
  for p_s in stdout stderr; do
    [ -s "$p_run/$p_s" ] || continue
    p_t=$(p_time -r "$p_run/$p_s")
    if [ "$p_newest" = - ] || [ "$p_t" -gt "$p_newest" ]; then p_newest=$p_t; fi
  done
  echo "$p_newest"
}

# The order matters: a supervisor writes the end before it ends; who says "lost" has first made sure that nobody begins.
p_state() {
  if [ ! -e "$p_run/exit" ]; then
    [ -e "$p_run/claim" ] || p_once claim never
    if [ "$(cat "$p_run/claim")" = never ]; then
      echo 'pitr lost it was never begun'
      return
    fi
    if ! p_lives claim; then
      [ -e "$p_run/started" ] || p_once started never
      if [ "$(cat "$p_run/started")" = never ]; then
        echo 'pitr lost its supervisor died before the program began'
        return
      fi
      if ! p_any_lives && [ ! -e "$p_run/exit" ]; then
        echo 'pitr lost its supervisor died, and nobody saw how the program ended'
        return
      fi
    fi
  fi
  if [ -e "$p_run/exit" ]; then
    read -r p_code p_at p_was <"$p_run/exit"
    echo "pitr ended $p_code $p_at $p_was"
    return
  fi
  p_from=claim
  [ -e "$p_run/started" ] && p_from=started
  read -r p_pid p_born p_in p_at <"$p_run/$p_from"
  echo "pitr running $p_at $(p_last)"
}

${runLife}
# A part of a stream, as much as fits into so many characters: NAME OFFSET BYTES NEXT-GAP-OR-END SIZE BASE64-OF-GZIP
p_chunk() {
  for p_try in 1 2 3 4 5 6; do
    p_hole=$(cat "$p_run/hole.$1" 2>/dev/null) || p_hole='0 0'
    p_size=$(stat -c %s "$p_run/$1" 2>/dev/null) || p_size=0
    p_a=$2
    p_e=$p_size
    if [ "$p_a" -lt "\${p_hole#* }" ]; then
      if [ "$p_a" -ge "\${p_hole% *}" ]; then p_a=\${p_hole#* }; else p_e=\${p_hole% *}; fi
    fi
    p_n=$((p_e - p_a))
    [ "$p_n" -gt 0 ] || p_n=0
    [ "$p_n" -le 262144 ] || p_n=262144
    p_text=-
    while [ "$p_n" -gt 0 ]; do
      p_text=$(tail -c "+$((p_a + 1))" "$p_run/$1" 2>/dev/null | head -c "$p_n" | gzip -c | base64 -w 0)
      [ "\${#p_text}" -gt "$3" ] || break
      p_n=$((p_n / 2))
    done
    p_then=$(cat "$p_run/hole.$1" 2>/dev/null) || p_then='0 0'
    [ "$p_then" = "$p_hole" ] && break
  done
  echo "$1 $p_a $p_n $p_e $p_size $p_text"
}

p_read() {
  p_state
  p_errors=$(p_chunk stderr "$2" $(($3 / 2)))
  p_chunk stdout "$1" $(($3 - \${#p_errors}))
  echo "$p_errors"
}

p_limit=0
case $p_verb in
  start) p_begin "$@" ;;
  supervise) p_limit=$1; shift; p_supervise "$@" ;;
  lead) p_lead "$@" ;;
  orphan) while p_any_lives; do p_obey; p_pause; done ;;
  look) p_state ;;
  read) p_read "$@" ;;
  stop) p_stop "$@" ;;
esac
`;

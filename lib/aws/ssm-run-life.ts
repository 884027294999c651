// The life of a run in the shell program of ssm-run-script.ts, whose functions it uses: begin, be watched over, obey, end.
// Must not hold two opening braces in a row, as all that is given to SSM.

export const runLife = `# Keeps the beginning and the end of each stream: the middle becomes a hole, so that offsets stay. A disk that has no holes
# keeps all. The record of the hole comes first: who reads looks at it again afterwards.
p_trim() {
  command -v fallocate >/dev/null 2>&1 && [ ! -e "$p_run/whole" ] || return 0
  for p_s in stdout stderr; do
    p_size=$(stat -c %s "$p_run/$p_s")
    [ "$p_size" -gt "$1" ] || continue
    p_old=$(cat "$p_run/hole.$p_s" 2>/dev/null)
    p_from=$((p_limit / 2 / 4096 * 4096))
    p_to=$(((p_size - p_limit / 2 + 4095) / 4096 * 4096))
    p_put "hole.$p_s" "$p_from $p_to"
    fallocate -p -o "$p_from" -l $((p_to - p_from)) "$p_run/$p_s" 2>/dev/null && continue
    if [ -n "$p_old" ]; then p_put "hole.$p_s" "$p_old"; else rm -f "$p_run/hole.$p_s"; fi
    p_put whole yes
  done
}

# Only the program, and only once: br takes a second signal as the order to leave its locks behind. All of it at the deadline.
p_obey() {
  [ -e "$p_run/stop" ] || return 0
  if p_lives started && p_once term sent; then kill -TERM "$p_pid" 2>/dev/null; fi
  read -r p_deadline <"$p_run/stop"
  if [ "$(p_time)" -ge "$p_deadline" ]; then p_signal KILL; fi
}

# Goes on when its supervisor is killed, as long as there is something to stop.
p_watch() {
  p_round=0
  while :; do
    p_obey
    p_round=$((p_round + 1))
    if [ $((p_round % 10)) = 0 ]; then
      p_trim $((p_limit + p_limit / 4))
      p_lives claim || p_any_lives || return 0
    fi
    p_pause
  done
}

# What the program left running ends with it, or a stopped br could go on below a wrapper that died.
p_clear() {
  [ -n "$(p_marked)" ] || return 0
  for p_one in $(p_marked); do kill -TERM "$p_one" 2>/dev/null; done
  p_until=$(($(p_time) + 10000))
  while [ -n "$(p_marked)" ] && [ "$(p_time)" -lt "$p_until" ]; do
    if [ -e "$p_run/stop" ]; then
      read -r p_deadline <"$p_run/stop"
      [ "$p_deadline" -lt "$p_until" ] && p_until=$p_deadline
    fi
    p_pause
  done
  for p_one in $(p_marked); do kill -KILL "$p_one" 2>/dev/null; done
}

p_supervise() {
  p_once claim "$(p_me)" || exit 0
  : >>"$p_run/stdout"
  : >>"$p_run/stderr"
  # Space for the end, taken while there is some: a full disk must not hide how the run ended.
  printf '%63s\\n' '' >"$p_run/.exit"
  setsid sh "$p_run/run.sh" lead "$p_run" "$@" &
  p_child=$!
  p_watch &
  p_watcher=$!
  wait "$p_child"
  p_code=$?
  kill "$p_watcher" 2>/dev/null
  [ -e "$p_run/started" ] || p_once started never
  [ "$(cat "$p_run/started")" = never ] && exit 0
  p_clear
  p_trim "$p_limit"
  p_was=no
  [ -e "$p_run/stop" ] && p_was=yes
  printf '%-63s\\n' "$p_code $(p_time) $p_was" 1<>"$p_run/.exit" && mv -f "$p_run/.exit" "$p_run/exit"
}

# The pid stays the same when this shell becomes the program.
p_lead() {
  cd "$1" || exit 125
  shift
  p_once started "$(p_me)" || exit 125
  export PITR_RUN="$p_run"
  exec "$@" </dev/null >>"$p_run/stdout" 2>>"$p_run/stderr"
}

p_begin() {
  p_work=$1
  p_limit=$2
  p_command=$3
  shift 3
  if [ ! -e "$p_run/claim" ]; then
    cd "$p_work" 2>/dev/null || { echo "pitr failed the folder $p_work cannot be entered"; return; }
    case $1 in
      */*) [ -f "$1" ] && [ -x "$1" ] ;;
      *) command -v -- "$1" >/dev/null 2>&1 ;;
    esac || { echo 'pitr missing'; return; }
  fi
  p_once command "$p_command"
  [ "$(cat "$p_run/command")" = "$p_command" ] || { echo 'pitr other'; return; }
  p_launched=no
  p_round=0
  while [ ! -e "$p_run/exit" ] && [ ! -e "$p_run/started" ]; do
    if [ -e "$p_run/claim" ]; then
      if [ "$(cat "$p_run/claim")" = never ]; then echo 'pitr failed it was given up before it began'; return; fi
      p_lives claim || break
    elif [ "$p_launched" = no ]; then
      p_launched=yes
      setsid sh "$p_run/run.sh" supervise "$p_run" "$p_limit" "$p_work" "$@" </dev/null >/dev/null 2>&1 &
    fi
    p_round=$((p_round + 1))
    if [ "$p_round" -gt 150 ]; then echo 'pitr slow'; return; fi
    p_pause
  done
  echo 'pitr began'
}

p_stop() {
  case $(p_state) in 'pitr running '*) ;; *) echo 'pitr over'; return ;; esac
  p_deadline=$(($(p_time) + $1))
  if [ -e "$p_run/stop" ]; then
    read -r p_old <"$p_run/stop"
    [ "$p_old" -lt "$p_deadline" ] && p_deadline=$p_old
  fi
  p_put stop "$p_deadline"
  # Nobody watches over it any more: the wish outlives this command all the same.
  p_lives claim || setsid sh "$p_run/run.sh" orphan "$p_run" </dev/null >/dev/null 2>&1 &
  echo 'pitr asked'
}
`;

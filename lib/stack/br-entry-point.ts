// How br begins in its container: the certificates go from the environment, where ECS puts secrets, into files that only br reads,
// and then br takes the place of the shell, so that a stop reaches it. Must not know br's arguments.

/** The files that br is told of. Whoever escaped a PEM twice has `\n` for its line ends: %b makes lines of them. */
const script = `set -eu
if [ -n "\${PITR_TLS_CA:-}" ]; then
  (
    umask 077
    mkdir -p /tmp/pitr-tls
    printf '%b\\n' "$PITR_TLS_CA" > /tmp/pitr-tls/ca.pem
    printf '%b\\n' "$PITR_TLS_CERT" > /tmp/pitr-tls/cert.pem
    printf '%b\\n' "$PITR_TLS_KEY" > /tmp/pitr-tls/key.pem
  )
  unset PITR_TLS_CA PITR_TLS_CERT PITR_TLS_KEY
fi
exec "$@"`;

/** Entry point of the container; the command of a run is br's argv, `/br` first. */
export const brEntryPoint: readonly string[] = ['/bin/sh', '-c', script, 'br'];

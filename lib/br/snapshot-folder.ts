// The name of a snapshot's folder ⇄ the time in it: `snapshot-YYYYMMDDHHMMSS/`, UTC. The time is the person's or the
// scheduler's label; BackupTS inside backupmeta is what counts.

const pattern = /^snapshot-(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\/?$/;

/** `snapshot-20261122042442/` for unix milliseconds; the part of a second is dropped. */
export function snapshotFolder(ms: number): string {
  return `snapshot-${new Date(ms).toISOString().slice(0, 19).replace(/[-T:]/g, '')}/`;
}

/** Unix milliseconds of a folder's name (with or without `/`), or undefined when it is no such name. */
export function snapshotFolderMs(name: string): number | undefined {
  const [, year, month, day, hour, minute, second] = pattern.exec(name) ?? [];
  if (year === undefined) return undefined;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(ms)) return undefined;
  return snapshotFolder(ms) === `${name.replace(/\/$/, '')}/` ? ms : undefined;
}

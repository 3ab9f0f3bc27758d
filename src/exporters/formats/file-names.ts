/** A name that is safe as a file or folder on every system; never empty, never `.` or `..`. */
export function safeFileName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}._@+-]+/gu, '_')
    .replaceAll(/^\.+|\.+$/gu, '_')
    .slice(0, 120);
  return safe === '' ? '_' : safe;
}

/** `2026-11-24T16-30-12.000000`, as lm-eval names its files; UTC. */
export function fileStamp(createdAtMs: number): string {
  return `${new Date(createdAtMs).toISOString().slice(0, 23).replaceAll(':', '-')}000`;
}

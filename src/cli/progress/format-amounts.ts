/** `0:07`, `12:30`, `3:05:00` */
export function clockText(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

const durationUnits = [
  { name: 's', ms: 1000, below: 90_000, digits: 0 },
  { name: 'min', ms: 60_000, below: 5_400_000, digits: 0 },
  { name: 'h', ms: 3_600_000, below: 129_600_000, digits: 1 },
  { name: 'd', ms: 86_400_000, below: Infinity, digits: 0 },
] as const;

/** A length of time with as many digits as an estimate deserves: `40 s`, `12 min`, `2.5 h`, `3 d`. */
export function roughDuration(durationMs: number): string {
  return roughRange(durationMs, durationMs);
}

/** `12-15 min`, or one number where both ends read the same. */
export function roughRange(lowMs: number, highMs: number): string {
  const { name, ms, digits } = durationUnits.find(({ below }) => highMs < below) ?? durationUnits[3];
  const [low, high] = [(lowMs / ms).toFixed(digits), (highMs / ms).toFixed(digits)];
  return low === high ? `${high} ${name}` : `${low}-${high} ${name}`;
}

/** Three significant digits, never an exponent: `0.123`, `4.56`, `78.9`, `1234`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 100) return perSecond.toFixed(0);
  if (perSecond >= 10) return perSecond.toFixed(1);
  return perSecond >= 0.1 ? perSecond.toFixed(2) : perSecond.toFixed(3);
}

/** `412 MiB`, `1.92 GiB` */
export function bytesText(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  return mebibytes < 1000 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(2)} GiB`;
}

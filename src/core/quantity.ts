/** A number with an optional unit after it; undefined where the text is none. */
function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d+\.?\d*|\.\d+)\s*(\p{L}*|%)$/u.exec(text.trim()) ?? [];
  const multiplier = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return digits === undefined || multiplier === undefined ? undefined : Number(digits) * multiplier;
}

/** `5%` and `0.05` are 0.05. */
export function parseShare(text: string): number | undefined {
  return scaled(text, { '': 1, '%': 0.01 });
}

/** `500ms` and `500` are 500, `1.5s` is 1500. */
export function parseMilliseconds(text: string): number | undefined {
  return scaled(text, { '': 1, ms: 1, s: 1000, min: 60_000 });
}

/** `2GiB` is 2 * 2^30, `2GB` is 2 * 10^9, a bare number is bytes. */
export function parseBytes(text: string): number | undefined {
  return scaled(text, {
    '': 1,
    B: 1,
    kB: 1e3,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40,
  });
}

/** A bare number without a unit. */
export function parseAmount(text: string): number | undefined {
  return scaled(text, { '': 1 });
}

import type { GgufHeader } from './gguf-header.ts';

const keys = {
  fromType: 'perbench.quantised.from_type',
  fromSha256: 'perbench.quantised.from_sha256',
  by: 'perbench.quantised.by',
} as const;

/** What a file that perbench quantised was made from; kept in its header. */
export interface Provenance {
  /** Quantisation of the file that it was made from, such as `F16`. */
  readonly fromType: string;
  readonly fromSha256: string;
  /** The library that quantised it. */
  readonly by: string;
}

/** Header entries that say where a quantised file comes from. */
export function provenanceEntries(provenance: Provenance): Readonly<Record<string, string>> {
  return {
    [keys.fromType]: provenance.fromType,
    [keys.fromSha256]: provenance.fromSha256,
    [keys.by]: provenance.by,
  };
}

/** Undefined of files that perbench didn't quantise. */
export function provenanceOf({ values }: Pick<GgufHeader, 'values'>): Provenance | undefined {
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  const [fromType, fromSha256, by] = [text(keys.fromType), text(keys.fromSha256), text(keys.by)];
  return fromType === undefined || fromSha256 === undefined || by === undefined
    ? undefined
    : { fromType, fromSha256, by };
}

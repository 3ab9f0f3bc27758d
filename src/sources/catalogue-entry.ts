import type { PipPart } from './model-source.ts';

/** One model that perbench knows by name. */
export interface CatalogueEntry {
  readonly name: string;
  /** For people, such as `SmolLM2 135M Instruct`. */
  readonly title: string;
  /** The repository of the original weights on the hub. */
  readonly hubId: string;
  readonly parameters: number;
  readonly quantisation: string;
  readonly promptStyle: 'instruct' | 'base';
  readonly licence: string;
  /** The original repository shows its files only to those who accepted the licence. */
  readonly isGated: boolean;
  /** Size of the GGUF file. */
  readonly bytes: number | undefined;
  /** Hex sha256 of the GGUF file; undefined where only the hub's own is checked. */
  readonly sha256: string | undefined;
  /** Where the GGUF lies on the hub. */
  readonly hub: { readonly repo: string; readonly file: string; readonly revision: string } | undefined;
  /** Where the same file lies on PyPI, for networks that reach only that. */
  readonly pip: { readonly parts: readonly PipPart[]; readonly wheelBytes: number } | undefined;
  /** Name in the tables of the paper that PER comes from. */
  readonly paperName: string | undefined;
  /** Facts that were taken from second hand and not seen at their source. */
  readonly isUnverified: readonly ('bytes' | 'hub' | 'licence' | 'variant')[];
}

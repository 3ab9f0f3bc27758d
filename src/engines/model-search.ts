/** A model whose source may leave open which one it is. */
export interface ModelSearch {
  readonly source: string;
  readonly engineOptions: Readonly<Record<string, unknown>>;
  /** Where keys, headers and proxies of servers are; nothing else is read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told what is asked, once it is known to hold no secret. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/** What a source turned out to mean. */
export interface FoundModel {
  /** Leaves nothing open. */
  readonly source: string;
  /** What the model may be called: the shortest first, then those that tell it from others of that name. */
  readonly names: readonly [string, ...string[]];
}

import { commonPrefix } from '../../src/engines/prompt-tokens.ts';

/** Prompts of which a server keeps what it computed. */
export class PrefixCache {
  readonly #kept: { readonly salt: string; readonly tokens: readonly number[] }[] = [];

  /** Tokens that need not be computed again, then keeps these. */
  reuse(tokens: readonly number[], salt: string, most: number): number {
    const own = this.#kept.filter((kept) => kept.salt === salt);
    const shared = Math.max(0, ...own.map((kept) => commonPrefix(kept.tokens, tokens)));
    this.#kept.push({ salt, tokens });
    if (this.#kept.length > 64) this.#kept.shift();
    return Math.min(shared, most);
  }
}

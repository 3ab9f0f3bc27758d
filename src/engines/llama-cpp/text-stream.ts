/**
 * The text of a generation as its tokens come: whole characters only, and cut before the first stop string, which may
 * begin in one token and end in another.
 */
export class TextStream {
  readonly #stop: readonly string[];
  readonly #longestStop: number;
  // With `stream` an incomplete character at the end waits for its other bytes; without BOM handling no text is lost.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #text = '';
  #isStopped = false;

  constructor(stop: readonly string[]) {
    this.#stop = stop.filter((each) => each !== '');
    this.#longestStop = Math.max(0, ...this.#stop.map((each) => each.length));
  }

  get text(): string {
    return this.#text;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Adds a token's bytes; true when a stop string is complete. */
  push(bytes: Uint8Array): boolean {
    const added = this.#decoder.decode(bytes, { stream: true });
    if (added === '') return false;
    const searchFrom = Math.max(0, this.#text.length - this.#longestStop + 1);
    this.#text += added;
    let cut = -1;
    for (const stop of this.#stop) {
      const at = this.#text.indexOf(stop, searchFrom);
      if (at !== -1 && (cut === -1 || at < cut)) cut = at;
    }
    if (cut === -1) return false;
    this.#text = this.#text.slice(0, cut);
    this.#isStopped = true;
    return true;
  }
}

/** Levels of ggml's log. */
const errorLevel = 4;
const mebibyte = 1024 * 1024;

export interface BufferSizes {
  readonly weightsBytes: number;
  readonly kvBytes: number;
  readonly computeBytes: number;
}

/** What the library logged during one call, for reasons and buffer sizes that its API doesn't give. */
export class LogLines {
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];

  readonly add = (level: number, text: string): void => {
    const line = text.trim();
    if (line === '') return;
    this.#lines.push(line);
    if (level === errorLevel) this.#errors.push(line);
  };

  /** The library's own reason: its first error line, without the names of its functions. */
  reason(): string | undefined {
    return this.#errors[0]?.replace(/^(\w+: )+/, '').replace(/^error loading model: /, '');
  }

  /** Sizes of the buffers that the lines tell of, summed over devices; in MiB with two decimals in the log. */
  bufferSizes(): BufferSizes {
    const total = (kinds: string): number => {
      let bytes = 0;
      for (const line of this.#lines) {
        const match = new RegExp(`(?:${kinds}) buffer size = +([0-9.]+) MiB`).exec(line);
        if (match !== null) bytes += Number(match[1]) * mebibyte;
      }
      return Math.round(bytes);
    };
    return { weightsBytes: total('model'), kvBytes: total('KV|RS'), computeBytes: total('compute|output') };
  }
}

import type { LlamaFunctions } from './library.ts';
import type { Pointer } from './abi.ts';

const encoder = new TextEncoder();

/** Text to tokens and back, by the model's vocabulary. */
export class Tokenizer {
  /** `llama_vocab_type`. */
  readonly kind: number;
  readonly size: number;
  readonly bos: number;
  readonly eos: number;
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  readonly #llama: LlamaFunctions;
  readonly #vocabulary: Pointer;
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #ends = new Map<number, boolean>();
  /** Tokens that mark thoughts. */
  readonly #marks = new Set<number>();
  #buffer = new Int32Array(4096);
  #pieceBuffer = new Uint8Array(256);

  constructor(llama: LlamaFunctions, vocabulary: Pointer) {
    this.#llama = llama;
    this.#vocabulary = vocabulary;
    this.kind = llama.vocabularyType(vocabulary);
    this.size = llama.vocabularySize(vocabulary);
    this.bos = llama.bosToken(vocabulary);
    this.eos = llama.eosToken(vocabulary);
    this.addsBos = llama.addsBos(vocabulary);
    this.addsEos = llama.addsEos(vocabulary);
  }

  /** Tokens of plain text, with a BOS where the vocabulary asks for one. Names of special tokens are plain text. */
  encode(text: string): Int32Array {
    return this.#withoutEnd(this.#tokenize(text, true, false));
  }

  /** Tokens of a rendered chat template, whose special tokens count as such; a BOS is never doubled. */
  encodeTemplate(text: string): Int32Array {
    const tokens = this.#withoutEnd(this.#tokenize(text, true, true));
    return tokens.length > 1 && tokens[0] === this.bos && tokens[1] === this.bos ? tokens.subarray(1) : tokens;
  }

  /** Tokens of a text that goes on from others, whose special tokens count as such. */
  encodePart(text: string): Int32Array {
    return this.#withoutEnd(this.#tokenize(text, false, true));
  }

  /** Has these texts shown where they are control tokens, which else have none. */
  showMarks(texts: readonly string[]): void {
    for (const text of texts) {
      const [token, ...others] = this.encodePart(text);
      if (token === undefined || others.length > 0) continue;
      this.#marks.add(token);
      if (this.piece(token).length === 0) this.#pieces.set(token, encoder.encode(text));
    }
  }

  isMark(token: number): boolean {
    return this.#marks.has(token);
  }

  /** The token that stands before a text without context: BOS, else EOS; undefined where there is neither. */
  get prefixToken(): number | undefined {
    if (this.bos >= 0) return this.bos;
    return this.eos >= 0 ? this.eos : undefined;
  }

  isEnd(token: number): boolean {
    let isEnd = this.#ends.get(token);
    if (isEnd === undefined) {
      isEnd = this.#llama.isEndOfGeneration(this.#vocabulary, token);
      this.#ends.set(token, isEnd);
    }
    return isEnd;
  }

  /** Bytes of one token, which may be a part of a character; none for control tokens but those that are shown. */
  piece(token: number): Uint8Array {
    let piece = this.#pieces.get(token);
    if (piece === undefined) {
      piece = this.#readPiece(token);
      this.#pieces.set(token, piece);
    }
    return piece;
  }

  /** A token as the vocabulary writes it, such as `<s>`; empty where there is none. */
  tokenText(token: number): string {
    return token < 0 ? '' : (this.#llama.tokenText(this.#vocabulary, token) ?? '');
  }

  #readPiece(token: number): Uint8Array {
    const read = (): number =>
      this.#llama.tokenPiece(this.#vocabulary, token, this.#pieceBuffer, this.#pieceBuffer.length, 0, false);
    let length = read();
    if (length < 0) {
      this.#pieceBuffer = new Uint8Array(-length);
      length = read();
    }
    return this.#pieceBuffer.slice(0, Math.max(0, length));
  }

  #tokenize(text: string, addSpecial: boolean, parseSpecial: boolean): Int32Array {
    const bytes = encoder.encode(text);
    const run = (): number =>
      this.#llama.tokenize(
        this.#vocabulary,
        bytes,
        bytes.length,
        this.#buffer,
        this.#buffer.length,
        addSpecial,
        parseSpecial,
      );
    let count = run();
    if (count < 0) {
      this.#buffer = new Int32Array(-count);
      count = run();
    }
    return this.#buffer.slice(0, count);
  }

  /** Vocabularies that append an EOS do so to whole texts; a prompt goes on. */
  #withoutEnd(tokens: Int32Array): Int32Array {
    return this.addsEos && tokens.at(-1) === this.eos ? tokens.subarray(0, -1) : tokens;
  }
}

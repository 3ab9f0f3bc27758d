import { EngineError } from '../../../core/errors.ts';
import { schemaGrammar } from '../schema-grammar.ts';
import { allocate, type Block, type Pointer } from './abi.ts';
import { LogLines, type NativeLibrary } from './library.ts';
import type { LogitRows } from './logit-rows.ts';
import type { Tokenizer } from './tokenizer.ts';

/** One `llama_token_data`: the token's id, its logit, and a probability that isn't used here. */
const wordsEach = 3;

/** A `llama_token_data_array` in native memory: which tokens are asked about, and what a sampler leaves of them. */
class Candidates {
  readonly pointer: Pointer;
  readonly #array: BigInt64Array;
  readonly #ids: Int32Array;
  readonly #logits: Float32Array;

  constructor(capacity: number) {
    const tokens: Block = allocate('int32_t', 4, capacity * wordsEach);
    // Pointer to the tokens, their count, the one that is selected (none), whether they are sorted (no).
    const array: Block = allocate('int64_t', 8, 4);
    this.pointer = array.pointer;
    this.#array = new BigInt64Array(array.memory);
    this.#array.set([tokens.pointer, 0n, -1n, 0n]);
    this.#ids = new Int32Array(tokens.memory);
    this.#logits = new Float32Array(tokens.memory);
  }

  /** Starts a list of so many, which `put` fills. */
  resize(count: number): void {
    this.#array[1] = BigInt(count);
  }

  put(index: number, token: number, logit: number): void {
    this.#ids[index * wordsEach] = token;
    this.#logits[index * wordsEach + 1] = logit;
  }

  logit(index: number): number {
    return this.#logits[index * wordsEach + 1] ?? -Infinity;
  }
}

/**
 * Holds one answer to a grammar, token by token. The library's sampler keeps the place in the grammar; it must be freed.
 */
export class GrammarConstraint {
  readonly #grammars: Grammars;
  #sampler: Pointer | undefined;

  constructor(grammars: Grammars, sampler: Pointer) {
    this.#grammars = grammars;
    this.#sampler = sampler;
  }

  /**
   * Picks the likeliest token that the grammar allows here, and goes on behind it. A token that ends the answer is allowed
   * where the grammar is complete.
   *
   * @param likeliest of all tokens: where it is allowed, the others aren't looked at
   * @throws {EngineError} if no token of the model is allowed
   */
  pick(rows: LogitRows, likeliest: number): number {
    if (this.#sampler === undefined) throw new Error('this constraint was freed');
    const token = this.#grammars.allows(this.#sampler, rows, likeliest)
      ? likeliest
      : this.#grammars.best(this.#sampler, rows);
    // Behind an end there is nothing, and the library would abort the process for a token that isn't allowed.
    if (!this.#grammars.isEnd(token)) this.#grammars.accept(this.#sampler, token);
    return token;
  }

  free(): void {
    if (this.#sampler !== undefined) this.#grammars.close(this.#sampler);
    this.#sampler = undefined;
  }
}

/** The grammars of one model's answers. */
export class Grammars {
  readonly #library: NativeLibrary;
  readonly #vocabulary: Pointer;
  readonly #tokenizer: Tokenizer;
  /** Made by the first constraint: most models are never asked for one. */
  #candidates: Candidates | undefined;
  /** By the schema's text; a task asks all its items with the same one. */
  readonly #texts = new Map<string, string>();
  #open = 0;

  constructor(library: NativeLibrary, vocabulary: Pointer, tokenizer: Tokenizer) {
    this.#library = library;
    this.#vocabulary = vocabulary;
    this.#tokenizer = tokenizer;
  }

  /** Constraints that aren't freed yet. */
  get open(): number {
    return this.#open;
  }

  /**
   * Starts to hold an answer to a JSON Schema.
   *
   * @throws {EngineError} for a schema that no grammar can be made of, and a grammar that the library refuses
   */
  constrain(schema: Readonly<Record<string, unknown>>): GrammarConstraint {
    const key = JSON.stringify(schema);
    const text = this.#texts.get(key) ?? grammarOf(schema);
    const log = new LogLines();
    const sampler = this.#library.withLog(log.add, () =>
      this.#library.llama.openGrammar(this.#vocabulary, text, 'root'),
    );
    if (sampler === null) {
      throw new EngineError(`llama.cpp refuses the grammar of the JSON schema: ${log.reason() ?? 'no reason given'}`);
    }
    this.#texts.set(key, text);
    this.#open += 1;
    return new GrammarConstraint(this, sampler);
  }

  isEnd(token: number): boolean {
    return this.#tokenizer.isEnd(token);
  }

  allows(sampler: Pointer, rows: LogitRows, token: number): boolean {
    if (this.#isControl(token)) return false;
    const candidates = this.#prepared(1);
    candidates.put(0, token, rows.at(token));
    this.#library.llama.applySampler(sampler, candidates.pointer);
    return candidates.logit(0) > -Infinity;
  }

  /** @throws {EngineError} if no token is allowed */
  best(sampler: Pointer, rows: LogitRows): number {
    const { size } = this.#tokenizer;
    const candidates = this.#prepared(size);
    for (let token = 0; token < size; token += 1) candidates.put(token, token, rows.at(token));
    this.#library.llama.applySampler(sampler, candidates.pointer);
    let best = -1;
    let highest = -Infinity;
    for (let token = 0; token < size; token += 1) {
      const logit = candidates.logit(token);
      if (logit <= highest || this.#isControl(token)) continue;
      best = token;
      highest = logit;
    }
    if (best === -1) throw new EngineError('no token of the model fits the JSON schema here');
    return best;
  }

  accept(sampler: Pointer, token: number): void {
    this.#library.llama.acceptToken(sampler, token);
  }

  close(sampler: Pointer): void {
    this.#library.llama.freeSampler(sampler);
    this.#open -= 1;
  }

  #prepared(count: number): Candidates {
    this.#candidates ??= new Candidates(this.#tokenizer.size);
    this.#candidates.resize(count);
    return this.#candidates;
  }

  /** Control tokens add no text, or mark thoughts, but the library's grammars take their names for text. */
  #isControl(token: number): boolean {
    const tokenizer = this.#tokenizer;
    return !tokenizer.isEnd(token) && (tokenizer.isMark(token) || tokenizer.piece(token).length === 0);
  }
}

function grammarOf(schema: Readonly<Record<string, unknown>>): string {
  try {
    return schemaGrammar(schema);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EngineError(error.message, { cause: error });
  }
}

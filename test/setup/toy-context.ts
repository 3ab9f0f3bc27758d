import type { ContextSource, DraftSource } from '../../src/engines/llama-cpp/engine-pass.ts';
import type { ContextShape, LlamaContext } from '../../src/engines/llama-cpp/native/llama-context.ts';
import type { LlamaModel } from '../../src/engines/llama-cpp/native/llama-model.ts';
import { LogitRows } from '../../src/engines/llama-cpp/native/logit-rows.ts';
import type { PromptReader } from '../../src/engines/llama-cpp/prompts.ts';

/** Tokens are ASCII characters; 0 ends a text. */
export const toyVocabulary = 128;
export const toyEnd = 0;

/** What a toy model finds likeliest behind some tokens, and by how much (in logits) before all others. */
export type ToyChoice = (tokens: readonly number[]) => { readonly token: number; readonly lead: number };

interface ToyToken {
  readonly token: number;
  readonly position: number;
  readonly sequence: number;
  readonly hasOutput: boolean;
}

class ToyBatch {
  readonly tokens: ToyToken[] = [];

  get length(): number {
    return this.tokens.length;
  }

  get outputCount(): number {
    return this.tokens.filter(({ hasOutput }) => hasOutput).length;
  }

  clear(): void {
    this.tokens.length = 0;
  }

  add(token: number, position: number, sequence: number, count: number, hasOutput: boolean): number {
    if (count !== 1) throw new Error('a toy token belongs to one sequence');
    this.tokens.push({ token, position, sequence, hasOutput });
    return hasOutput ? this.outputCount - 1 : -1;
  }
}

/** Streams of cells as llama.cpp keeps them: a token must come right behind those that its stream holds. */
export class ToyContext {
  readonly batch = new ToyBatch();
  readonly shape: ContextShape;
  readonly streams: number[][];
  readonly #choose: ToyChoice;
  #rows = new Float32Array();
  decodes = 0;

  constructor(shape: ContextShape, choose: ToyChoice) {
    this.shape = shape;
    this.#choose = choose;
    this.streams = Array.from({ length: shape.sequences }, () => []);
  }

  decode(): void {
    const { tokens, outputCount } = this.batch;
    const { batchTokens, outputs, cells } = this.shape;
    if (tokens.length > batchTokens || outputCount > outputs) throw new Error('the batch is too long');
    this.decodes += 1;
    this.#rows = new Float32Array(outputCount * toyVocabulary);
    let row = 0;
    for (const { token, position, sequence, hasOutput } of tokens) {
      const stream = this.#stream(sequence);
      if (position !== stream.length) throw new Error(`position ${position} behind ${stream.length} cells`);
      if (position >= cells) throw new Error('no free cells');
      stream.push(token);
      if (!hasOutput) continue;
      const { token: next, lead } = this.#choose(stream);
      this.#rows[row * toyVocabulary + next] = lead;
      row += 1;
    }
  }

  logits(rows: number): Float32Array {
    return this.#rows.subarray(0, rows * toyVocabulary);
  }

  remove(sequence: number, from = 0): void {
    const stream = this.#stream(sequence);
    stream.length = Math.min(stream.length, from);
  }

  copyStream(source: number, target: number): void {
    this.streams[target] = [...this.#stream(source)];
  }

  canContinueFrom(): boolean {
    return true;
  }

  #stream(sequence: number): number[] {
    const stream = this.streams[sequence];
    if (stream === undefined) throw new Error(`no sequence ${sequence}`);
    return stream;
  }
}

const encode = (text: string): Int32Array => Int32Array.from(text, (character) => character.charCodeAt(0));

export const toyTokenizer = {
  prefixToken: undefined,
  encode,
  encodeTemplate: encode,
  encodePart: encode,
  isEnd: (token: number) => token === toyEnd,
  isMark: () => false,
  piece: (token: number) => (token === toyEnd ? new Uint8Array() : Uint8Array.of(token)),
};

function toyModel(): LlamaModel {
  const model = {
    rows: new LogitRows(toyVocabulary),
    vocabularySize: toyVocabulary,
    tokenizer: toyTokenizer,
    canCutSequences: true,
  };
  // What passes use of a model; classes with private members have no other implementation.
  return model as unknown as LlamaModel;
}

export interface ToySource {
  readonly source: ContextSource;
  /** Contexts in the order in which they were opened. */
  readonly contexts: ToyContext[];
  readonly draftContexts: ToyContext[];
}

/** Models whose choices are functions of the tokens before, so that whatever a pass does, the answers are known. */
export function toySource(
  choose: ToyChoice,
  draft: { readonly choose: ToyChoice; readonly tokens: number } | undefined,
  reader: Pick<PromptReader, 'thinking'> & Partial<PromptReader>,
): ToySource {
  let time = 0;
  const opener = (contexts: ToyContext[], choice: ToyChoice) => (shape: ContextShape) => {
    const context = new ToyContext(shape, choice);
    contexts.push(context);
    return context as unknown as LlamaContext;
  };
  const [contexts, draftContexts]: [ToyContext[], ToyContext[]] = [[], []];
  const draftSource: DraftSource | undefined = draft && {
    model: toyModel(),
    tokens: draft.tokens,
    open: opener(draftContexts, draft.choose),
  };
  const source: ContextSource = {
    model: toyModel(),
    draft: draftSource,
    reader: {
      tokenizer: toyTokenizer as unknown as PromptReader['tokenizer'],
      renderChat: undefined,
      contextTokens: 4096,
      closing: (shape) => encode(shape.forcedClose),
      ...reader,
    },
    now: () => (time += 1),
    open: opener(contexts, choose),
  };
  return { source, contexts, draftContexts };
}

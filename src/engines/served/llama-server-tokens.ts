import * as z from 'zod';
import type { ServedTarget } from './generate-request.ts';
import { RequestFault } from './request-fault.ts';
import type { ExchangeTally } from './token-scorer.ts';

/** Tokens as llama-server makes them of texts. */
export interface LlamaServerTokens {
  /** The token that stands before a text without context: BOS, else EOS; undefined where the model has neither. */
  readonly prefixToken: number | undefined;
  /** A token that is whole characters. */
  readonly wholeToken: number;
  /** Whether a token of the texts so far isn't text by itself, such as a part of a character. */
  readonly isPart: (token: number) => boolean;
  /**
   * Tokens of plain texts, each with a BOS where the model has one; one request for all of them.
   *
   * @throws as `ExchangeTally.post`
   */
  readonly encode: (texts: readonly string[], exchanges: ExchangeTally) => Promise<readonly (readonly number[])[]>;
}

interface Encoding {
  /** Marks such as BOS are added. */
  readonly add_special: boolean;
  /** Marks in the text are read as such. */
  readonly parse_special: boolean;
}

type Content = string | readonly (string | number)[];

/** A piece is written as bytes where it isn't UTF-8. */
const pieces = z.looseObject({
  tokens: z.array(z.looseObject({ id: z.number(), piece: z.union([z.string(), z.array(z.number())]) })),
});

type Tokenize = (content: Content, encoding: Encoding, exchanges: ExchangeTally) => Promise<readonly number[]>;

/** @param parts gets the tokens that aren't text by themselves */
function tokenizer(parts: Set<number>): Tokenize {
  return async (content, encoding, { post }) => {
    const { tokens } = await post('/tokenize', { content, ...encoding, with_pieces: true }, pieces);
    for (const { id, piece } of tokens)
      if (typeof piece !== 'string' || piece === '' || piece.startsWith('\0')) parts.add(id);
    return tokens.map(({ id }) => id);
  };
}

async function findPrefix(
  tokenize: Tokenize,
  { facts }: ServedTarget,
  exchanges: ExchangeTally,
): Promise<number | undefined> {
  for (const text of [facts.bosToken, facts.eosToken]) {
    if (text === undefined || text === '') continue;
    const [token, ...rest] = await tokenize(text, { add_special: false, parse_special: true }, exchanges);
    if (token !== undefined && rest.length === 0) return token;
  }
  return undefined;
}

/** What the server puts around each text; undefined where one can't tell. */
function marksAround(marked: readonly number[], plain: readonly number[]) {
  const at = marked.findIndex((_, index) => plain.every((token, offset) => marked[index + offset] === token));
  return at < 0 ? undefined : { before: marked.slice(0, at), after: marked.slice(at + plain.length) };
}

function splitAt(tokens: readonly number[], mark: number): readonly (readonly number[])[] {
  const parts: number[][] = [[]];
  for (const token of tokens) {
    if (token === mark) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/**
 * Learns what is needed to have many texts tokenised by one request: `/tokenize` takes a list of texts and token ids, makes
 * tokens of each text by itself, and leaves the ids (llama.cpp, tools/server/README.md). A mark that no plain text becomes
 * stands before each text; where one does after all, or the model has no mark, the texts are sent one by one.
 */
export async function learnTokens(target: ServedTarget, exchanges: ExchangeTally): Promise<LlamaServerTokens> {
  const parts = new Set<number>();
  const tokenize = tokenizer(parts);
  const mark = await findPrefix(tokenize, target, exchanges);
  const sample = 'a';
  const withMarks = { add_special: true, parse_special: false };
  const without = { add_special: false, parse_special: false };
  const plain = await tokenize(sample, without, exchanges);
  const around = marksAround(await tokenize(sample, withMarks, exchanges), plain);
  const wholeToken = plain.at(-1);
  if (wholeToken === undefined) throw new RequestFault('engine', `the server makes no tokens of ${sample}`);
  return {
    prefixToken: mark,
    wholeToken,
    isPart: (token) => parts.has(token),
    async encode(texts, exchangesOfTexts) {
      if (mark !== undefined && around !== undefined) {
        const content = texts.flatMap((text) => [mark, text]);
        const lists = splitAt(await tokenize(content, without, exchangesOfTexts), mark).slice(1);
        if (lists.length === texts.length) return lists.map((list) => [...around.before, ...list, ...around.after]);
      }
      const lists: (readonly number[])[] = [];
      for (const text of texts) lists.push(await tokenize(text, withMarks, exchangesOfTexts));
      return lists;
    },
  };
}

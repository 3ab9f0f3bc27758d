import { basename } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import type { GgufHeader } from '../../gguf/gguf-header.ts';
import type { Tokenizer } from './native/tokenizer.ts';

/** Vocabularies of one family are padded to different lengths. */
const mostPadding = 128;
/** Special tokens that models of one family call differently. */
const specialTokens = 5;

/** `llama_vocab_type`. */
const kinds = ['none', 'SPM', 'BPE', 'WPM', 'UGM', 'RWKV', 'PLaMo-2'];

/** The same kinds as headers call them. */
const kindsInHeaders: Readonly<Record<string, string>> = {
  llama: 'SPM',
  gpt2: 'BPE',
  bert: 'WPM',
  t5: 'UGM',
  rwkv: 'RWKV',
};

function kindInHeader({ values }: GgufHeader): string {
  const name = String(values.get('tokenizer.ggml.model') ?? 'none');
  return kindsInHeaders[name] ?? name;
}

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

export type Vocabulary = Pick<Tokenizer, 'kind' | 'size' | 'bos' | 'eos' | 'addsBos' | 'addsEos' | 'tokenText'>;

function sizeDifference(model: number, draft: number): string | undefined {
  return Math.abs(draft - model) > mostPadding ? `${draft} tokens instead of ${model}` : undefined;
}

/** What the headers of two files tell of `vocabularyDifference`: the kind and the size; texts of tokens aren't read. */
export function headerDifference(model: GgufHeader, draft: GgufHeader): string | undefined {
  if (model.tokenizerSha256 === draft.tokenizerSha256) return undefined;
  const [kind, draftKind] = [kindInHeader(model), kindInHeader(draft)];
  if (draftKind !== kind) return `${draftKind} instead of ${kind}`;
  const [size = 0, draftSize = 0] = [model, draft].map(({ lengths }) => lengths.get('tokenizer.ggml.tokens'));
  return sizeDifference(size, draftSize);
}

/**
 * How the vocabulary of a draft differs from that of the model that it drafts for, by the rules of llama.cpp
 * (`common/speculative.cpp`): same kind, same tokens around texts, nearly the same size, and the same texts of all tokens
 * that both have, the first five aside.
 *
 * @returns undefined where tokens of one are tokens of the other
 */
export function vocabularyDifference(model: Vocabulary, draft: Vocabulary): string | undefined {
  const kindOf = ({ kind }: Vocabulary): string => kinds[kind] ?? `kind ${kind}`;
  if (draft.kind !== model.kind) return `${kindOf(draft)} instead of ${kindOf(model)}`;
  const sizes = sizeDifference(model.size, draft.size);
  if (sizes !== undefined) return sizes;
  if (draft.addsBos !== model.addsBos || (model.addsBos && draft.bos !== model.bos)) return 'it begins texts otherwise';
  if (draft.addsEos !== model.addsEos || (model.addsEos && draft.eos !== model.eos)) return 'it ends texts otherwise';
  for (let token = specialTokens; token < Math.min(draft.size, model.size); token += 1) {
    const [text, expected] = [draft.tokenText(token), model.tokenText(token)];
    if (text !== expected) return `token ${token} is ${quoted(text)} instead of ${quoted(expected)}`;
  }
  return undefined;
}

/** @throws {ModelError} where there is a difference between the vocabularies of a model and its draft */
export function refuseDifference(difference: string | undefined, file: string, draft: string): void {
  if (difference === undefined) return;
  throw new ModelError(`draft ${basename(draft)} has another vocabulary than ${basename(file)}: ${difference}`, {
    hint: 'Choose a smaller model of the same family.',
  });
}

import { expect, it } from 'vitest';
import { ModelError } from '../../core/errors.ts';
import { type DraftPartner, requireDraft } from './draft-model.ts';

const partner = (file: string, canCutSequences = true, size = 300): DraftPartner => ({
  file: `/models/${file}`,
  model: {
    canCutSequences,
    tokenizer: { kind: 2, size, bos: 1, eos: 2, addsBos: true, addsEos: false, tokenText: String },
  },
});

it('takes a model with the same vocabulary', () => {
  expect(() => requireDraft(partner('base.gguf'), partner('small.gguf'))).not.toThrow();
});

it.each([
  [partner('base.gguf', false), partner('small.gguf'), "base.gguf can't be used with a draft model: recurrent layers"],
  [partner('base.gguf'), partner('small.gguf', false), "draft small.gguf can't draft: recurrent layers"],
  [
    partner('base.gguf'),
    partner('small.gguf', true, 900),
    'draft small.gguf has another vocabulary than base.gguf: 900 tokens instead of 300',
  ],
])('refuses what cannot draft, in one line', (target, draft, message) => {
  expect(() => requireDraft(target, draft)).toThrow(ModelError);
  expect(() => requireDraft(target, draft)).toThrow(message);
});

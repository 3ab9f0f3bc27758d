import { describe, expect, it } from 'vitest';
import { UnknownNameError } from '../core/errors.ts';
import { catalogue, catalogueEntry } from './catalogue.ts';
import { describeSource, parseSource } from './model-source.ts';
import { requestEntry } from './model-request.ts';
import { paperModels } from './paper-models.ts';

describe('catalogue', () => {
  it('holds the three small models and the 16 of the paper', () => {
    expect(catalogue).toHaveLength(19);
    expect(
      paperModels.map(({ paperName }) => paperName ?? '').toSorted((left, right) => (left < right ? -1 : 1)),
    ).toEqual([
      'Gemma-2-2B',
      'Llama-2-13B',
      'Llama-2-70B',
      'Llama-3.1-70B',
      'Llama-3.1-8B',
      'Mistral-7B',
      'Phi-3.5',
      'Qwen2.5-0.5B',
      'Qwen2.5-1.5B',
      'Qwen2.5-14B',
      'Qwen2.5-32B',
      'Qwen2.5-3B',
      'Qwen2.5-72B',
      'Qwen2.5-7B',
      'Qwen3-4B',
      'Vicuna-13B',
    ]);
  });

  it('has unique names that can be typed', () => {
    const names = catalogue.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
  });

  it.each(catalogue.map((entry) => [entry.name, entry] as const))('%s: facts have the right shape', (_, entry) => {
    expect(entry.hubId).toMatch(/^[\w.-]+\/[\w.-]+$/);
    expect(entry.parameters).toBeGreaterThan(1e8);
    expect(entry.sha256 ?? '0'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
    // A 4-bit file has more than half a byte for each parameter, and less than one and a half.
    const bytesPerParameter = (entry.bytes ?? entry.parameters) / entry.parameters;
    expect(bytesPerParameter).toBeGreaterThan(0.55);
    expect(bytesPerParameter).toBeLessThan(1.5);
    for (const source of requestEntry(entry).sources)
      expect(parseSource(describeSource(source), '/')).toEqual({ ...source, sha256: undefined });
  });

  it('pins checksum and size of everything that PyPI holds', () => {
    const fromPip = catalogue.filter(({ pip }) => pip !== undefined);
    expect(fromPip).toHaveLength(3);
    for (const { sha256, bytes, isUnverified } of fromPip) {
      expect(sha256).toBeDefined();
      expect(bytes).toBeDefined();
      expect(isUnverified).not.toContain('bytes');
    }
  });

  it('says which facts of the paper models were not seen at their source', () => {
    for (const { isUnverified } of paperModels)
      expect(isUnverified).toEqual(expect.arrayContaining(['hub', 'bytes', 'licence']));
  });

  it('names the nearest for an unknown name', () => {
    expect(() => catalogueEntry('smollm2-135m-instuct')).toThrow(UnknownNameError);
    expect(() => catalogueEntry('smollm2-135m-instuct')).toThrow(/^unknown model "smollm2-135m-instuct"$/);
    expect(() => catalogueEntry('smollm2-135m-instuct')).toThrow(
      expect.objectContaining({ hint: 'Did you mean "smollm2-135m-instruct"?' }),
    );
    expect(() => catalogueEntry('nonsense')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('perbench models list --all') }),
    );
  });
});

import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../core/errors.ts';
import { quantisationName } from '../../../core/quantisation-name.ts';
import { fileTypeName } from '../../../gguf/file-type.ts';
import { findLibrary } from '../library-location.ts';
import { checkAbi, contextParams, type ParamsRecord } from './abi.ts';
import { loadLibrary, type LlamaFunctions } from './library.ts';

const location = findLibrary('cpu');
const library = loadLibrary(location);

function changed(functions: Partial<LlamaFunctions>): { readonly llama: LlamaFunctions } {
  return { llama: { ...library.llama, ...functions } };
}

describe('checkAbi', () => {
  it('accepts the installed library', () => {
    expect(() => checkAbi(library, location.packageName)).not.toThrow();
  });

  it('refuses another version', () => {
    expect(() => checkAbi(changed({ version: () => '0.6.0' }), 'some-package')).toThrow(EnvironmentError);
    expect(() => checkAbi(changed({ version: () => '0.6.0' }), 'some-package')).toThrow(
      'unsupported llama.cpp library in some-package: its version is 0.6.0, expected 0.5.0-dev',
    );
  });

  it('refuses a layout with one member too many, read from the real library', () => {
    const members = Object.entries(contextParams.members ?? {}).map(([name, { type }]) => [name, type] as const);
    const shifted = koffi.struct(
      'perbench_shifted_context_params',
      Object.fromEntries([...members.slice(0, 9), ['unknown_member', 'int32_t'] as const, ...members.slice(9)]),
    );
    const read = koffi.load(location.llama).func('llama_context_default_params', shifted, []);
    const planted = changed({ contextDefaultParams: () => read() as ParamsRecord });
    expect(() => checkAbi(planted, 'some-package')).toThrow(/llama_context_params\.\w+ is .*, expected/);
  });
});

it('numbers quantisations as the names of files do', () => {
  const numbers = Array.from({ length: 128 }, (_, type) => type);
  const named = numbers.map((type) => library.llama.fileTypeName(type) ?? 'unknown');
  const known = named.map((name) => (name.startsWith('unknown') ? undefined : quantisationName(name)));
  expect(numbers.map(fileTypeName)).toEqual(known);
  expect(known.filter((name) => name !== undefined).length).toBeGreaterThan(30);
});

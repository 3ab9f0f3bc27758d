import koffi from 'koffi';
import { EnvironmentError } from '../../../core/errors.ts';
import type { LibraryLocation } from '../library-location.ts';
import { allocate, type ParamsRecord, type Pointer } from './abi.ts';

/** llama_model_quantize_params of llama.cpp v0.5.0; the last two are left as the library fills them in. */
koffi.struct('perbench_quantize_params', {
  nthread: 'int32_t',
  ftype: 'int32_t',
  output_tensor_type: 'int32_t',
  token_embedding_type: 'int32_t',
  allow_requantize: 'bool',
  quantize_output_tensor: 'bool',
  only_copy: 'bool',
  pure: 'bool',
  keep_split: 'bool',
  dry_run: 'bool',
  imatrix: 'void *',
  kv_overrides: 'void *',
  tt_overrides: 'void *',
  prune_layers: 'void *',
  loading_a: 'int32_t',
  loading_b: 'int32_t',
});

/** What the library is known to fill in. */
const knownDefaults = { nthread: 0, ftype: 7, output_tensor_type: 43, token_embedding_type: 43, dry_run: false };
const structBytes = 64;

/** llama_model_kv_override: a tag, a key of 128 bytes, and behind four bytes of padding a text of as many. */
const entry = { bytes: 264, keyAt: 4, textAt: 136, mostBytes: 127, textTag: 3 };

/** Entries of a file's header that are texts, as the library wants them; the last one is empty. */
function headerEntries(texts: Readonly<Record<string, string>>): Pointer {
  const list = Object.entries(texts);
  const { pointer, memory } = allocate('uint8_t', 1, (list.length + 1) * entry.bytes);
  const bytes = Buffer.from(memory).fill(0);
  for (const [index, [key, text]] of list.entries()) {
    const start = index * entry.bytes;
    bytes.writeInt32LE(entry.textTag, start);
    bytes.write(key, start + entry.keyAt, entry.mostBytes);
    bytes.write(text, start + entry.textAt, entry.mostBytes);
  }
  return pointer;
}

export interface QuantizeParams {
  readonly input: string;
  readonly output: string;
  /** `llama_ftype`. */
  readonly fileType: number;
  readonly threads: number;
  /** Texts that are added to the header, each of at most 127 bytes. */
  readonly texts: Readonly<Record<string, string>>;
  /** Only says how large the result would be. */
  readonly isDryRun: boolean;
}

/**
 * Binds `llama_model_quantize`.
 *
 * @returns a function that quantises a file; false where the library failed, which it logs
 * @throws {EnvironmentError} if the library's parameters aren't the ones that are declared here
 */
export function bindQuantizer(location: LibraryLocation): (params: QuantizeParams) => boolean {
  const llama = koffi.load(location.llama);
  const defaults = llama.func('perbench_quantize_params llama_model_quantize_default_params()')() as ParamsRecord;
  const isKnown = Object.entries(knownDefaults).every(([name, value]) => defaults[name] === value);
  if (!isKnown || koffi.sizeof('perbench_quantize_params') !== structBytes) {
    throw new EnvironmentError(`unsupported llama.cpp library in ${location.packageName}: llama_model_quantize_params`);
  }
  const quantize = llama.func(
    'uint32_t llama_model_quantize(const char *input, const char *output, const perbench_quantize_params *params)',
  );
  return ({ input, output, fileType, threads, texts, isDryRun }) =>
    quantize(input, output, {
      ...defaults,
      nthread: threads,
      ftype: fileType,
      allow_requantize: true,
      dry_run: isDryRun,
      kv_overrides: headerEntries(texts),
    }) === 0;
}

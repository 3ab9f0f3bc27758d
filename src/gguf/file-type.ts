import { UsageError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';

/** Names of `general.file_type`, as files and repositories spell them; llama.h numbers them. */
const fileTypes: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  21: 'Q2_K_S',
  22: 'IQ3_XS',
  23: 'IQ3_XXS',
  24: 'IQ1_S',
  25: 'IQ4_NL',
  26: 'IQ3_S',
  27: 'IQ3_M',
  28: 'IQ2_S',
  29: 'IQ2_M',
  30: 'IQ4_XS',
  31: 'IQ1_M',
  32: 'BF16',
  36: 'TQ1_0',
  37: 'TQ2_0',
  38: 'MXFP4',
  39: 'NVFP4',
  40: 'Q1_0',
  41: 'Q2_0',
};

/** The quantisation that a header names; undefined where it names none that is known. */
export function fileTypeName(type: unknown): string | undefined {
  return typeof type === 'number' ? fileTypes[type] : undefined;
}

/** Those that a file can be quantised to without statistics of its activations (an importance matrix). */
const madeFreely =
  'F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S Q4_1 Q4_0 IQ4_NL IQ4_XS Q3_K_L Q3_K_M Q3_K_S IQ3_M IQ3_S Q2_K TQ2_0 TQ1_0'.split(
    ' ',
  );

const namesToMake = madeFreely.join(', ').toLowerCase();

/** Short for the usual mixture, as llama-quantize has it. */
const shortNames: Readonly<Record<string, string>> = { Q3_K: 'Q3_K_M', Q4_K: 'Q4_K_M', Q5_K: 'Q5_K_M' };

export interface FileType {
  /** Such as `Q4_K_M`. */
  readonly name: string;
  /** `llama_ftype`. */
  readonly number: number;
}

/**
 * The file type that somebody names, in any case.
 *
 * @throws {UsageError} for one that isn't known, or that perbench can't make
 */
export function fileTypeToMake(written: string): FileType {
  const upper = written.trim().toUpperCase();
  const name = shortNames[upper] ?? upper;
  const [number] = Object.entries(fileTypes).find(([, known]) => known === name) ?? [];
  if (number !== undefined && madeFreely.includes(name)) return { name, number: Number(number) };
  if (number !== undefined) {
    throw new UsageError(`${name} can't be made`, {
      hint: `It needs an importance matrix, or weights of a special kind: take a file that others made, or one of: ${namesToMake}.`,
    });
  }
  const near = nearestName(name, madeFreely)?.toLowerCase();
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new UsageError(`unknown quantisation "${written}"${meant}`, {
    hint: `Known: ${namesToMake}.`,
  });
}

/** Whether weights of a type of this name are as they were trained: floats of 16 or 32 bits. */
export function isUnquantised(name: string): boolean {
  return ['F32', 'F16', 'BF16'].includes(name);
}

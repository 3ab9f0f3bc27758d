import { createHash, hash } from 'node:crypto';

/** Hashes of a row as lm-eval computes them: sha256, hex. */
export interface RowHashes {
  readonly doc_hash: string;
  readonly prompt_hash: string;
  readonly target_hash: string;
}

/**
 * `doc_hash` is over the record as JSON with two spaces of indent, `prompt_hash` over the first argument of the first
 * request, `target_hash` over the target as text. Records that hold only texts and whole numbers hash as in Python.
 */
export function rowHashes(doc: unknown, prompt: string, target: string): RowHashes {
  return {
    doc_hash: hash('sha256', JSON.stringify(doc, undefined, 2)),
    prompt_hash: hash('sha256', prompt),
    target_hash: hash('sha256', target),
  };
}

/** lm-eval's `task_hashes`: sha256 over the hashes of all rows, one after the other. */
export class TaskHash {
  readonly #hash = createHash('sha256');

  add({ doc_hash, prompt_hash, target_hash }: RowHashes): void {
    this.#hash.update(doc_hash + prompt_hash + target_hash);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

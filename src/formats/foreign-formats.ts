import type { ForeignFormat } from './format.ts';

export interface FormatEntry {
  readonly summary: string;
  /** Imported on first use. */
  readonly load: () => Promise<ForeignFormat>;
}

/** File formats of other programs, by the name that `--format` takes. */
export const foreignFormats = {
  'lm-eval': {
    summary: 'results and samples of lm-evaluation-harness',
    load: async () => {
      const [{ acceptsLmEval, readLmEval }, { writeLmEval }] = await Promise.all([
        import('./lm-eval/read-lm-eval.ts'),
        import('./lm-eval/write-lm-eval.ts'),
      ]);
      return { write: writeLmEval, read: { accepts: acceptsLmEval, read: readLmEval } };
    },
  },
  inspect: {
    summary: 'logs of Inspect (.eval)',
    load: async () => {
      const [{ acceptsInspect, readInspect }, { writeInspect }] = await Promise.all([
        import('./inspect/read-inspect.ts'),
        import('./inspect/write-inspect.ts'),
      ]);
      return { write: writeInspect, read: { accepts: acceptsInspect, read: readInspect } };
    },
  },
  'every-eval-ever': {
    summary: 'records of Every Eval Ever, schema 0.3.0',
    load: async () => {
      const [{ acceptsEveryEvalEver, readEveryEvalEver }, { writeEveryEvalEver }] = await Promise.all([
        import('./every-eval-ever/read-every-eval-ever.ts'),
        import('./every-eval-ever/write-every-eval-ever.ts'),
      ]);
      return { write: writeEveryEvalEver, read: { accepts: acceptsEveryEvalEver, read: readEveryEvalEver } };
    },
  },
  'hf-eval-results': {
    summary: '.eval_results/*.yaml for model repositories on the Hugging Face hub',
    load: async () => ({ write: (await import('./write-hf-eval-results.ts')).writeHubEvalResults }),
  },
} as const satisfies Record<string, FormatEntry>;

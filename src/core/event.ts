import type { Cell, CellError, CellMeasurements, PassName, PassResult } from './cell.ts';
import type { FinishReason, ModelInfo, WorkInFlight } from './engine.ts';
import type { BusyProcess } from './meter.ts';
import type { RaceCertificate, RaceVerdict } from './race.ts';
import type { RunStatus } from './store.ts';

/** What a cell's pass has done so far; at most a few a second. */
export interface PassProgress {
  readonly done: number;
  /** Of those, by earlier attempts; tokens and failures are of this one alone. */
  readonly before: number;
  /** Undefined where time ends the pass, not a count. */
  readonly total: number | undefined;
  readonly elapsedMs: number;
  /** Limit in time, for passes that have one. */
  readonly limitMs: number | undefined;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly failed: number;
  /** Running sum of scores; accuracy pass only. */
  readonly scoreSum: number;
  /** The pass may be stopped by its own scores: their running mean is biased, and isn't to be shown. */
  readonly hidesScore?: boolean;
  readonly memoryBytes: number | undefined;
  /** What isn't answered yet; undefined where that isn't known. */
  readonly inFlight?: WorkInFlight | undefined;
}

/** What a run says while it goes on. Verbs: `start`, `progress`, `end`. */
export type RunEvent =
  | {
      readonly type: 'run-start';
      readonly runId: string;
      readonly name: string;
      readonly cells: readonly Cell[];
      readonly isResumed: boolean;
    }
  | {
      readonly type: 'launch-start';
      readonly model: string;
      readonly launch: number;
      readonly launches: number;
      /** There may be more of them than that: in a race nobody knows how many. */
      readonly isOpenEnded?: boolean | undefined;
    }
  /** What a slow start is doing: the newest line of a server's log. */
  | { readonly type: 'launch-progress'; readonly model: string; readonly launch: number; readonly line: string }
  | {
      readonly type: 'launch-end';
      readonly model: string;
      readonly launch: number;
      readonly info: ModelInfo;
      readonly durationMs: number;
      /** What is done about thinking, in the first launch of a model; absent where there is nothing to say. */
      readonly thinking?: string | undefined;
    }
  | {
      readonly type: 'cell-start';
      readonly cellId: string;
      readonly attempt: number;
      readonly finishedItems: number;
      /** By earlier attempts. */
      readonly finishedPasses: readonly { readonly pass: PassName; readonly launch: number }[];
    }
  /** The time of the run decided how many items are asked of the cell. */
  | { readonly type: 'cell-items'; readonly cellId: string; readonly items: number }
  /** Time is to be measured, but others use the CPU: the pass waits for them. */
  | {
      readonly type: 'wait-start';
      readonly cellId: string;
      readonly pass: PassName;
      readonly launch: number;
      /** What they took of the CPU time of all cores, 0 to 1. */
      readonly share: number;
      readonly busiest: readonly BusyProcess[];
      readonly limitMs: number;
      /** Somebody at a terminal may end the wait. */
      readonly canSkip: boolean;
    }
  | {
      readonly type: 'wait-end';
      readonly cellId: string;
      readonly pass: PassName;
      readonly launch: number;
      /** `stopped`: with the run, or because the cell was lost. */
      readonly outcome: 'quiet' | 'limit' | 'skipped' | 'stopped';
      readonly waitedMs: number;
    }
  /** More than once where a busy window is measured again. */
  | {
      readonly type: 'pass-start';
      readonly cellId: string;
      readonly pass: PassName;
      readonly launch: number;
      readonly concurrency: number;
    }
  | {
      readonly type: 'pass-progress';
      readonly cellId: string;
      readonly pass: PassName;
      readonly launch: number;
      readonly progress: PassProgress;
    }
  | {
      readonly type: 'pass-end';
      readonly cellId: string;
      readonly pass: PassName;
      readonly launch: number;
      readonly result: PassResult;
    }
  /** One of the first answers of a model to a task of the user's own, shortened, with what was read out of it. */
  | {
      readonly type: 'first-answer';
      readonly cellId: string;
      readonly itemId: string;
      readonly input: string;
      readonly output: string;
      /** Undefined where nothing could be read. */
      readonly answer: string | undefined;
      readonly expected: string;
      readonly score: number;
      readonly cut: Extract<FinishReason, 'budget_cut' | 'content_filter'> | undefined;
    }
  /** What a model is asked first, as it is sent; only where that was wanted. */
  | {
      readonly type: 'first-prompt';
      readonly cellId: string;
      readonly text: string;
      /**
       * `rendered`: by the chat template; `plain`: no template is applied; `messages`: the server applies its template,
       * unseen; `likelihood`: a context with its continuations.
       */
      readonly form: 'rendered' | 'plain' | 'messages' | 'likelihood';
    }
  | { readonly type: 'sample-error'; readonly cellId: string; readonly itemId: string; readonly message: string }
  | {
      readonly type: 'cell-end';
      readonly cellId: string;
      readonly state: Cell['state'];
      readonly measurements: CellMeasurements;
      readonly error: CellError | undefined;
    }
  | { readonly type: 'decision'; readonly cellId: string; readonly verdict: RaceVerdict }
  | { readonly type: 'certificate'; readonly certificate: RaceCertificate }
  /** Worth a line that stays, and no doubt. */
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'run-end'; readonly runId: string; readonly status: RunStatus; readonly failedCells: number };

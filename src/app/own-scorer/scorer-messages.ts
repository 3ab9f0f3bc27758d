import type { MessagePort } from 'node:worker_threads';

/** What the thread of a scorer begins with. */
export interface ScorerStart {
  /** Address of the module. */
  readonly url: string;
  /** One of `scorerStates`; who waits for a change is woken. */
  readonly state: Int32Array<SharedArrayBuffer>;
  readonly port: MessagePort;
}

export const scorerStates = { working: 0, idle: 1, ended: 2 } as const;

export interface ScorerCall {
  readonly output: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The first is about the module, each further one about a call. */
export type ScorerReply =
  | { readonly result: unknown }
  | { readonly threw: string }
  /** What is wrong, as the rest of a sentence about the module. */
  | { readonly fault: string; readonly hint?: string };

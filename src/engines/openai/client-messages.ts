import type { GenerateRequest, Generation, Loglikelihood, LoglikelihoodRequest } from '../../core/engine.ts';
import type { ServerError } from '../../core/errors.ts';
import type { ClientProcessWindow } from '../../core/load.ts';
import type { RequestSettings } from './generate-request.ts';
import type { ClientSettings } from './request-client.ts';

/** A request, and the number that its answer carries. */
interface RequestOrder {
  readonly number: number;
  readonly settings: RequestSettings;
  readonly place: number;
  readonly scheduledMs: number;
}

/** What a client's process is told; the settings come first. */
export type ClientOrder =
  | { readonly type: 'open'; readonly settings: ClientSettings }
  | (RequestOrder & { readonly type: 'generate'; readonly request: GenerateRequest })
  | (RequestOrder & { readonly type: 'score'; readonly request: LoglikelihoodRequest })
  | { readonly type: 'abort'; readonly number: number }
  | { readonly type: 'watch' }
  | { readonly type: 'watch-stop' };

/** An error, as it crosses to another process. */
export interface ClientFailure {
  readonly message: string;
  readonly hint: string | undefined;
  /** Of a `ServerError`; its message then starts with the address. */
  readonly at: ServerError['at'] | undefined;
}

/** What a client's process says. */
export type ClientReport =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly number: number; readonly result: Generation | Loglikelihood }
  | { readonly type: 'failure'; readonly number: number; readonly failure: ClientFailure }
  | { readonly type: 'window'; readonly window: ClientProcessWindow };

import { nowMs } from '../../core/clock.ts';
import type { GenerateRequest, Generation, Loglikelihood, LoglikelihoodRequest } from '../../core/engine.ts';
import { UnsupportedError } from '../../core/errors.ts';
import type { ClientProcesses } from '../../core/load.ts';
import type { PoolTurn } from '../request-pool.ts';
import { failed, generateOne, promptSha256, type RequestSettings, type ServedTarget } from './generate-request.ts';
import type { RetryLimits } from './retry-policy.ts';
import { ServerConnection } from './server-connection.ts';
import type { ServedThinking } from './served-thinking.ts';
import type { ServerFacts } from './server-facts.ts';
import { RequestFault } from './request-fault.ts';
import type { ServerLink } from './server-link.ts';
import type { SchemaWay } from './structured-output.ts';
import type { TokenScorer } from './token-scorer.ts';
import { createTokenScorer, type TokenScorerName } from './token-scorers.ts';

/** All that a process needs to ask a model at a server; plain data. */
export interface ClientSettings extends ServerLink {
  readonly hangMs: number;
  /** The caller's: all processes then tell the same time. */
  readonly clockOffsetMs: number;
  readonly retry: RetryLimits;
  readonly facts: ServerFacts;
  /** Fields added to the body of every generation. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Start of the salts that keep requests from sharing a cache. */
  readonly saltPrefix: string;
  /** Undefined where the server provides no log-likelihoods. */
  readonly scorer: TokenScorerName | undefined;
  readonly thinking: ServedThinking | undefined;
  /** Undefined where answers aren't held to schemas. */
  readonly schemaWay: SchemaWay | undefined;
}

/** Asks single requests of a model at a server; closing it ends its connections. */
export interface RequestClient extends AsyncDisposable {
  generate(request: GenerateRequest, settings: RequestSettings, turn: PoolTurn): Promise<Generation>;
  score(request: LoglikelihoodRequest, settings: RequestSettings, turn: PoolTurn): Promise<Loglikelihood>;
  /** Undefined where this process asks. */
  readonly processes: ClientProcesses | undefined;
}

/** Another salt each time. */
export function createSalt(prefix: string): () => string {
  let salts = 0;
  return () => `${prefix}-${(salts += 1)}`;
}

async function scoreOne(
  scorer: TokenScorer,
  request: LoglikelihoodRequest,
  settings: RequestSettings,
  turn: PoolTurn,
): Promise<Loglikelihood> {
  const empty = request.continuations.indexOf('');
  if (empty >= 0) return failed(request.id, new RequestFault('engine', `continuation ${empty} is empty`));
  try {
    const { startedMs, firstValueMs, endedMs, ...scored } = await scorer.score(request, settings, turn);
    const scheduledMs = request.scheduledMs ?? turn.scheduledMs;
    return {
      id: request.id,
      status: 'done',
      ...scored,
      promptSha256: promptSha256({ style: 'plain', text: request.context }),
      times: { scheduledMs, startedMs, firstTokenMs: firstValueMs, lastTokenMs: endedMs },
    };
  } catch (error) {
    if (error instanceof RequestFault) return failed(request.id, error);
    throw error;
  }
}

/** Asks from this process. */
export function openRequestClient({
  facts,
  extra,
  saltPrefix,
  scorer: way,
  clockOffsetMs,
  thinking,
  schemaWay,
  ...link
}: ClientSettings): RequestClient {
  const connection = new ServerConnection({ ...link, now: () => nowMs(clockOffsetMs) });
  const target: ServedTarget = { connection, facts, extra, salt: createSalt(saltPrefix), thinking, schemaWay };
  const scorer = way === undefined ? undefined : createTokenScorer(way, target);
  return {
    processes: undefined,
    generate: (request, pass, turn) => generateOne(target, request, pass, turn),
    async score(request, pass, turn) {
      if (scorer === undefined) throw new UnsupportedError('the server provides no log-likelihoods');
      return scoreOne(scorer, request, pass, turn);
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

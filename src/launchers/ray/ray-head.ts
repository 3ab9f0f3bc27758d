import { request } from 'undici';
import type * as z from 'zod';
import { LauncherError } from '../../core/errors.ts';
import { errorCode } from '../../core/retry.ts';
import { shortText } from '../../core/short-text.ts';

/** What a head takes to answer when it is busy; one whose control store died takes the request, and never answers. */
const answerMs = 20_000;
/** A client that gives up while it submits may leave a job that waits for ever. */
const submitMs = 60_000;

export interface RayHeadOptions {
  /** Of the dashboard, without a slash at its end. */
  readonly address: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
  /** How long an answer may take; for tests. */
  readonly limitMs?: number | undefined;
}

export interface RayReply {
  readonly statusCode: number;
  readonly text: string;
}

/**
 * The REST API of Ray's jobs, on the head of a cluster:
 * https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html
 *
 * By `undici.request`: Ray refuses what `fetch` sends, since that says of itself that it comes from a browser.
 */
export class RayHead {
  readonly address: string;
  readonly hasToken: boolean;
  readonly #options: RayHeadOptions;

  constructor(options: RayHeadOptions) {
    this.address = options.address;
    this.hasToken = options.token !== undefined;
    this.#options = options;
  }

  /**
   * Any status is an answer, except that of a missing token.
   *
   * @throws {LauncherError} if nobody answers in time, or the token is refused
   */
  async ask(path: string, post?: { readonly body: unknown } | 'empty'): Promise<RayReply> {
    const { signal, token, limitMs = typeof post === 'object' ? submitMs : answerMs } = this.#options;
    const limit = AbortSignal.timeout(limitMs);
    try {
      const { statusCode, body } = await request(`${this.address}${path}`, {
        method: post === undefined ? 'GET' : 'POST',
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(typeof post === 'object' && { 'content-type': 'application/json' }),
        },
        body: typeof post === 'object' ? JSON.stringify(post.body) : null,
        signal: AbortSignal.any([signal, limit]),
      });
      const text = await body.text();
      if (statusCode === 401 || statusCode === 403) throw this.#unauthorised(statusCode);
      return { statusCode, text };
    } catch (error) {
      if (limit.aborted) throw this.#unreachable(`no answer within ${limitMs / 1000} s`, error);
      const code = errorCode(error);
      if (code === undefined || code.startsWith('PB_')) throw error;
      throw this.#unreachable(error instanceof Error && error.message !== '' ? error.message : code, error);
    }
  }

  /**
   * An answer that must be there.
   *
   * @throws {LauncherError} also for another status, and what isn't of this shape
   */
  async read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    const reply = await this.ask(path);
    if (reply.statusCode !== 200) throw this.refusal(`GET ${path}`, reply);
    const parsed = schema.safeParse(jsonOf(reply.text));
    if (parsed.success) return parsed.data;
    throw new LauncherError(`${this.address}${path} answers what Ray's dashboard doesn't: ${lastLine(reply.text)}`, {
      hint: 'Set address of cluster.ray to that of the dashboard.',
    });
  }

  /** What the head refuses, and why. What fails on its side (5xx) it also answers while a part of it is down. */
  refusal(what: string, { statusCode, text }: RayReply): LauncherError {
    return new LauncherError(`Ray at ${this.address} refuses ${what} (HTTP ${statusCode}): ${lastLine(text)}`, {
      hint: refusalHint(statusCode),
      isRefusal: statusCode < 500,
    });
  }

  #unreachable(why: string, cause: unknown): LauncherError {
    return new LauncherError(`Ray at ${this.address} can't be reached: ${why}`, {
      cause,
      hint: 'Start the head (ray start --head), or set address of cluster.ray to that of its dashboard.',
    });
  }

  #unauthorised(statusCode: number): LauncherError {
    const what = this.hasToken ? 'refuses the token' : 'asks for a token';
    return new LauncherError(`Ray at ${this.address} ${what} (HTTP ${statusCode})`, {
      hint: "Set RAY_AUTH_TOKEN to the cluster's token, or write it into ~/.ray/auth_token.",
    });
  }
}

function refusalHint(statusCode: number): string {
  if (statusCode === 400) return 'Correct cluster.ray of the suite; an older Ray may not know a field.';
  if (statusCode === 404 || statusCode === 405)
    return "Set address of cluster.ray to that of the dashboard, and install ray[default] on the head: it brings the jobs' API.";
  return "See the head's logs: dashboard.log, in the folder of the session.";
}

/** Undefined for what is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const longestLine = 300;

/** What an answer says last: Python writes the error at the end of its traceback. */
export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => /\w/.test(line));
  return shortText((lines.at(-1) ?? 'no text').trim(), longestLine);
}

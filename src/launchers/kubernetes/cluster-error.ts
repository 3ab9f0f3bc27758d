import { LauncherError } from '../../core/errors.ts';
import { shortText } from '../../core/short-text.ts';
import { isSystemError, systemErrorWords } from '../../core/system-error.ts';

const longestMessage = 400;

/** What the API server says of a request that it doesn't fulfil: `Status` of meta/v1. */
interface ApiStatus {
  readonly message?: string;
  readonly details?: { readonly name?: string; readonly kind?: string };
}

/** A refusal of the API server, as the client throws it. */
interface Refusal extends Error {
  readonly code: number;
  readonly body: unknown;
}

function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'body' in error;
}

/** The HTTP status of a refusal; undefined where no answer came. */
export function statusCode(error: unknown): number | undefined {
  return isRefusal(error) ? error.code : undefined;
}

/** A body is JSON, or what a proxy in between had to say. */
function readStatus(body: unknown): ApiStatus {
  if (typeof body === 'object' && body !== null) return body;
  const text = typeof body === 'string' ? body : '';
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null ? read : { message: text };
  } catch (error) {
    if (error instanceof SyntaxError) return { message: text };
    throw error;
  }
}

function refusalError(error: Refusal, server: string): LauncherError {
  const { message, details } = readStatus(error.body);
  const said = shortText(message === undefined || message === '' ? `answer ${error.code}` : message, longestMessage);
  // Who isn't logged in, and who asks too often, may be answered otherwise a little later.
  const isFinal = error.code >= 400 && error.code < 500 && ![401, 408, 429].includes(error.code);
  const options = { cause: error, isRefusal: isFinal };
  if (error.code === 401)
    return new LauncherError(`${server}: not logged in`, {
      ...options,
      hint: 'Log in to the cluster again, as for kubectl.',
    });
  if (error.code === 403)
    return new LauncherError(`Kubernetes: ${said}`, {
      ...options,
      hint: 'Ask for rights on Jobs, Pods and their logs in this namespace, or name another (cluster.kubernetes.namespace).',
    });
  if (error.code === 404 && details?.kind === 'namespaces')
    return new LauncherError(`Kubernetes has no namespace ${details.name}`, {
      ...options,
      hint: `Make it (kubectl create namespace ${details.name}), or name another (cluster.kubernetes.namespace).`,
    });
  if (error.code === 400 || error.code === 422)
    return new LauncherError(`Kubernetes rejects the Job: ${said}`, {
      ...options,
      hint: 'Correct cluster.kubernetes in the suite; perbench run --on kubernetes --print shows the Job.',
    });
  return new LauncherError(`${server}: ${said}`, {
    ...options,
    hint: 'Look at the state of the cluster, and try again.',
  });
}

function lowest(error: Error): Error {
  return error.cause instanceof Error ? lowest(error.cause) : error;
}

/** What a call of the client threw, as one line for people. */
export function clusterError(error: unknown, server: string): LauncherError {
  if (isRefusal(error)) return refusalError(error, server);
  const cause = error instanceof Error ? lowest(error) : new Error(String(error));
  const said = cause.name === 'TimeoutError' ? 'no answer in time' : errorWords(cause);
  return new LauncherError(`${server}: ${shortText(said, longestMessage)}`, {
    hint: 'Check that the cluster is up, and that kubectl reaches it.',
    cause: error,
  });
}

function errorWords(error: Error): string {
  if (isSystemError(error)) return systemErrorWords(error);
  return 'code' in error && typeof error.code === 'string' ? `${error.message} (${error.code})` : error.message;
}

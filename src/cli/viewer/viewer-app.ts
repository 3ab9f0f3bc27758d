import { hash, timingSafeEqual } from 'node:crypto';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { streamSSE } from 'hono/streaming';
import { PerbenchError } from '../../core/errors.ts';
import type { LiveUpdate } from './live-updates.ts';
import { addItems } from './viewer-items.ts';
import { PageNotFoundError, type ViewerParts } from './viewer-parts.ts';
import { addRuns } from './viewer-runs.ts';

const pingMs = 15_000;

function answerError(error: Error, context: Context): Response {
  if (error instanceof PageNotFoundError) return context.json({ error: error.message }, 404);
  if (error instanceof PerbenchError) return context.json({ error: error.message }, 400);
  return context.json({ error: `bug in perbench: ${error.message}` }, 500);
}

/** The viewer: a page, and what it reads from the store. Reads only. */
export function createViewerApp(parts: ViewerParts): Hono {
  const { shell, hosts, access, compare } = parts;
  const app = new Hono();
  app.onError(answerError);
  app.use(viewerGuard(hosts, shell));
  app.use(accessGuard(access));
  app.get('/', (context) => context.html(shell));
  addRuns(app, parts);
  addItems(app, parts);
  app.get('/api/compare', async (context) =>
    context.json(await compare(context.req.query('a') ?? '', context.req.query('b') ?? '')),
  );
  addEvents(app, parts);
  app.notFound((context) => context.json({ error: 'not found' }, 404));
  return app;
}

function addEvents(app: Hono, { updates, signal }: ViewerParts): void {
  app.get('/api/events', (context) =>
    streamSSE(context, async (stream) => {
      const gone = new AbortController();
      const ends = AbortSignal.any([gone.signal, signal]);
      stream.onAbort(() => gone.abort());
      const send = ({ id, runIds }: LiveUpdate): Promise<void> =>
        stream.writeSSE({ id: String(id), event: 'change', data: JSON.stringify({ runIds }) });
      const seen = Number(context.req.header('last-event-id') ?? updates.latestId());
      updates.subscribe((update) => void send(update), ends);
      // Whoever was away missed something: which runs isn't known any more, so all of them.
      if (seen !== updates.latestId()) await send({ id: updates.latestId(), runIds: [] });
      await stream.writeSSE({ event: 'hello', data: '' });
      while (!ends.aborted) {
        await sleepUntil(pingMs, ends);
        if (!ends.aborted) await stream.writeSSE({ event: 'ping', data: '' });
      }
    }),
  );
}

function sleepUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** Every inline script of a page by its hash, so that no other one runs. */
function scriptHashes(html: string): readonly string[] {
  return [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${hash('sha256', script, 'base64')}'`,
  );
}

function contentPolicy(shell: string): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHashes(shell).join(' ')}`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Lets nobody in without the token of the printed address: any user of the machine can ask a port on loopback. Once the
 * page was opened, a cookie stands for it.
 */
function accessGuard(access: string): MiddlewareHandler {
  const isAccess = (given: string | undefined): boolean =>
    given !== undefined && timingSafeEqual(digestOf(given), digestOf(access));
  return async (context, next) => {
    // Cookies are for a host, whatever the port: two viewers must not take each other's.
    const name = `perbench-viewer-${new URL(context.req.url).port}`;
    const isNamed = isAccess(context.req.query('access'));
    if (!isNamed && !isAccess(getCookie(context, name))) {
      return context.text('Forbidden: open the address that perbench view printed, with its token.\n', 403);
    }
    if (isNamed) setCookie(context, name, access, { httpOnly: true, sameSite: 'Strict', path: '/' });
    return next();
  };
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/**
 * Lets nobody in but this machine's own browser on this very address: a page elsewhere can make a browser ask us, by our
 * address (then `Origin` is another) or by a name of its own that points here (then `Host` is). Nothing can be written.
 *
 * @param hosts values of `Host` that are ours, such as `127.0.0.1:7575`
 */
function viewerGuard(hosts: () => readonly string[], shell: string): MiddlewareHandler {
  const policy = contentPolicy(shell);
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    const isOurs = hosts().includes(host) && (origin === undefined || origin === `http://${host}`);
    if (!isOurs) return context.text('Forbidden: this viewer serves only its own page.\n', 403);
    if (context.req.method !== 'GET' && context.req.method !== 'HEAD') {
      return context.text('The viewer is read-only.\n', 405, { Allow: 'GET, HEAD' });
    }
    await next();
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('X-Frame-Options', 'DENY');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cache-Control', 'no-store');
    return undefined;
  };
}

import { hash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

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
 * Lets nobody in but this machine's own browser on this very address: a page elsewhere can make a browser ask us, by our
 * address (then `Origin` is another) or by a name of its own that points here (then `Host` is). Nothing can be written.
 *
 * @param hosts values of `Host` that are ours, such as `127.0.0.1:7575`
 */
export function viewerGuard(hosts: () => readonly string[], shell: string): MiddlewareHandler {
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

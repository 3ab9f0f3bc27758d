import { readFileSync } from 'node:fs';

let known: string | undefined;

/** Version of the package; its manifest lies two folders up in the source and in the build alike. */
export function perbenchVersion(): string {
  if (known === undefined) {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    // Our own file, checked by every package tool.
    known = (manifest as { readonly version: string }).version;
  }
  return known;
}

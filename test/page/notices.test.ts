import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { bundledPackages } from '../../scripts/third-party-notices.ts';
import { ensurePage } from './ensure-page.ts';

const pages = ensurePage();
const textOf = (name: string): string => readFileSync(join(pages, name), 'utf8');
const mit = 'The above copyright notice and this permission notice shall be included in all copies';
const isc = 'provided that the above copyright notice and this permission notice appear in all copies';

it.each(['report.html', 'viewer.html', 'prerender.js'])('%s keeps the notices of what is in it', (name) => {
  const text = textOf(name);
  expect(text).toMatch(/preact [\d.]+ \(MIT\): Copyright \(c\) 2015-present Jason Miller/);
  expect(text).toMatch(/d3-scale [\d.]+ \(ISC\): Copyright 2010-\d+ Mike Bostock/);
  expect(text).toContain(mit);
  expect(text).toContain(isc);
});

it('the package has all of them, of every package whose code is in a page', () => {
  const notices = textOf('THIRD-PARTY-NOTICES.txt');
  const regions = textOf('prerender.js').matchAll(/^\/\/ (?:\S*\/)?node_modules\/((?:@[^/]+\/)?[^/\n]+)\//gm);
  const bundled = new Set([...regions].map(([, name = '']) => name));
  expect(bundled).toContain('preact-render-to-string');
  for (const name of bundled) expect(notices).toContain(`\n${name} `);
});

it('code without a licence file is not bundled', () => {
  const folder = mkdtempSync(join(tmpdir(), 'perbench-notices-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(bundledPackages([join(folder, 'src/mine.ts')])).toEqual([]);
  const at = join(folder, 'node_modules/@some/thing');
  expect(() => bundledPackages([join(at, 'index.js')])).toThrow('package.json');
});

import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExportedRun } from '../../src/app/exported-run.ts';
import { runFile } from '../../src/app/export-runs.ts';
import { PerbenchError } from '../../src/core/errors.ts';
import { foreignFormats } from '../../src/formats/foreign-formats.ts';
import type { ForeignFile, ForeignFormat } from '../../src/formats/format.ts';
import { readOutsideAnswers } from '../../src/formats/outside-answers.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import type { Store } from '../../src/core/store.ts';
import { foreignFolder } from '../setup/foreign-files.ts';
import { fuzzSetting, fuzzTimeoutMs } from '../setup/fuzz-setting.ts';
import { storeRun } from '../setup/stored-cells.ts';

/** How a JSON text is changed: at one of its values, counted through the whole. */
interface Change {
  readonly at: number;
  readonly kind: 'drop' | 'retype' | 'rename' | 'double' | 'deepen';
  readonly value: unknown;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(100_000),
  kind: fc.constantFrom('drop', 'retype', 'rename', 'double', 'deepen'),
  value: fc.oneof(
    fc.constantFrom(null, '', 0, -1, 1e308, 'NaN', [], {}, true, '\u202E\u0000', 'x'.repeat(500), [[[]]], {
      __proto__: 1,
    }),
    fc.jsonValue({ maxDepth: 2 }),
  ),
});

/** A value with one of those inside it changed. */
function withChange(root: unknown, { at, kind, value }: Change): unknown {
  const copy = structuredClone(root);
  const places: (readonly [holder: Record<string, unknown>, key: string])[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(copy);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return value;
  const [holder, key] = place;
  const before = holder[key];
  if (kind === 'drop' && Array.isArray(holder)) holder.splice(Number(key), 1);
  else if (kind === 'drop') delete holder[key];
  if (kind === 'retype') holder[key] = value;
  if (kind === 'rename' && !Array.isArray(holder)) {
    delete holder[key];
    holder[`${key}_`] = before;
  }
  if (kind === 'double' && Array.isArray(holder)) holder.push(before);
  else if (kind === 'double') holder[key] = [before, before];
  if (kind === 'deepen') holder[key] = { [key]: before };
  return copy;
}

/** The lines of a text, each changed by those that fall on it; a cut at the end. */
function changedText(text: string, isLines: boolean, changes: readonly Change[], cut: number | undefined): string {
  const parts = isLines ? text.trimEnd().split('\n') : [text];
  for (const one of changes) {
    const line = one.at % parts.length;
    parts[line] = JSON.stringify(withChange(JSON.parse(parts[line] ?? 'null'), one));
  }
  const whole = parts.join('\n');
  return cut === undefined ? whole : whole.slice(0, cut % (whole.length + 1));
}

const changes = fc.array(change, { minLength: 1, maxLength: 3 });
const cut = fc.option(fc.nat(1_000_000), { freq: 5, nil: undefined });

/** What the user is told; an error of another kind fails the property. */
function told(read: () => unknown): string {
  try {
    read();
    return 'was read';
  } catch (error) {
    if (error instanceof PerbenchError) return error.message;
    throw error;
  }
}

const fixtures = readdirSync(foreignFolder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.jsonl?$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(foreignFolder, name), 'utf8') }));

let formats: readonly (readonly [string, ForeignFormat])[] = [];
let store: Store;
let exported = '';
beforeAll(async () => {
  formats = await Promise.all(
    Object.entries(foreignFormats).map(async ([name, { load }]) => [name, await load()] as const),
  );
  store = await openSqliteStore({ file: ':memory:' });
  const run = await store.getRun(await storeRun(store));
  exported = await runFile({ store, runs: run === undefined ? [] : [run] });
});
afterAll(async () => store[Symbol.asyncDispose]());

describe('files of other programs are imported or refused in a line', () => {
  it.each(fixtures)(
    '$name',
    ({ name, text }) => {
      fc.assert(
        fc.property(changes, cut, (made, end) => {
          const bytes = Buffer.from(changedText(text, name.endsWith('.jsonl'), made, end));
          const others: readonly ForeignFile[] = fixtures
            .filter((other) => other.name !== name)
            .map((other) => ({ name: other.name, bytes: Buffer.from(other.text) }));
          for (const [, { read }] of formats) {
            if (read === undefined) continue;
            const file = { name, bytes };
            const message = told(() => {
              if (read.accepts(file)) read.read([file, ...others.filter((other) => read.accepts(other))], {});
            });
            expect(message).toMatch(/\S/);
          }
        }),
        fuzzSetting(40),
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'exported runs',
    () => {
      fc.assert(
        fc.property(changes, cut, fc.boolean(), (made, end, isSigned) => {
          const { sha256: _, ...content } = JSON.parse(exported) as Record<string, unknown>;
          let altered: unknown = content;
          for (const one of made) altered = withChange(altered, one);
          const sha256 = isSigned ? hash('sha256', JSON.stringify(altered)) : 'none';
          const text = JSON.stringify(typeof altered === 'object' ? { ...altered, sha256 } : altered);
          expect(told(() => parseExportedRun('run.json', end === undefined ? text : text.slice(0, end)))).toMatch(/\S/);
        }),
        fuzzSetting(60),
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'answers of a model',
    () => {
      const names = [
        'id',
        'output',
        'error',
        'latency_ms',
        'prompt_tokens',
        'reasoning',
        'finish_reason',
        'other',
        '__proto__',
      ];
      const values = fc.dictionary(
        fc.constantFrom(...names),
        fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.jsonValue()),
      );
      fc.assert(
        fc.property(fc.array(values, { maxLength: 6 }), (list) => {
          const columns = [...new Set(list.flatMap((row) => Object.keys(row)))];
          const rows = list.map((row, index) => ({ file: 'a.jsonl', line: index + 1, values: row }));
          expect(told(() => readOutsideAnswers('a.jsonl', columns, rows))).toMatch(/\S/);
        }),
        fuzzSetting(200),
      );
    },
    fuzzTimeoutMs,
  );
});

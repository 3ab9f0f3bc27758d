import { checkVaried, variableSettings } from '../../app/candidates.ts';
import { UnknownNameError, UsageError } from '../../core/errors.ts';
import { splitOutside } from '../../core/list-parts.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { ModelEntry } from '../../core/suite.ts';
import { readOption } from '../../engines/index.ts';

/** A setting by any spelling of the command line: `kv-cache`, `kv_cache`, `kvcache`. */
const folded = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();

/**
 * Reads `--vary` for a model: `kvCache=f16,q8_0` each; of a setting that is named twice, the values of both.
 *
 * @throws {UsageError} for what is no setting with values, and values that a setting can't have
 * @throws {UnknownNameError} for a setting that can't be varied
 */
export async function readVaryFlags(
  flags: readonly string[],
  entry: ModelEntry,
): Promise<Readonly<Record<string, unknown>>> {
  const schemas = await variableSettings(entry);
  const known = Object.keys(schemas);
  const given = flags.map((flag): readonly [string, readonly unknown[]] => {
    const [, name, values] = /^([\w-]+)=(.*)$/s.exec(flag) ?? [];
    if (name === undefined || values === undefined) {
      throw new UsageError(`--vary: expected a setting and its values, got "${flag}"`, {
        hint: 'Write --vary kvCache=f16,q8_0.',
      });
    }
    const key = known.find((each) => folded(each) === folded(name));
    if (key === undefined) throw new UnknownNameError('setting to vary', name, known, nearestName(name, known));
    return [key, splitOutside(values).map((text) => readVaried(schemas[key], text))];
  });
  const vary = Object.fromEntries(
    [...Map.groupBy(given, ([key]) => key)].map(([key, parts]) => [key, parts.flatMap(([, values]) => values)]),
  );
  checkVaried(schemas, vary);
  return vary;
}

/** A value as a command line has it; of a setting that is a list, its words or numbers. */
function readVaried(schema: Parameters<typeof readOption>[0], text: string): unknown {
  if (text === 'none') return text;
  const value = readOption(schema, text);
  if (schema === undefined || schema.safeParse(value).success) return value;
  const words = text.split(' ').filter((word) => word !== '');
  return [words, words.map(Number)].find((list) => schema.safeParse(list).success) ?? value;
}

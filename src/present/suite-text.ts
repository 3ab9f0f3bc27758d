import { stringify } from 'yaml';
import { managedServerSchema, modelEntry, type ModelEntry, type Suite, suiteSchema } from '../core/suite.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields that say something else than they would if nobody had set them. */
function setFields(fields: Fields, defaults: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name])),
  );
}

function modelText(entry: ModelEntry): string | Fields {
  const { source, server } = entry;
  const own = { source, ...setFields(entry, modelEntry(source)) };
  if (server === undefined) return Object.keys(own).length === 1 ? source : own;
  const { preset, command } = server;
  const of = preset === undefined ? { command } : { preset };
  return { ...own, server: { ...of, ...setFields({ ...server }, managedServerSchema.parse(of)) } };
}

/** A suite as a suite file: what its file and flags said, without what would be so by default. */
export function suiteText(suite: Suite): string {
  const { models, tasks } = suite;
  const defaults = suiteSchema.parse({ models, tasks });
  const named = { models: models.map((model) => modelText(modelEntry(model))), tasks };
  return stringify({ ...named, ...setFields(suite, defaults) }, { lineWidth: 0 }).trimEnd();
}

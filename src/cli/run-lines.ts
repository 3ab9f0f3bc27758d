import { launchedBy, machineSpread } from '../app/machine-spread.ts';
import { percentText } from '../core/amount-text.ts';
import type { RunRecord, Store } from '../core/store.ts';
import { safeText } from '../present/sanitise.ts';

type Models = RunRecord['manifest']['models'];

/** What is said of a run itself, above its tables. */
export async function runLines(store: Store, run: RunRecord): Promise<readonly string[]> {
  const { id, name, status, createdAtMs, manifest, cost } = run;
  const { host } = manifest;
  return [
    `run ${id} (${safeText(name)}): ${status}, started ${new Date(createdAtMs).toISOString()}`,
    manifest.imported === undefined
      ? `host: ${safeText(host.hostname)}, ${host.cpuModel}, ${host.cores} cores, ${host.os} ${host.kernel}`
      : importLine(manifest.imported),
    `perbench ${manifest.perbenchVersion}, Node ${manifest.nodeVersion}, seed ${manifest.seed}`,
    ...engineLines(manifest.models),
    ...deviceLines(manifest.models),
    ...scoringLines(manifest.models),
    ...draftLines(manifest.models),
    ...serverLines(manifest.models),
    ...(await spreadLines(store, run)),
    `command: ${safeText(manifest.commandLine.join(' '))}`,
    ...(cost === undefined
      ? []
      : [`perbench overhead: ${(cost.parentCpuMs / 1000).toFixed(1)} s of CPU, ${cost.framesDrawn} frames drawn`]),
  ];
}

/** How far launches of the run's engines differ on this hardware, from all runs in the store. */
async function spreadLines(store: Store, { manifest: { host, models } }: RunRecord): Promise<readonly string[]> {
  const engines = new Set(Object.values(models).flatMap((facts) => launchedBy(facts) ?? []));
  const lines: string[] = [];
  for (const engine of engines) {
    const measured = (await machineSpread(store, host, engine))?.measured;
    if (measured === undefined) continue;
    const { launches, throughput, latency } = measured;
    lines.push(
      `launches (${safeText(engine)}) on this hardware differ by ${percentText(throughput, 1)} in throughput and ${percentText(latency, 1)} in latency (${launches} launches in the newest runs)`,
    );
  }
  return lines;
}

/** Which models each build ran: answers depend on the build, CPU kernels included. */
function engineLines(models: Models): readonly string[] {
  return sharedLines(models, 'engineBuild', (build) => `engine: ${build}`);
}

/** What models computed on, where that tells something. */
function deviceLines(models: Models): readonly string[] {
  return sharedLines(models, 'computesOn', (predicate) => predicate);
}

/** How servers scored given answers. */
function scoringLines(models: Models): readonly string[] {
  return sharedLines(models, 'scoredBy', (way) => `log-likelihoods: ${way}`);
}

/** What drafted tokens for a model. */
function draftLines(models: Models): readonly string[] {
  return Object.entries(models).flatMap(([model, { draft }]) => {
    if (draft === undefined) return [];
    const { name, quantisation, tokens } = draft;
    return [`draft model of ${safeText(model)}: ${safeText(name)} (${quantisation}), ${tokens} tokens at most`];
  });
}

/** A line per value of a fact; with the models that have it, unless all have it. */
function sharedLines(
  models: Models,
  fact: 'engineBuild' | 'computesOn' | 'scoredBy',
  line: (value: string) => string,
): readonly string[] {
  const entries = Object.entries(models);
  const known = entries.flatMap(([name, { [fact]: value }]) => (value === undefined ? [] : [{ name, value }]));
  const byValue = Map.groupBy(known, ({ value }) => value);
  return Array.from(byValue, ([value, named]) => {
    const who = named.length === entries.length ? '' : ` (${named.map(({ name }) => safeText(name)).join(', ')})`;
    return `${line(safeText(value))}${who}`;
  });
}

/** Where models are served: their names in tables say only which they are. */
function serverLines(models: Models): readonly string[] {
  return Object.entries(models)
    .filter(([, { source, fileSha256 }]) => fileSha256 === undefined && /^https?:/i.test(source))
    .map(([name, { source }]) => `server: ${safeText(name)} at ${safeText(source)}`);
}

/** The first of the files; there may be hundreds. */
function importLine({ tool, files, answers }: NonNullable<RunRecord['manifest']['imported']>): string {
  const [first] = files;
  const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
  const what = answers === undefined ? `measured by ${safeText(tool)}` : 'answers made elsewhere, scored here';
  return `imported: ${what}, read from ${safeText(first?.name ?? 'nowhere')}${others}`;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPerbench, type Ended, type Running } from '../setup/perbench-process.ts';

/** Output that would act if it were anything but text: markup, a script, an end of one, colours, directions. */
export const hostileAnswer =
  'A <img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script> \u001B[31mred\u001B[0m\u202Eesrever';

/** A model name that would act. */
export const hostileName = 'beta</script><b onmouseover="window.hacked=1">&amp;';

/** Runs perbench in a folder of its own. */
export function perbenchIn(folder: string, ...argv: readonly string[]): Running {
  return startPerbench(argv, { workingFolder: folder, homeFolder: folder, environment: {}, node: process.execPath });
}

/** A suite of mock models: two plain, one hostile, one with a long name that crashes on everything. */
export async function writeHostileSuite(folder: string, file = 'suite.json', tokenMs = 0): Promise<string> {
  const suite = {
    name: 'pages <i>',
    models: [
      { source: 'alpha', name: 'alpha-1b', engine: 'mock', engineOptions: { tokenMs } },
      {
        source: 'beta',
        name: hostileName,
        engine: 'mock',
        engineOptions: { answers: [hostileAnswer], memoryBytes: 2e8, tokenMs },
      },
      { source: 'gamma', name: 'gamma-7b', engine: 'mock', engineOptions: { answers: ['C', 'B'], tokenMs } },
      {
        source: 'delta',
        name: 'org/delta_3b-instruct-Q4_K_M-imatrix-2',
        engine: 'mock',
        engineOptions: { crashAtRequest: 1 },
      },
    ],
    tasks: ['imdb/mini', 'arc_easy/mini'],
    protocol: 'paper',
    concurrency: 4,
  };
  await writeFile(join(folder, file), JSON.stringify(suite));
  return file;
}

/** Runs that suite; some cells fail on purpose. */
export async function runHostileSuite(folder: string): Promise<Ended> {
  const suite = await writeHostileSuite(folder);
  // Without them a quiet machine would freeze anchors of its own, and a busy one wouldn't: other scores on the page.
  const ended = await perbenchIn(folder, 'run', suite, '--json', '--anchors', 'none').ended;
  if (ended.code !== 3) throw new Error(`the run ended with ${ended.code}: ${ended.stderr}`);
  return ended;
}

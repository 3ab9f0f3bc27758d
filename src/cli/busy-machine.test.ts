import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startBurner } from '../../test/setup/burner.ts';
import { type Ended, perbenchBin, startPerbench } from '../../test/setup/perbench-process.ts';
import { type TestFolder, testFolder } from '../../test/setup/test-settings.ts';

describe.skipIf(process.platform !== 'linux')('a busy machine', () => {
  const waiting = { PERBENCH_ALLOW_BUSY: '0' };

  /** A folder with a suite whose windows are short. */
  async function suiteFolder(rest: object = {}): Promise<TestFolder> {
    const folder = await testFolder();
    const models = [{ source: 'alpha', engine: 'mock', engineOptions: { tokenMs: 1 } }];
    const brief = { launches: 1, windowSeconds: 0.2, latencyRequests: 3, limit: 4 };
    await writeFile(
      join(folder.path, 'suite.json'),
      JSON.stringify({ models, tasks: ['imdb/mini'], ...brief, ...rest }),
    );
    return folder;
  }

  async function start(folder: string, ...argv: readonly string[]): Promise<Ended> {
    return startPerbench(argv, { workingFolder: folder, homeFolder: folder, environment: waiting }).ended;
  }

  it('is seen, waited for, and measured again', async () => {
    // Several, so that they stand out where the machine has other work.
    for (let count = 0; count < 3; count += 1) await startBurner({ name: 'burner' });
    await using folder = await suiteFolder();
    const { stderr } = await start(folder.path, 'run', 'suite.json', '--wait-quiet', '1');
    expect(stderr).toMatch(
      /other processes use \d+ % of the CPU \([^)]*\bburner \d+ %[^)]*\): waiting up to 1 s for a quiet machine\n/,
    );
    expect(stderr).toMatch(/still busy after \d+ s: measuring all the same/);
    expect(stderr).toContain('of the CPU while throughput was measured; measuring it again');
    expect(stderr.match(/waiting up to/g)).toHaveLength(1);
    const shown = await start(folder.path, 'show');
    expect(shown.stdout).toMatch(/alpha \/ imdb\/mini@2, throughput 1: measured [23] times; others took \d+ %/);
  });

  it('is measured at once where that is allowed', async () => {
    await startBurner();
    await using folder = await suiteFolder();
    const { stderr } = await start(folder.path, 'run', 'suite.json', '--allow-busy');
    expect(stderr).not.toMatch(/waiting up to|measuring it again/);
  });

  const hasTerminal = spawnSync('script', ['--version']).status === 0;

  it.skipIf(!hasTerminal)('is measured at the press of Enter at a terminal (of util-linux’s script)', async () => {
    await startBurner();
    await using folder = await suiteFolder({ waitQuiet: 3600 });
    const command = `'${process.execPath}' '${perbenchBin}' run suite.json`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], HOME: folder.path, TERM: 'xterm', ...waiting },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let screen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const isAsked = screen.includes('press Enter');
      screen += chunk.toString();
      // What comes at once isn't an answer to the question.
      if (!isAsked && screen.includes('press Enter')) setTimeout(() => child.stdin.write('\n'), 300);
    });
    await once(child, 'close');
    expect(screen).toContain('measuring now, and waiting no more until the machine was quiet');
    expect(screen).toContain('imdb/mini@2');
  });
});

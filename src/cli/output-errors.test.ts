import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { busyTests } from '../../test/setup/busy-tests.ts';
import { perbenchBin } from '../../test/setup/perbench-process.ts';
import { smallDisk } from '../../test/setup/small-disk.ts';
import { testFolder } from '../../test/setup/test-settings.ts';

type Stream = 'pipe' | number;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function perbench(folder: string, argv: readonly string[], stdout: Stream = 'pipe', stderr: Stream = 'pipe'): Ended {
  return spawnSync(process.execPath, [perbenchBin, ...argv], {
    cwd: folder,
    env: environment(folder),
    stdio: ['ignore', stdout, stderr],
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
}

function environment(folder: string): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], HOME: folder, XDG_CACHE_HOME: join(folder, 'cache'), ...busyTests };
}

async function writeSuite(folder: string, tokenMs = 0): Promise<void> {
  const models = [{ source: 'a', engine: 'mock', engineOptions: { tokenMs } }];
  await writeFile(join(folder, 's.json'), JSON.stringify({ models, tasks: ['imdb/mini'], protocol: 'paper' }));
}

/** `/dev/full`, where the system has it. */
function openFull(skip: (reason: string) => never): number {
  if (!existsSync('/dev/full')) skip('no /dev/full');
  return openSync('/dev/full', 'w');
}

const outputLost = /^error: stdout: no space left on the disk \(ENOSPC\); the output is not complete\nhint: /m;

describe('stdout on a full disk', () => {
  it.for([
    [['tasks']],
    [['tasks', '--json']],
    [['list', '--json']],
    [['models', 'list']],
    [['schema']],
    [['completion', 'bash']],
    [['--help']],
    [['help', 'run']],
    [['--version']],
    [['complete', '--', 'ru']],
  ] as const)('%j says so and ends with 5', async ([argv], { skip }) => {
    await using folder = await testFolder();
    const full = openFull(skip);
    const { status, stderr } = perbench(folder.path, argv, full);
    closeSync(full);
    expect(stderr).toMatch(outputLost);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
    expect(status).toBe(5);
  });

  it('is no less when the disk has room for the start', async ({ skip }) => {
    await using disk = await smallDisk(64 * 1024);
    if (disk === undefined) return skip('no small disk can be mounted here');
    await using folder = await testFolder();
    const file = openSync(join(disk.path, 'schema.json'), 'w');
    await writeFile(join(disk.path, 'fill'), Buffer.alloc(56 * 1024));
    const { status, stderr } = perbench(folder.path, ['schema'], file);
    closeSync(file);
    expect(stderr).toMatch(outputLost);
    expect(status).toBe(5);
  });

  it('loses no sample of a run', async ({ skip }) => {
    await using folder = await testFolder();
    await writeSuite(folder.path);
    const full = openFull(skip);
    const { status, stderr } = perbench(folder.path, ['run', 's.json'], full);
    closeSync(full);
    expect(stderr).toMatch(outputLost);
    expect(status).toBe(5);
    expect(perbench(folder.path, ['list']).stdout).toContain('finished');
    expect(perbench(folder.path, ['export', '--samples']).stdout.trimEnd().split('\n')).toHaveLength(40);
  });
});

describe('stderr that takes nothing', () => {
  it.for([
    [['tasks'], 0],
    [['nonsense'], 2],
    [['show'], 2],
    [['run', 's.json'], 4],
  ] as const)('leaves %j its exit code and its result', async ([argv, code], { skip }) => {
    await using folder = await testFolder();
    await writeSuite(folder.path);
    const full = openFull(skip);
    const { status, stdout } = perbench(folder.path, argv, 'pipe', full);
    const both = perbench(folder.path, argv, full, full);
    closeSync(full);
    expect(status).toBe(code);
    expect(stdout !== '').toBe(code !== 2);
    expect(both.status).toBe(code === 2 ? 2 : 5);
  });
});

describe('a reader that goes away', () => {
  it.each([['tasks'], ['schema'], ['--help'], ['export --samples'], ['tasks --json']])(
    'of %s ends it quietly',
    async (words) => {
      await using folder = await testFolder();
      await writeSuite(folder.path);
      perbench(folder.path, ['run', 's.json', '-q']);
      const line = `${process.execPath} ${perbenchBin} ${words} | head -c 5; echo " \${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', line], {
        cwd: folder.path,
        env: environment(folder.path),
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^[^]{5} 0\n$/);
    },
  );

  it('of both streams of a run leaves it to finish', async () => {
    await using folder = await testFolder();
    await writeSuite(folder.path, 1);
    const line = `${process.execPath} ${perbenchBin} run s.json --no-progress 2>&1 | head -1; echo "code \${PIPESTATUS[0]}"`;
    const { stdout } = spawnSync('bash', ['-c', line], {
      cwd: folder.path,
      env: environment(folder.path),
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/\ncode (0|4)\n$/);
    expect(perbench(folder.path, ['list']).stdout).toContain('finished');
  });
});

// Closes the terminal as soon as the display shows an item, and prints the exit code.
const closeTerminal = `
import fcntl, os, struct, subprocess, sys, termios
main, terminal = os.openpty()
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 100, 0, 0))
leader = sys.argv[1] == 'session'
def own():
    if leader:
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, preexec_fn=own)
os.close(terminal)
seen = b''
while b'/40' not in seen:
    seen += os.read(main, 4096)
os.close(main)
print(child.wait())
`;

describe('a terminal that is closed under the display', () => {
  it.for([['session'], ['without a signal']])(
    '(%s) ends the run with 129, everything saved',
    async ([kind], { skip }) => {
      if (spawnSync('python3', ['--version']).status !== 0) skip('no python3 for a terminal');
      await using folder = await testFolder();
      await writeSuite(folder.path, 60);
      const argv = ['-c', closeTerminal, kind ?? '', process.execPath, perbenchBin, 'run', 's.json'];
      const child = spawn('python3', argv, {
        cwd: folder.path,
        env: { ...environment(folder.path), TERM: 'xterm-256color' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const printed: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
      await new Promise((resolve) => child.on('close', resolve));
      expect(Buffer.concat(printed).toString().trim()).toBe('129');
      expect(perbench(folder.path, ['list']).stdout).toContain('interrupted');
      await writeSuite(folder.path);
      const resumed = perbench(folder.path, ['resume', '--json']);
      expect(resumed.stdout).toMatch(/"isResumed":true/);
      expect(resumed.status).toBe(4);
    },
  );
});

describe('the working folder', () => {
  it('that was removed is one line', async () => {
    await using folder = await testFolder();
    const gone = join(folder.path, 'gone');
    await mkdir(gone);
    const run = (words: string) =>
      spawnSync('bash', ['-c', `cd ${gone} && rmdir ${gone} && ${process.execPath} ${perbenchBin} ${words}`], {
        cwd: folder.path,
        env: environment(folder.path),
        encoding: 'utf8',
      });
    const listed = run('list');
    expect(listed.stderr).toBe(
      'error: the working folder is gone: it was removed or moved\nhint: Go to another folder, or name one with --cwd.\n',
    );
    expect(listed.status).toBe(5);
    for (const [words, code] of [
      ['--version', 0],
      ['complete -- ru', 0],
      [`-C ${folder.path} list`, 0],
      ['-C x list', 5],
    ] as const) {
      await mkdir(gone, { recursive: true });
      expect([words, run(words).status]).toEqual([words, code]);
    }
    await rm(gone, { recursive: true, force: true });
  });

  it.each([
    ['missing', '--cwd missing: no such folder'],
    ['s.json', '--cwd s.json: is a file, not a folder'],
  ])('%s, named with -C, is refused', async (name, words) => {
    await using folder = await testFolder();
    await writeSuite(folder.path);
    const { status, stderr } = perbench(folder.path, ['-C', name, 'list']);
    expect(stderr).toContain(`error: ${words}\n`);
    expect(status).toBe(2);
  });
});

describe('a store on a disk that takes nothing', () => {
  it('is read all the same', async ({ skip }) => {
    await using disk = await smallDisk(4 * 2 ** 20);
    if (disk === undefined) return skip('no small disk can be mounted here');
    await using folder = await testFolder();
    await writeSuite(folder.path);
    const store = ['--store', join(disk.path, 'p.db')];
    perbench(folder.path, ['run', 's.json', '-q', ...store]);
    const before = await readFile(join(disk.path, 'p.db'));
    spawnSync('sh', ['-c', `cat /dev/zero > ${join(disk.path, 'fill')}`]);
    for (const argv of [['list'], ['show'], ['report'], ['export', '--samples'], ['complete', '--', 'show', '']]) {
      expect([argv, perbench(folder.path, [...argv, ...(argv[0] === 'complete' ? [] : store)])]).toMatchObject([
        argv,
        { status: 0 },
      ]);
    }
    await rm(join(disk.path, 'fill'));
    spawnSync('mount', ['-o', 'remount,ro', disk.path]);
    expect(perbench(folder.path, ['list', ...store])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('finished'),
    });
    const refused = perbench(folder.path, ['rescore', ...store]);
    expect(refused.stderr).toMatch(/p\.db: cannot open the store for writing/);
    expect(refused.status).toBe(5);
    spawnSync('mount', ['-o', 'remount,rw', disk.path]);
    expect(await readFile(join(disk.path, 'p.db'))).toEqual(before);
  });
});

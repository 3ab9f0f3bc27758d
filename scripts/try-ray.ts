/**
 * Tries the Ray launcher on real Ray: a head and nodes with fake GPUs on this machine, the tests of test/ray against them.
 *
 * Background: continuous integration has a double of Ray's API only (test/ray/simulated-ray.ts), since Ray is 400 MB and
 * takes most of a gigabyte of memory. Whatever it is told, Ray listens on all interfaces; so all of it, tests included, is
 * in a network namespace that has nothing but loopback. At the end whatever is in that namespace is killed.
 *
 * Needs root, ip (Debian's iproute2), and Python with pip and venv. Ray is installed once, into perbench's cache.
 *
 * Usage: sudo node scripts/try-ray.ts [<argument of vitest>...]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const rayVersion = '2.60.0';
const project = join(import.meta.dirname, '..');
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const environment = join(cache, 'perbench', 'test-tools', `ray-${rayVersion}`);
const ray = join(environment, 'bin', 'ray');
const namespace = `perbench-ray-${process.pid}`;
// Paths of sockets are short.
const folder = mkdtempSync('/tmp/pbr-');

function run(program: string, words: readonly string[]): void {
  execFileSync(program, words, { stdio: 'inherit' });
}

function install(): void {
  if (existsSync(ray)) return;
  rmSync(environment, { recursive: true, force: true });
  run('python3', ['-m', 'venv', environment]);
  run(join(environment, 'bin', 'pip'), ['install', '--quiet', `ray[default]==${rayVersion}`]);
}

/** Ends all processes in the namespace, and it, and removes what they wrote. */
function close(): void {
  const pids = execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const pid of pids) spawnSync('kill', ['-9', pid]);
  run('ip', ['netns', 'delete', namespace]);
  rmSync(folder, { recursive: true, force: true });
}

// Ctrl-C ends the tests, too: what is in the namespace is ended then.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
install();
run('ip', ['netns', 'add', namespace]);
try {
  run('ip', ['netns', 'exec', namespace, 'ip', 'link', 'set', 'lo', 'up']);
  const vitest = [
    process.execPath,
    join(project, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project',
    'unit',
    'test/ray',
  ];
  const { status } = spawnSync('ip', ['netns', 'exec', namespace, ...vitest, ...process.argv.slice(2)], {
    cwd: project,
    stdio: 'inherit',
    env: { ...process.env, PERBENCH_TEST_RAY: ray, PERBENCH_TEST_RAY_FOLDER: folder },
  });
  process.exitCode = status ?? 1;
} finally {
  close();
}

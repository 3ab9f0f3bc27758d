/**
 * Tries the launcher for Kubernetes on a real control plane, on this machine alone.
 *
 * Background: a kubelet and containers need a machine of their own, but everything that decides about Jobs and Pods is in
 * the control plane. This builds Kubernetes' own API server, controllers and scheduler from the Go modules, once, takes
 * etcd from Debian, and runs the tests of test/kubernetes on them; the nodes are played by test/kubernetes/fake-kubelet.ts,
 * which runs Pods as local processes. Everything listens on loopback.
 *
 * Needs Go, openssl, apt and the network for the first time: it takes 15 to 40 minutes and 4 GB then, mostly in Go's own
 * caches. What is built is kept in perbench's cache.
 *
 * Usage: node scripts/try-kubernetes.ts [<argument of vitest>...]
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const release = '1.34.4';
const project = join(import.meta.dirname, '..');
const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const folder = join(cache, 'perbench', 'test-tools', `kubernetes-${release}`);
const controlPlane = join(folder, 'control-plane');
const etcd = join(folder, 'etcd', 'usr', 'bin', 'etcd');

function go(words: readonly string[], cwd: string): string {
  return execFileSync('nice', ['-n', '19', 'go', ...words], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' },
  });
}

/** Modules that Kubernetes develops in its own repository, which its go.mod replaces by folders. */
function stagingModules(): readonly string[] {
  const found = go(['mod', 'download', '-json', `k8s.io/kubernetes@v${release}`], folder);
  const { GoMod: file } = JSON.parse(found) as { readonly GoMod: string };
  const names = readFileSync(file, 'utf8').matchAll(/^\s*(?:replace )?(k8s\.io\/[\w-]+) => \.\/staging\//gmu);
  return Array.from(names, ([, name = '']) => name);
}

function buildControlPlane(): void {
  const source = join(folder, 'source');
  mkdirSync(source, { recursive: true });
  writeFileSync(join(folder, 'go.mod'), 'module download\n');
  const replaced = stagingModules().map((name) => `replace ${name} => ${name} v0${release.slice(1)}\n`);
  const modules = ['module control-plane\n\ngo 1.24.0\n', `require k8s.io/kubernetes v${release}\n`, ...replaced];
  writeFileSync(join(source, 'go.mod'), modules.join('\n'));
  copyFileSync(join(project, 'test', 'kubernetes', 'control-plane', 'main.go'), join(source, 'main.go'));
  const version = `-X k8s.io/component-base/version.gitVersion=v${release}`;
  go(['build', '-p', '1', '-ldflags', `-s -w ${version}`, '-o', controlPlane, '.'], source);
}

function fetchEtcd(): void {
  execFileSync('apt-get', ['download', 'etcd-server'], { cwd: folder, stdio: 'inherit' });
  const [file = ''] = globSync('etcd-server_*.deb', { cwd: folder });
  execFileSync('dpkg', ['-x', join(folder, file), join(folder, 'etcd')], { stdio: 'inherit' });
  rmSync(join(folder, file));
}

mkdirSync(folder, { recursive: true });
if (!existsSync(etcd)) fetchEtcd();
if (!existsSync(controlPlane)) buildControlPlane();
execFileSync('npx', ['vitest', 'run', '--project', 'unit', 'test/kubernetes', ...process.argv.slice(2)], {
  cwd: project,
  stdio: 'inherit',
  env: { ...process.env, PERBENCH_CONTROL_PLANE: controlPlane, PERBENCH_ETCD: etcd },
});

/**
 * Takes the steps of the Dockerfile without Docker, and starts what they make.
 *
 * Background: a Dockerfile that nobody has built is a guess, and many machines have no Docker daemon. The base is a Debian
 * made by debootstrap, each stage a copy of it, each `RUN` a command in a chroot with processes of its own. What this
 * can't show: that the base image of the registry has what debootstrap's smallest has, and anything about layers.
 *
 * Needs root, debootstrap (`apt-get install debootstrap`) and the network; takes some minutes and 3 GB in the folder.
 *
 * Usage: sudo node scripts/try-image.ts <folder> [<argument of perbench>...]
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type ImageStep, isInContext, readCopy, readDockerfile } from './dockerfile.ts';

const project = join(import.meta.dirname, '..');
const [folder, ...words] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: sudo node scripts/try-image.ts <folder> [<argument of perbench>...]');
const place = resolve(folder);

/** Networks with a proxy of their own have certificates of their own: npm gets this machine's. */
const ownCertificates = '/etc/ssl/certs/ca-certificates.crt';
const certificates = '/etc/try-image-certificates.crt';

/** A stage on the disk, and what its steps have set so far. */
interface Stage {
  readonly root: string;
  readonly environment: Map<string, string>;
  user: string;
  workFolder: string;
  entry: readonly string[];
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'inherit' });
}

/** The smallest Debian of a release, made once. */
function baseOf(image: string): string {
  const release = /^debian:(\w+)-slim$/.exec(image)?.[1];
  if (release === undefined) throw new Error(`no way to make ${image} without a registry`);
  const base = join(place, `base-${release}`);
  if (!existsSync(base)) run('debootstrap', ['--variant=minbase', release, base]);
  return base;
}

function inStage({ root, environment, user, workFolder }: Stage, command: readonly string[]): void {
  const settings = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/'];
  if (existsSync(join(root, certificates))) settings.push(`NODE_EXTRA_CA_CERTS=${certificates}`);
  const given = Array.from(environment, ([name, value]) => `${name}=${value}`);
  const inside = ['env', '-i', ...settings, ...given, 'sh', '-c', 'cd "$0" && exec "$@"', workFolder, ...command];
  const alone = ['--mount', '--pid', '--fork', `--mount-proc=${join(root, 'proc')}`];
  run('unshare', [...alone, 'chroot', `--userspec=${user}`, root, ...inside]);
}

function copy(stage: Stage, stages: ReadonlyMap<string, Stage>, step: ImageStep): void {
  const { from, sources, target } = readCopy(step);
  const to = resolve(stage.workFolder, target);
  for (const source of sources) {
    const at = from === undefined ? join(project, source) : join(stages.get(from)?.root ?? '/nowhere', source);
    const end = join(stage.root, target.endsWith('/') ? join(to, source) : to);
    mkdirSync(dirname(end), { recursive: true });
    if (from !== undefined) run('cp', ['-a', at, end]);
    else for (const file of filesOf(source)) cpSync(join(project, file), join(end, file.slice(source.length)));
  }
}

/** Files of the project below a path, or the path itself, as Docker would send them to its daemon. */
function filesOf(source: string): readonly string[] {
  const ignored = readFileSync(join(project, '.dockerignore'), 'utf8');
  const found = statSync(join(project, source)).isDirectory()
    ? globSync(`${source}/**/*`, { cwd: project }).filter((file) => statSync(join(project, file)).isFile())
    : [source];
  return found.filter((file) => isInContext(file, ignored));
}

function take(stage: Stage, stages: ReadonlyMap<string, Stage>, { name, text }: ImageStep): void {
  switch (name) {
    case 'RUN':
      return inStage(stage, ['sh', '-c', text]);
    case 'COPY':
      return copy(stage, stages, { name, text });
    case 'ENV': {
      const [, variable = '', value = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
      return void stage.environment.set(variable, value);
    }
    case 'USER':
      return void (stage.user = text);
    case 'WORKDIR':
      stage.workFolder = text;
      return void mkdirSync(join(stage.root, text), { recursive: true });
    case 'ENTRYPOINT':
      return void (stage.entry = JSON.parse(text) as readonly string[]);
    case 'VOLUME':
    case 'CMD':
      return undefined;
    default:
      throw new Error(`Dockerfile: ${name} is not understood`);
  }
}

const stages = new Map<string, Stage>();
let last: Stage | undefined;
for (const [index, { base, name = String(index), steps }] of readDockerfile(
  readFileSync(join(project, 'Dockerfile'), 'utf8'),
).entries()) {
  const root = join(place, `stage-${name}`);
  const from = baseOf(base);
  rmSync(root, { recursive: true, force: true });
  run('cp', ['-a', from, root]);
  for (const file of ['resolv.conf', 'hosts']) run('cp', ['-L', join('/etc', file), join(root, 'etc', file)]);
  if (existsSync(ownCertificates)) run('cp', ['-L', ownCertificates, join(root, certificates)]);
  last = { root, environment: new Map(), user: 'root', workFolder: '/', entry: [] };
  stages.set(name, last);
  for (const step of steps) {
    console.log(`--- ${name}: ${step.name} ${step.text}`);
    take(last, stages, step);
  }
}
if (last === undefined) throw new Error('Dockerfile: no stage');
run('du', ['-sh', '--apparent-size', last.root]);
console.log(`--- ${[...last.entry, ...words].join(' ')}`);
inStage(last, [...last.entry, ...words]);

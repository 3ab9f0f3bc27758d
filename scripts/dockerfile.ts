/** One step of an image: `RUN`, `COPY` and so on, and what follows it. */
export interface ImageStep {
  readonly name: string;
  readonly text: string;
}

export interface ImageStage {
  /** The image that it starts from. */
  readonly base: string;
  /** By which later stages copy from it. */
  readonly name: string | undefined;
  readonly steps: readonly ImageStep[];
}

/**
 * Stages of a Dockerfile, as far as ours goes: comments, continued lines, and an instruction a line.
 *
 * @throws {Error} for what is no such line
 */
export function readDockerfile(text: string): readonly ImageStage[] {
  const stages: { base: string; name: string | undefined; steps: ImageStep[] }[] = [];
  const lines = text.replaceAll(/\\\n/g, ' ').split('\n');
  for (const line of lines.filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [, name = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [base = '', , alias] = rest.split(' ');
      stages.push({ base, name: alias, steps: [] });
    } else if (name !== '' && stages.length > 0) stages.at(-1)?.steps.push({ name, text: rest });
    else throw new Error(`Dockerfile: not understood: ${line}`);
  }
  return stages;
}

/** A `COPY` step: from where, what, and to where. */
export function readCopy({ text }: ImageStep): {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
} {
  const words = text.split(' ');
  const from = /^--from=(.+)$/.exec(words[0] ?? '')?.[1];
  const paths = from === undefined ? words : words.slice(1);
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** Whether a file reaches the build: of the rules of a `.dockerignore` that fit it or a folder of it, the last counts. */
export function isInContext(path: string, ignored: string): boolean {
  const parts = path.split('/');
  const ancestors = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  let isKept = true;
  for (const rule of ignored.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
    const isBack = rule.startsWith('!');
    const glob = isBack ? rule.slice(1) : rule;
    const pattern = patternOf(glob);
    if (ancestors.some((each) => pattern.test(each))) isKept = isBack;
  }
  return isKept;
}

/** Docker's globs: unlike a shell's they also fit names that begin with a point. */
function patternOf(glob: string): RegExp {
  const parts = glob.split(/(\*\*\/|\*)/).map((part) => {
    if (part === '**/') return '(?:.*/)?';
    return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** `dataDir` → `data-dir` */
export function flagName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `dataDir` → `PERBENCH_DATA_DIR` */
export function environmentName(name: string): string {
  return `PERBENCH_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * lm-eval spells its flags with underscores: `--num_fewshot` and `--num-fewshot` are the same here.
 * Values after `=` and everything after `--` stay as they are.
 */
export function normalizeFlags(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    if (end !== -1 && index >= end) return argument;
    const match = /^(--[a-z][a-z0-9_-]*)(=.*)?$/s.exec(argument);
    return match === null ? argument : `${match[1]?.replaceAll('_', '-')}${match[2] ?? ''}`;
  });
}

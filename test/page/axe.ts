import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

const source = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** What axe-core finds wrong: rule and the first element. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Past the page's own content policy, which forbids foreign scripts.
  const result = await page.evaluate<AxeResult>(`${source};\naxe.run(document, { resultTypes: ['violations'] })`);
  return result.violations.map(
    ({ id, impact, nodes }) =>
      `${id} (${impact}): ${nodes.length} times, such as ${nodes[0]?.html} (${nodes[0]?.failureSummary})`,
  );
}

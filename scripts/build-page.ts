/**
 * Builds the pages: the shell of report.html, the viewer, and the program that writes a report's content as HTML.
 *
 * Background: a page must be one file that loads nothing, so Vite puts scripts and styles into it. Node can't run the
 * page's components (they are written with JSX), so that what reads without JavaScript is built for Node as well.
 * All three go to dist/pages, where both the sources and the package look for them; `npm ci` in a clone makes them by
 * way of the `prepare` script, without which nothing but `--omit=dev` installs would miss them.
 *
 * Usage: node scripts/build-page.ts [--if-possible]
 */
import { buildPage } from './page-build.ts';

const isOptional = process.argv.includes('--if-possible');
try {
  const sizes = await buildPage();
  console.log(sizes.map(({ name, bytes }) => `dist/pages/${name}: ${Math.ceil(bytes / 1024)} KiB`).join('\n'));
} catch (error) {
  if (!isOptional || !isMissing(error)) throw error;
  console.log('the pages were not built: Vite is not installed (report.html and perbench view need it)');
}

/** Vite is a development dependency: an installation without those has no pages. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

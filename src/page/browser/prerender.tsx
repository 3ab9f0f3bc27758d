import { renderToString } from 'preact-render-to-string';
import type { LoadedPage } from '../page-data.ts';
import { ReportPage } from './report-page.tsx';
import { showHidden } from './show-hidden.ts';

showHidden();

/** The content of a report as HTML: what readers without JavaScript, and printers, see. */
export function prerenderReport(page: LoadedPage): string {
  return renderToString(<ReportPage page={page} />);
}

import { render } from 'preact';
import { readEmbeddedPage } from './embedded-page.ts';
import { ReportPage } from './report-page.tsx';

async function start(): Promise<void> {
  const host = document.getElementById('app');
  if (host === null) return;
  try {
    const page = await readEmbeddedPage();
    // Rendering over what is there already would leave both.
    host.replaceChildren();
    document.documentElement.classList.add('js');
    render(<ReportPage page={page} />, host);
  } catch (error) {
    // What was written into the file stays readable.
    const notice = document.createElement('p');
    notice.className = 'note';
    notice.textContent = `The interactive part doesn't work here: ${error instanceof Error ? error.message : String(error)}`;
    host.prepend(notice);
  }
}

void start();

import { render } from 'preact';
import { serverSource } from './data-source.ts';
import { showHidden } from './show-hidden.ts';
import { startTips } from './tip.tsx';
import { ViewerPage } from './viewer-page.tsx';

const host = document.getElementById('app');
if (host !== null) {
  showHidden();
  startTips();
  host.replaceChildren();
  document.documentElement.classList.add('js');
  render(<ViewerPage source={serverSource} />, host);
}

import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { percentDecoded } from '../../core/percent-decoded.ts';
import { ComparePage } from './compare-page.tsx';
import type { DataSource } from './data-source.ts';
import { useHash } from './hash-state.ts';
import type { ViewProps } from './loading.tsx';
import { RunPage } from './run-page.tsx';
import { RunsPage } from './runs-page.tsx';
import { SamplesPage } from './samples-page.tsx';

function Route({ source, version }: ViewProps): VNode {
  const { path } = useHash();
  const [, place, id = '', part] = path.split('/');
  const runId = percentDecoded(id);
  if (place === 'runs' && runId !== '') {
    return part === 'samples' ? (
      <SamplesPage source={source} version={version} runId={runId} />
    ) : (
      <RunPage source={source} version={version} runId={runId} />
    );
  }
  if (place === 'compare') return <ComparePage source={source} version={version} />;
  return <RunsPage source={source} version={version} />;
}

/** The viewer: runs, one run, its samples, two runs side by side. */
export function ViewerPage({ source }: { readonly source: DataSource }): VNode {
  const [version, setVersion] = useState(0);
  const [isLive, setLive] = useState(false);
  useEffect(() => source.subscribe(() => setVersion((before) => before + 1), setLive), [source]);
  const { path } = useHash();
  const current = (own: string): 'page' | undefined => (path.startsWith(own) ? 'page' : undefined);
  return (
    <>
      <header class="page-head">
        <div class="brand">
          <a href="#/runs">
            perbench <span>view</span>
          </a>
        </div>
        <div class="run-name">
          <span class={isLive ? 'live on' : 'live'} role="status">
            {isLive ? 'live' : 'not connected'}
          </span>
        </div>
        <nav aria-label="Parts of the viewer">
          <a href="#/runs" aria-current={current('/runs')}>
            Runs
          </a>
          <a href="#/compare" aria-current={current('/compare')}>
            Compare
          </a>
        </nav>
      </header>
      <main>
        <Route source={source} version={version} />
      </main>
    </>
  );
}

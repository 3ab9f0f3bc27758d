import type { VNode } from 'preact';
import type { HostFacts } from '../../core/manifest.ts';
import { quantisationName } from '../../core/quantisation-name.ts';
import { parametersText } from '../charts/accuracy-by-size.ts';
import type { PageData, PageRun } from '../page-data.ts';
import { Block, copyText } from './block.tsx';
import { bytes, dateTime, duration, wholeNumber } from './format.ts';
import { Facts, type Fact } from './page-parts.tsx';
import { CellsTable } from './tables.tsx';
import { tip } from './tip.tsx';

/** The start is enough to compare by eye; paper has the whole. */
function hash(text: string | undefined): VNode | undefined {
  return text === undefined ? undefined : (
    <code {...tip(text)} tabIndex={0}>
      {text.slice(0, 12)}
      <span class="print-only">{text.slice(12)}</span>
    </code>
  );
}

export function hostFacts(host: HostFacts): readonly Fact[] {
  return [
    ['CPU', host.cpuModel],
    ['Cores', host.cpuQuotaCores === undefined ? host.cores : `${host.cores} (limited to ${host.cpuQuotaCores})`],
    ['Memory', bytes(host.memoryBytes)],
    ['GPUs', host.gpus.join(', ')],
    ['System', `${host.os}, ${host.kernel}`],
    ['CPU governor', host.governor],
    ['Container', host.isContainer === undefined ? undefined : host.isContainer ? 'yes' : 'no'],
  ];
}

function runFacts(run: PageRun): readonly Fact[] {
  const { manifest, cost } = run;
  return [
    ['Run', <code key="id">{run.id}</code>],
    ['Started', dateTime(run.createdAtMs)],
    ['Duration', duration(cost?.wallMs)],
    ['Status', run.status],
    ['Protocol', run.protocol],
    ['Seed', String(manifest.seed)],
    ['perbench', manifest.perbenchVersion],
    ['Node', manifest.nodeVersion],
    ['CPU time of perbench', duration(cost?.parentCpuMs)],
    ['CPU time of engines', duration(cost?.engineCpuMs)],
  ];
}

function columns(...texts: readonly string[]): readonly { readonly text: string }[] {
  return texts.map((text) => ({ text }));
}

function ModelTable({ models }: { readonly models: PageRun['manifest']['models'] }): VNode {
  const headings = columns('Model', 'Source', 'sha256', 'Size', 'Parameters', 'Quantization', 'Prompt style', 'Engine');
  return (
    <CellsTable
      caption="Models"
      headings={headings}
      rows={Object.entries(models).map(([name, facts]) => ({
        key: name,
        cells: [
          <bdi key="name">{name}</bdi>,
          <span key="source" class="long">
            {facts.source}
          </span>,
          hash(facts.fileSha256) ?? '–',
          bytes(facts.fileBytes),
          facts.parameters === undefined ? '–' : parametersText(facts.parameters),
          facts.quantisation === undefined ? '–' : quantisationName(facts.quantisation),
          facts.promptStyle ?? '–',
          <span key="engine" class="long">
            {facts.engineBuild ?? '–'}
          </span>,
        ],
      }))}
    />
  );
}

function TaskTable({ tasks }: { readonly tasks: PageRun['manifest']['tasks'] }): VNode {
  const headings = columns(
    'Task',
    'Items',
    'Evaluated',
    'Few-shot examples',
    'Data sha256',
    'Item ids sha256',
    'Notes',
  );
  return (
    <CellsTable
      caption="Tasks"
      headings={headings}
      rows={Object.entries(tasks).map(([id, facts]) => ({
        key: id,
        cells: [
          id,
          wholeNumber(facts.items),
          wholeNumber(facts.evaluatedItems),
          facts.shots,
          hash(facts.dataSha256),
          hash(facts.itemIdsSha256),
          <span key="notes" class="long">
            {facts.notes.join(' ') || '–'}
          </span>,
        ],
      }))}
    />
  );
}

export function ManifestBlock({ data }: { readonly data: PageData }): VNode | null {
  if (data.runs.length === 0) return null;
  return (
    <Block id="manifest" title="How it was measured" subtitle="Full manifest: perbench show --json">
      {data.runs.map((run) => (
        <div class="manifest" key={run.id}>
          <div class="columns">
            <Facts facts={runFacts(run)} />
            <Facts facts={hostFacts(run.manifest.host)} />
          </div>
          <h3>Models</h3>
          <ModelTable models={run.manifest.models} />
          <h3>Tasks</h3>
          <TaskTable tasks={run.manifest.tasks} />
        </div>
      ))}
    </Block>
  );
}

export function ReproduceBlock({ data }: { readonly data: PageData }): VNode | null {
  if (data.reproduce.length === 0) return null;
  const text = data.reproduce.join('\n');
  return (
    <Block
      id="reproduce"
      title="How to reproduce it"
      subtitle="On a machine with the same data and models; seeds are part of the suite."
    >
      <div class="command">
        <pre tabIndex={0}>
          <code>{text}</code>
        </pre>
        <button type="button" class="js-only" onClick={() => void copyText(text)}>
          Copy
        </button>
      </div>
    </Block>
  );
}

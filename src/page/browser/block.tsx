import { render, type ComponentChildren, type VNode } from 'preact';
import { useState } from 'preact/hooks';
import { tableFormats, tableText, type TextTable } from '../table-text.ts';

const formatNames = { markdown: 'Markdown', latex: 'LaTeX', csv: 'CSV' } as const;

export interface BlockProps {
  readonly id: string;
  readonly title: string;
  readonly subtitle?: ComponentChildren;
  /** What the copy buttons copy; none without it. */
  readonly table?: () => TextTable;
  /** What the save buttons save: the chart in its light colours. */
  readonly chart?: () => VNode;
  readonly children: ComponentChildren;
}

/** A part of the page with a heading, and buttons that take its content elsewhere. */
export function Block({ id, title, subtitle, table, chart, children }: BlockProps): VNode {
  return (
    <section class="block" id={id} aria-labelledby={`${id}-heading`}>
      <header class="block-head">
        <div>
          <h2 id={`${id}-heading`}>{title}</h2>
          {subtitle === undefined ? null : <p class="subtitle">{subtitle}</p>}
        </div>
        <BlockActions id={id} title={title} table={table} chart={chart} />
      </header>
      {children}
    </section>
  );
}

type ActionsProps = Pick<BlockProps, 'id' | 'title'> & {
  readonly table: BlockProps['table'] | undefined;
  readonly chart: BlockProps['chart'] | undefined;
};

function BlockActions({ id, title, table, chart }: ActionsProps): VNode | null {
  const [said, setSaid] = useState('');
  const say = (text: string): void => {
    setSaid(text);
    setTimeout(() => setSaid(''), 2000);
  };
  const attempt = async (action: () => Promise<void>, done: string): Promise<void> => {
    try {
      await action();
      say(done);
    } catch (error) {
      say(error instanceof Error ? error.message : 'failed');
    }
  };
  if (table === undefined && chart === undefined) return null;
  return (
    <div class="actions js-only" role="group" aria-label={`${title}: copy and save`}>
      <span class="said" role="status">
        {said}
      </span>
      {table === undefined
        ? null
        : tableFormats.map((format) => (
            <button
              key={format}
              type="button"
              aria-label={`Copy ${title} as ${formatNames[format]}`}
              onClick={() => void attempt(() => copyText(tableText(table(), format)), 'Copied')}
            >
              {formatNames[format]}
            </button>
          ))}
      {chart === undefined ? null : (
        <>
          <button
            type="button"
            aria-label={`Save ${title} as SVG`}
            onClick={() => saveFile(`${id}.svg`, 'image/svg+xml', svgText(chart()))}
          >
            SVG
          </button>
          <button
            type="button"
            aria-label={`Save ${title} as PNG`}
            onClick={() =>
              void attempt(async () => saveFile(`${id}.png`, 'image/png', await pngOf(svgText(chart()))), 'Saved')
            }
          >
            PNG
          </button>
        </>
      )}
    </div>
  );
}

/** Offers a file for saving. */
function saveFile(name: string, type: string, content: string | Blob): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Copies a text; where the clipboard is closed to the page, by the browser's own command. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The older way needs a selected field, and works where the newer one is forbidden.
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'off-screen';
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    if (!isCopied) throw new Error('the browser does not allow copying here');
  }
}

/** A chart as the text of an SVG file. */
function svgText(chart: VNode): string {
  const host = document.createElement('div');
  render(chart, host);
  const svg = host.querySelector('svg');
  const text = svg === null ? '' : new XMLSerializer().serializeToString(svg);
  render(null, host);
  return text;
}

/** Draws an SVG at twice its size. */
async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width * 2;
  canvas.height = image.height * 2;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('the image could not be drawn')) : resolve(blob)));
  });
}

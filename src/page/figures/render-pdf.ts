import { isValidElement, toChildArray, type VNode } from 'preact';
import PdfDocument from 'pdfkit';
import { plainText } from '../../present/sanitise.ts';
import type { Chart } from '../charts/chart-frame.ts';
import { loadChartFont } from './chart-font.ts';

export interface PdfOptions {
  readonly widthMm: number;
  readonly title: string;
  /** Where the numbers come from: kept in the file's properties. */
  readonly provenance?: string;
}

const pointsPerMm = 72 / 25.4;

/** What elements hand down to those inside them. */
interface Look {
  readonly fill: string;
  readonly stroke: string;
  readonly strokeWidth: number;
  readonly dashes: readonly number[];
  readonly fillOpacity: number;
  readonly strokeOpacity: number;
  readonly fontSize: number;
  readonly anchor: string;
}

const plain: Look = {
  fill: '#000000',
  stroke: 'none',
  strokeWidth: 1,
  dashes: [],
  fillOpacity: 1,
  strokeOpacity: 1,
  fontSize: 12,
  anchor: 'start',
};

type Attributes = Readonly<Record<string, unknown>>;

function numberOf(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : Number(value);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function lookOf(attributes: Attributes, outer: Look): Look {
  const opacity = numberOf(attributes['opacity'], 1);
  const dashes = textOf(attributes['stroke-dasharray'], '');
  return {
    fill: textOf(attributes['fill'], outer.fill),
    stroke: textOf(attributes['stroke'], outer.stroke),
    strokeWidth: numberOf(attributes['stroke-width'], outer.strokeWidth),
    dashes: dashes === '' ? outer.dashes : dashes.split(' ').map(Number),
    fillOpacity: opacity * numberOf(attributes['fill-opacity'], outer.fillOpacity),
    strokeOpacity: opacity * numberOf(attributes['stroke-opacity'], outer.strokeOpacity),
    fontSize: numberOf(attributes['font-size'], outer.fontSize),
    anchor: textOf(attributes['text-anchor'], outer.anchor),
  };
}

/** `translate(3,4)rotate(-90)`, as charts write it. */
function applyTransform(document: PDFKit.PDFDocument, transform: string): void {
  for (const [, name, inside = ''] of transform.matchAll(/([a-z]+)\(([^)]*)\)/gu)) {
    const [first = 0, second = 0] = inside.split(',').map(Number);
    if (name === 'translate') document.translate(first, second);
    else if (name === 'rotate') document.rotate(first);
    else throw new Error(`charts have no transform ${name}`);
  }
}

/** Fills and strokes the outline that was just drawn. */
function paint(document: PDFKit.PDFDocument, look: Look): void {
  const { fill, stroke, strokeWidth, dashes, fillOpacity, strokeOpacity } = look;
  document.lineWidth(strokeWidth).fillOpacity(fillOpacity).strokeOpacity(strokeOpacity);
  if (dashes.length > 0) document.dash(dashes[0] ?? 1, { space: dashes[1] ?? dashes[0] ?? 1 });
  else document.undash();
  if (fill !== 'none' && stroke !== 'none') document.fillAndStroke(fill, stroke);
  else if (stroke !== 'none') document.stroke(stroke);
  else if (fill !== 'none') document.fill(fill);
}

function drawText(document: PDFKit.PDFDocument, text: string, attributes: Attributes, look: Look): void {
  // No kerning, as charts measure it.
  const features = { kern: false, liga: false } as unknown as PDFKit.Mixins.OpenTypeFeatures[];
  document.fontSize(look.fontSize);
  const width = document.widthOfString(text, { features });
  const shift = look.anchor === 'middle' ? width / 2 : look.anchor === 'end' ? width : 0;
  document.lineWidth(look.strokeWidth).lineJoin('round').undash();
  document.fillOpacity(look.fillOpacity).strokeOpacity(look.strokeOpacity);
  if (look.stroke !== 'none') document.strokeColor(look.stroke);
  if (look.fill !== 'none') document.fillColor(look.fill);
  document.text(text, numberOf(attributes['x'], 0) - shift, numberOf(attributes['y'], 0), {
    lineBreak: false,
    baseline: 'alphabetic',
    fill: look.fill !== 'none',
    stroke: look.stroke !== 'none',
    features,
  });
}

function drawElement(document: PDFKit.PDFDocument, { type, props }: VNode<Attributes>, outer: Look): void {
  const { children, ...attributes } = props as Attributes & { readonly children?: VNode['props']['children'] };
  const look = lookOf(attributes, outer);
  const inside = toChildArray(children);
  const number = (name: string): number => numberOf(attributes[name], 0);
  document.save();
  applyTransform(document, textOf(attributes['transform'], ''));
  switch (type) {
    case 'title':
    case 'desc':
      break;
    case 'svg':
    case 'g':
      for (const child of inside) if (isValidElement(child)) drawElement(document, child, look);
      break;
    case 'rect':
      paint(document.rect(number('x'), number('y'), number('width'), number('height')), look);
      break;
    case 'circle':
      paint(document.circle(number('cx'), number('cy'), number('r')), look);
      break;
    case 'path':
      if (textOf(attributes['d'], '') !== '') paint(document.path(textOf(attributes['d'], '')), look);
      break;
    case 'text':
      drawText(document, inside.filter((child) => typeof child === 'string').join(''), attributes, look);
      break;
    default:
      throw new Error(`charts have no element ${String(type)}`);
  }
  document.restore();
}

/** A chart as a PDF file of one page: lines and shapes as such, and text as text in the embedded chart font. */
export async function renderPdf(chart: Chart, options: PdfOptions): Promise<Uint8Array> {
  const { widthMm, title, provenance } = options;
  const [, , width = 1, height = 1] = chart.props.viewBox.split(' ').map(Number);
  const scale = (widthMm * pointsPerMm) / width;
  const document = new PdfDocument({
    size: [width * scale, height * scale],
    margin: 0,
    info: {
      Title: plainText(title),
      ...(provenance !== undefined && { Subject: plainText(provenance) }),
      Creator: 'perbench',
      Producer: 'perbench',
      // The same figure is the same file, whenever it is drawn.
      CreationDate: new Date(0),
    },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise((resolve) => {
    document.on('end', resolve);
  });
  document.font(Buffer.from(await loadChartFont())).scale(scale);
  drawElement(document, chart as unknown as VNode<Attributes>, plain);
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

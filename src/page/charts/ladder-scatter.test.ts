import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { madeLadder, usualLadder } from '../../../test/setup/ladder-models.ts';
import { scaleColour } from './colour-scale.ts';
import { type LadderChoice, ladderData } from './ladder-data.ts';
import { type LadderScatterData, ladderScatter } from './ladder-scatter.ts';

const ladder = madeLadder(usualLadder);

function draw(data: LadderScatterData, width = 480): string {
  return renderToString(ladderScatter(data, { width, id: 'test' }));
}

function drawn(choice: LadderChoice = {}, shown = ladder): string {
  return draw(ladderData(shown, choice));
}

/** Texts of a picture, without the halos behind them. */
function texts(svg: string): readonly string[] {
  return [...svg.matchAll(/<text(?![^>]*aria-hidden)[^>]*>([^<]*)</gu)].map(([, text = '']) => text);
}

/** Fill and title of each point. */
function marks(svg: string): readonly (readonly [string, string])[] {
  return [...svg.matchAll(/<g><title>([^<]*)<\/title>.*?<\/g>/gu)].map(([group, title = '']) => {
    const fills = [...group.matchAll(/fill="([^"]*)"/gu)].map(([, fill = '']) => fill);
    return [title, fills.at(-1) ?? ''] as const;
  });
}

function luminance(hex: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return channels.reduce((sum, value, index) => sum + value * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
}

describe('the chart of a ladder', () => {
  it('shows divergence by size, speed as colour, and the base at the foot of the axis', () => {
    const svg = drawn();
    expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
    expect(texts(svg)).toMatchInlineSnapshot(`
      [
        "Throughput, items/s",
        "9",
        "15",
        "base: 0, at the foot",
        "300",
        "400",
        "500",
        "File size, MiB (← better)",
        "0.001",
        "0.01",
        "0.1",
        "KL divergence, nats (↓ better)",
        "Q8_0",
        "Q6_K",
        "Q4_K_M",
        "Q2_K",
      ]
    `);
    expect(marks(svg)).toMatchInlineSnapshot(`
      [
        [
          "q8 (base)",
          "#2b3e61",
        ],
        [
          "q6",
          "#00204d",
        ],
        [
          "q4",
          "#7c7b78",
        ],
        [
          "q2",
          "#ffea46",
        ],
      ]
    `);
    expect(/<desc[^>]*>([^<]*)</u.exec(svg)?.[1]).toMatchInlineSnapshot(
      `"KL divergence, nats (↓ better) against File size, MiB (← better): q8 (base) at 500, q6 0.002 at 450, q4 0.03 at 400, q2 0.5 at 300."`,
    );
    // Upright intervals: one path with an end at each bound for each point but the base.
    expect(svg.match(/<path d="M[\d.]+,[\d.]+L[\d.]+,[\d.]+" stroke="#1a1a1a"/gu)).toHaveLength(3);
  });

  it.each([
    [{ y: 'accuracy' }, 'Accuracy change, points', 'File size, MiB (← better)'],
    [{ y: 'flips', x: 'memory' }, 'Answers changed, % (↓ better)', 'Peak memory, MiB (← better)'],
  ] as const)('shows %o', (choice, yTitle, xTitle) => {
    const svg = drawn(choice);
    expect(texts(svg)).toEqual(expect.arrayContaining([yTitle, xTitle, 'base', '0']));
    expect(svg).toContain('stroke-dasharray');
  });

  it('calls points by their names where quantisations do not tell them apart, without what all begin with', () => {
    const [base] = usualLadder;
    const names = ['org/qwen-q8', 'org/qwen-q8 (kvCache q8_0)'].map((model, index) => ({
      ...base,
      model,
      memoryMib: 600 - 100 * index,
    }));
    const shown = madeLadder(names as [(typeof names)[number], ...typeof names]);
    expect(ladderData(shown).points.map(({ label }) => label)).toEqual(['q8', 'q8 (kvCache q8_0)']);
  });

  it('numbers points whose names have no room, and names them above', () => {
    const one = ladderData(ladder).points[3];
    if (one === undefined) throw new Error('the ladder has four points');
    const long = Array.from({ length: 12 }, (_, index) => ({
      ...one,
      model: `model ${index}`,
      label: `a name that is as long as the chart is wide, number ${index}`,
      x: 300 + index,
      isBase: index === 0,
    }));
    const shown = texts(draw({ ...ladderData(ladder), points: long }, 300));
    expect(shown.some((text) => text.startsWith('12 a name'))).toBe(true);
  });

  it('draws what a race left open as a bar, and says so', () => {
    const range = { low: -0.02, high: 0.01 };
    const open = { ...ladder, lossSource: undefined, y: 'accuracy' } as const;
    const rows = open.rows.map((row) =>
      row.standing === 'base'
        ? row
        : { ...row, accuracyDifference: undefined, raceDifference: { kind: 'interval', ...range } as const },
    );
    const svg = drawn({}, { ...open, rows });
    expect(texts(svg)).toContain('bar: what the race left open');
    expect(svg).toContain('q4 -2 to 1 at 400');
  });

  it('leaves points hollow whose speed is doubtful, and says where there is nothing to show', () => {
    const data = ladderData(ladder);
    const hollow = draw({ ...data, points: data.points.map((point) => ({ ...point, speed: undefined })) });
    expect(texts(hollow)).toContain('hollow: speed unknown or doubtful');
    expect(marks(hollow).map(([, fill]) => fill)).toEqual(['#ffffff', '#ffffff', '#ffffff', '#ffffff']);
    expect(texts(drawn({ y: 'kl' }, madeLadder([usualLadder[0], { model: 'other', fileMib: 3 }])))).toContain(
      'no model beside the base has both numbers',
    );
  });

  it('has colours that grow lighter, so that a grey print keeps their order', () => {
    const lights = Array.from({ length: 21 }, (_, index) => luminance(scaleColour(index / 20)));
    expect(lights).toEqual(lights.toSorted((left, right) => left - right));
    expect(Math.min(...lights.slice(1).map((light, index) => light - (lights[index] ?? 0)))).toBeGreaterThan(3);
  });
});

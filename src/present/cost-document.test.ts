import { expect, it } from 'vitest';
import { apiAt, measured, taskCosts, usualModel } from '../../test/setup/task-costs.ts';
import type { Measurement } from '../core/measurement.ts';
import type { TaskCosts } from '../scoring/cost.ts';
import { costDocument } from './cost-document.ts';
import { documentFormats } from './formats.ts';
import { terminalText } from './terminal.ts';

function shown(costs: TaskCosts, width?: number): string {
  return terminalText(costDocument([costs]).screen, { width, isWhole: false });
}

const known = { ...apiAt(0.2, [0.15, 0.24]), accuracy: measured(0.85, 'ratio', [0.8, 0.89]), tokensOf: 'api' };

it('shows prices at a load, what they rest on, and from which load on one is cheaper', () => {
  const load = { answersPerDay: 2_000_000, electricityPrice: 2, pue: 1.5 };
  expect(shown(taskCosts([usualModel], [known], load), 120)).toMatchInlineSnapshot(`
    "Toy · price of 1,000 answers
    Model                Accuracy        Throughput           Full use     Devices  In use       At this load  Electricity
                           [95 %]           items/s           EUR/1000                   %           EUR/1000     EUR/1000
    own    own  0.80 [0.75, 0.84]  10.0 [9.0, 12.0]  0.13 [0.11, 0.14]  3 (2 to 3)    77.2  0.16 [0.11, 0.16]       0.0300
    api    API  0.85 [0.80, 0.89]                                                           0.20 [0.15, 0.24]
    Cheapest of your own at 2,000,000 answers a day: own, 0.160 EUR per 1,000 answers; api takes 0.200 EUR. Your own is
      cheaper from 508,000 answers a day on (95 % interval 402,000 to 741,000), and at every load from 1,020,000 on.
      electricity: measured energy (GPU) of answers times 2 per kWh and a PUE of 1.5; what the rest of the machine and idle
        devices draw was not measured and is in no price
      at 3.6 EUR per device and hour; all prices are yours

    Toy · break-even
    Model  Against                  Cheaper from                        Always from  At this load
                                     answers/day                        answers/day
    own    api      508,000 (402,000 to 741,000)  1,020,000 (402,000 to 14,800,000)  too close to tell
      always: however many copies of the model the load takes

    More intervals and notes: -v."
  `);
});

it('shows prices at full use where there is no load, and hides what nobody asked for', () => {
  expect(shown(taskCosts([usualModel], []), 120)).toMatchInlineSnapshot(`
    "Toy · price of 1,000 answers
    Model                Accuracy        Throughput           Full use
                           [95 %]           items/s           EUR/1000
    own    own  0.80 [0.75, 0.84]  10.0 [9.0, 12.0]  0.10 [0.08, 0.11]
    Cheapest of your own at full use: own, 0.100 EUR per 1,000 answers.
      at 3.6 EUR per device and hour; all prices are yours
      throughput is that of the measured load: answers are slower there than alone, and peaks above it wait

    More notes: -v."
  `);
});

it('says where a further device makes an API cheaper again, and where an API always is', () => {
  const text = shown(
    taskCosts([usualModel], [apiAt(0.12, [0.119, 0.121]), { ...apiAt(0.01, [0.009, 0.011]), model: 'cheap' }]),
  );
  expect(text).toMatch(/\nown +api +720,000 \(714,000 to 726,000\) +3,600,000 \(/u);
  expect(text).toMatch(/\nown +cheap +never +never/u);
  expect(text).toContain('cheap takes 0.0100 EUR. Your own is never cheaper.');
  expect(text).toContain('api, cheap: accuracy not measured here');
});

it('says what the break-even is worth above: at every load, or from a higher one on', () => {
  const sentence = (price: number): string =>
    costDocument([taskCosts([usualModel], [apiAt(price)])]).verdict.replace(/^.* EUR\. /u, '');
  expect(sentence(0.2)).toBe('Your own is cheaper from 432,000 answers a day on (spread unknown).');
  expect(sentence(0.12)).toBe(
    'Your own is cheaper from 720,000 answers a day on (spread unknown), and at every load from 3,600,000 on.',
  );
  // One copy at its full use costs just as much: any further one costs more.
  expect(sentence(0.1)).toBe(
    'Your own is cheaper from 864,000 answers a day on (spread unknown), but not at every load above.',
  );
  expect(sentence(0.01)).toBe('Your own is never cheaper (spread unknown).');
});

it('tells a spread that is not known from one that is too wide', () => {
  const load = { answersPerDay: 2_000_000 };
  const single = { ...usualModel, rate: measured(10, 'items/s') };
  expect(shown(taskCosts([single], [apiAt(9, [8, 10])], load))).toMatch(/\nown +api .* spread unknown/u);
  expect(shown(taskCosts([usualModel], [apiAt(0.13, [0.12, 0.14])], load))).toMatch(/\nown +api .* too close to tell/u);
});

it('marks what is doubtful or one-sided, and says why', () => {
  const offered = { ...usualModel, model: 'kept', isOffered: true };
  const doubt = { reason: 'truncated', detail: '9 % ended at the limit' } as const;
  const cut = {
    ...usualModel,
    model: 'cut',
    accuracy: { ...measured(0.8, 'ratio'), warnings: [doubt] } as Measurement,
  };
  const costs = taskCosts([offered, cut], [], {}, { assumedDevice: ['cut'] });
  const text = terminalText(costDocument([costs]).screen);
  expect(text).toMatch(/\nkept +own .* 10\.0[^ ]* .*!/u);
  expect(text).toContain('! kept: throughput is the rate at which requests were sent; a device kept up with it');
  expect(text).toMatch(/\ncut +own +0\.80\d? *!/u);
  expect(text).toContain('! a doubtful number; perbench report says why');
  expect(text).toContain("cut: at a server that doesn't tell its devices: one is counted");
});

it('gives each reason for which electricity is missing', () => {
  const gap = { status: 'unavailable', reason: 'energy_gap', detail: 'GPU-a: no reading for 4 s' } as const;
  const models = [
    { ...usualModel, model: 'a', energyPerItem: gap },
    { ...usualModel, model: 'b', energyPerItem: undefined },
  ];
  const text = shown(taskCosts(models, [], { electricityPrice: 1 }), 200);
  expect(text).toContain(
    '! a: without electricity, which was not measured: GPU-a: no reading for 4 s; with it, prices',
  );
  expect(text).toContain(
    '! b: without electricity, which was not measured: nothing here tells energy; with it, prices',
  );
});

it('says of several tasks which each sentence is of, and lists APIs alone too', () => {
  const one = taskCosts([usualModel], [apiAt(0.2)]);
  const other = taskCosts([], [apiAt(0.3)], {}, { title: 'Other', taskId: 'other/per@1' });
  const document = costDocument([one, { ...one, title: 'Third' }, other]);
  expect(document.verdict).toMatch(/^Toy: Cheapest .* Third: Cheapest /u);
  const lines = documentFormats.cost.csv.write(document).trim().split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[3]).toContain('other/per@1');
  expect(lines[3]).toContain('0.3');
});

it('leaves open what only one end of the intervals says', () => {
  const costs = taskCosts([usualModel], [apiAt(0.09, [0.088, 0.092])]);
  expect(shown(costs)).toContain('Your own is never cheaper (95 % interval 939,000 to never).');
  const csv = documentFormats.cost.csv.write(costDocument([costs]));
  const [headings = '', values = ''] = csv.split('\r\n');
  const cells = Object.fromEntries(headings.split(',').map((heading, at) => [heading, values.split(',')[at]]));
  expect(cells).toMatchObject({ break_even: 'open', break_even_load: '', break_even_load_high: '' });
});

it('names all that cost the same at a load, and which of them costs least at full use', () => {
  const slow = { ...usualModel, model: 'slow', rate: measured(5, 'items/s', [4, 6]) };
  const verdict = (models: readonly (typeof usualModel)[], load?: number): string =>
    costDocument([taskCosts(models, [apiAt(900, [890, 910])], { answersPerDay: load })]).verdict;
  expect(verdict([slow, usualModel], 100)).toMatch(
    /: slow and own alike, 864 EUR per 1,000 answers \(at full use own costs least\); api takes 900 EUR\. own is cheaper from /u,
  );
  expect(verdict([{ ...usualModel, model: 'twin' }, usualModel], 100)).toContain(
    ': twin and own alike, 864 EUR per 1,000 answers; api',
  );
  expect(verdict([slow, usualModel])).toContain('Cheapest of your own at full use: own, ');
});

it('names no model as cheapest whose answers are of no use', () => {
  const useless = {
    ...usualModel,
    model: 'fast',
    rate: measured(90, 'items/s'),
    unusable: 'no better than chance (0.5)',
  };
  const text = shown(taskCosts([useless, usualModel], []));
  expect(text).toContain(
    'Cheapest of your own at full use: own, 0.100 EUR per 1,000 answers (fast would be cheaper, but not usable).',
  );
  expect(text).toContain('fast is not usable: no better than chance (0.5)');
  expect(shown(taskCosts([useless], []))).toContain(
    'None of your own that has a price is usable: fast would be cheapest at full use.',
  );
});

it('says what a mark means first', () => {
  const lost = { status: 'unavailable', reason: 'no_samples' } as const;
  const others = ['one', 'two'].map((model) => ({ ...usualModel, model, rate: { ...lost, detail: `no ${model}` } }));
  const doubt = { reason: 'host_busy', detail: 'busy' } as const;
  const busy = { ...usualModel, rate: { ...measured(10, 'items/s'), warnings: [doubt] } as Measurement };
  expect(shown(taskCosts([...others, busy], []), 120)).toContain('! a doubtful number; perbench report says why');
});

it('says why there is no price', () => {
  const lost = { status: 'unavailable', reason: 'no_samples', detail: 'no launch produced a value' } as const;
  const text = shown(taskCosts([usualModel, { ...usualModel, model: 'broken', rate: lost }], []));
  expect(text).toMatch(/\nbroken +own .*–/u);
  expect(text).toContain('–: broken: no launch produced a value');
  const stopped = { status: 'unavailable', reason: 'stopped_early', detail: 'a race stopped it early' } as const;
  expect(shown(taskCosts([{ ...usualModel, model: 'out', accuracy: stopped }], []))).toContain(
    '–: out: a race stopped it early',
  );
});

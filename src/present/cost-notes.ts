import { percentText } from '../core/amount-text.ts';
import { knownMeasurement } from '../core/measurement.ts';
import { lacksElectricity, type OwnCost, type TaskCosts } from '../scoring/cost.ts';
import { isDoubtful } from '../scoring/create-scoreboards.ts';
import type { Footnote } from './document.ts';

function note(text: string, more: Partial<Footnote> = {}): Footnote {
  return { mark: '', text, isAboutIntervals: false, ...more };
}

/** Why a model has no price or no accuracy; each reason once. */
function reasonNotes({ own, apis }: TaskCosts): readonly Footnote[] {
  const reasons = [
    ...own.flatMap(({ model, rate, accuracy }) => [[model, rate] as const, [model, accuracy] as const]),
    ...apis.map(({ model, price }) => [model, price] as const),
  ];
  const byDetail = Map.groupBy(
    reasons.flatMap(([model, why]) => (why?.status === 'unavailable' ? [{ model, detail: why.detail }] : [])),
    ({ detail }) => detail,
  );
  return Array.from(byDetail, ([detail, models]) =>
    note(`–: ${models.map(({ model }) => model).join(', ')}: ${detail}`),
  );
}

/** APIs whose answers nobody scored: their price alone says little. */
function qualityNotes({ apis }: TaskCosts): readonly Footnote[] {
  const unknown = apis.filter(({ accuracy }) => knownMeasurement(accuracy) === undefined).map(({ model }) => model);
  if (unknown.length === 0) return [];
  return [note(`${unknown.join(', ')}: accuracy not measured here; put the API into the suite to compare that, too`)];
}

/** What prices of APIs rest on. */
function tokenNotes({ apis, cachedShare }: TaskCosts): readonly Footnote[] {
  const priced = apis.filter(({ price }) => price.status !== 'unavailable');
  if (priced.length === 0) return [];
  const others = priced.filter(({ model, tokensOf }) => model !== tokensOf);
  const counted = [...new Set(others.map(({ tokensOf }) => tokensOf))].join(', ');
  return [
    ...(others.length === 0
      ? []
      : [
          note(
            `prices of APIs are for the token counts of ${counted}: an API counts by its own tokeniser, and its answers may be longer or shorter`,
            { shortText: `APIs are priced by the token counts of ${counted}; theirs differ` },
          ),
        ]),
    note(
      cachedShare === 0
        ? 'no input tokens are taken to be in the cache of an API'
        : `${percentText(cachedShare)} of input tokens are taken to be in the cache of an API`,
      { isDetail: true },
    ),
  ];
}

function namesOf(costs: readonly OwnCost[]): string {
  return costs.map(({ model }) => model).join(', ');
}

/** What it means that a price leaves something out: it is at least, or at most, what is shown. */
function boundNotes({ own, plan }: TaskCosts): readonly Footnote[] {
  const priced = own.filter(({ fullUse }) => fullUse !== undefined);
  const lacking = Map.groupBy(
    priced.filter((cost) => lacksElectricity(cost, plan)),
    ({ energyPerItem }) =>
      energyPerItem?.status === 'unavailable' ? energyPerItem.detail : 'nothing here tells energy',
  );
  const offered = priced.filter(({ isOffered }) => isOffered);
  return [
    ...Array.from(lacking, ([why, costs]) =>
      note(`${namesOf(costs)}: without electricity, which was not measured: ${why}; with it, prices are higher`, {
        mark: '!',
      }),
    ),
    ...(offered.length === 0
      ? []
      : [
          note(
            `${namesOf(offered)}: throughput is the rate at which requests were sent; a device kept up with it and may give more, so prices are at most these`,
            { mark: '!' },
          ),
        ]),
  ];
}

function electricityNotes({ own, plan }: TaskCosts): readonly Footnote[] {
  const counted = own.filter(({ electricity }) => electricity !== undefined);
  const parts = [...new Set(counted.map(({ energyOf }) => energyOf))].join('; ');
  if (counted.length === 0) return [];
  return [
    note(
      `electricity: measured energy (${parts}) of answers times ${plan.electricityPrice} per kWh and a PUE of ${plan.pue}; what the rest of the machine and idle devices draw was not measured and is in no price`,
    ),
  ];
}

/** Models of which nobody said on how many devices they are. */
function deviceNotes({ assumedDevice }: TaskCosts): readonly Footnote[] {
  if (assumedDevice.length === 0) return [];
  return [
    note(
      `${assumedDevice.join(', ')}: at a server that doesn't tell its devices: one is counted, unless the suite says devices in engineOptions; an API belongs into the file of prices`,
    ),
  ];
}

/** What must be known of a table of prices, the most important first. */
export function costNotes(costs: TaskCosts): readonly Footnote[] {
  const { own, apis, plan, pretended, currency } = costs;
  const shown = [...own.flatMap(({ rate, accuracy }) => [rate, accuracy]), ...apis.map(({ accuracy }) => accuracy)];
  const isSingle = own.some(({ rate }) => knownMeasurement(rate)?.n === 1);
  return [
    ...(pretended.length === 0
      ? []
      : [note(`${pretended.join(', ')}: the mock engine stands in for a model, so these prices are of nothing real`)]),
    ...boundNotes(costs),
    ...(shown.some((each) => isDoubtful(each))
      ? [note('a doubtful number; perbench report says why', { mark: '!' })]
      : []),
    ...own.flatMap(({ model, unusable }) =>
      unusable === undefined ? [] : [note(`${model} is not usable: ${unusable}`)],
    ),
    ...reasonNotes(costs),
    ...electricityNotes(costs),
    ...deviceNotes(costs),
    ...qualityNotes(costs),
    ...tokenNotes(costs),
    note(
      `at ${plan.pricePerHour}${currency === undefined ? '' : ` ${currency}`} per device and hour; all prices are yours`,
    ),
    note('throughput is that of the measured load: answers are slower there than alone, and peaks above it wait'),
    note('in no price: staff, network, storage, and what a better or worse answer is worth', { isDetail: true }),
    ...(isSingle ? [note('one launch: how far others differ is unknown')] : []),
    note('± and [ ]: 95 % intervals, from launches for throughput and energy, from items for tokens', {
      isAboutIntervals: true,
      isDetail: true,
    }),
  ];
}

/** @param isSame no further copy makes one's own dearer again */
export function breakEvenNotes({ plan }: TaskCosts, isSame: boolean): readonly Footnote[] {
  return [
    ...(isSame
      ? []
      : [
          note(
            'always: beyond the capacity of one copy a second is paid for, and an API may be cheaper until its share of the load is large enough',
            { shortText: 'always: however many copies of the model the load takes', column: 'Always from' },
          ),
        ]),
    note('never: one copy at full use costs more per answer than the API', { isDetail: true }),
    note(
      `(95 % interval): from the items' tokens, and the launches' throughput${plan.electricityPrice === undefined ? '' : ' and energy'}, each end where all are best or worst for your own; without one a spread is unknown`,
      { isDetail: true },
    ),
  ];
}

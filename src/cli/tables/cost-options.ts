import { quantities } from '../../core/quantities.ts';
import { choice, custom, number, type Option, text, withDefault } from '../options/option.ts';
import { pricePerHour, tasksOption } from './decision-options.ts';
import { dpi, width } from './result-options.ts';

const perDay: Readonly<Record<string, number>> = { s: 86_400, min: 1440, h: 24, day: 1, d: 1 };

/** Answers that are asked for. */
export interface Load {
  /** Above 0. */
  readonly perDay: number;
  /** A rate, such as `2/s`, is that of the busy part of a day; a number per day is of all of it. */
  readonly isRate: boolean;
}

/** `50000/day`, `50000`, `2/s`, `120/h`; undefined where it is none above 0. */
export function parseLoad(value: string): Load | undefined {
  const [, digits, unit = 'day'] = /^\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*(?:\/\s*(\w+))?\s*$/iu.exec(value) ?? [];
  const times = Object.hasOwn(perDay, unit.toLowerCase()) ? perDay[unit.toLowerCase()] : undefined;
  if (digits === undefined || times === undefined) return undefined;
  const load = Number(digits) * times;
  return load > 0 && Number.isFinite(load) ? { perDay: load, isRate: times > 1 } : undefined;
}

/** Answers of a whole day. */
export function answersPerDay(load: Load | undefined, dutyCycle: number): number | undefined {
  return load && load.perDay * (load.isRate ? dutyCycle : 1);
}

/** A share within bounds, `33%` or `0.33`. */
function share(least: 'above 0' | 'at least 0', help: string): Option<number | undefined> {
  return custom<number>({
    argument: 'share',
    help,
    expected: `a share ${least} and at most 1, such as 0.33 or 33%`,
    parse: (value) => {
      const parsed = quantities.share.parse(value);
      const isIn = parsed !== undefined && parsed <= 1 && (least === 'above 0' ? parsed > 0 : parsed >= 0);
      return isIn ? parsed : undefined;
    },
  });
}

export const costOptions = {
  load: custom<Load>({
    argument: 'answers/time',
    help: 'answers that are asked for: 50000/day, or a rate such as 600/h or 2/s in the busy part of the day',
    defaultText: 'none: prices at full use only',
    expected: 'a number of answers above 0 per s, min, h or day, such as 50000/day',
    parse: parseLoad,
  }),
  dutyCycle: withDefault(share('above 0', 'share of the day in which they are asked for, evenly'), 1),
  idle: withDefault(
    choice({
      argument: 'how',
      choices: ['paid', 'stopped'],
      help: 'devices in the rest of the day: paid as well, or stopped and started again with the load',
    }),
    'paid',
  ),
  pricePerHour,
  electricity: number({
    argument: 'price',
    min: 0,
    isWhole: false,
    help: 'price of a kWh, where the hourly price is without electricity and energy was measured',
  }),
  pue: withDefault(
    number({ argument: 'n', min: 1, isWhole: false, help: 'power that the site draws over that of its computers' }),
    1,
  ),
  prices: text({
    argument: 'file',
    help: 'what APIs take for tokens, .yaml or .json; see docs/cost.md',
    completion: 'file',
  }),
  cachedShare: withDefault(share('at least 0', "share of input tokens that are in an API's cache"), 0),
  tokensOf: text({
    argument: 'model',
    help: 'model of the run whose tokens price the APIs that are not in the run',
    defaultText: 'the first',
    hasEnvironment: false,
  }),
  task: tasksOption,
  width,
  dpi,
} as const;

import { describe, expect, it } from 'vitest';
import { DataError } from '../core/errors.ts';
import { datasetOf } from '../core/task.ts';
import { checkData } from './data-checks.ts';
import { requestDigest } from './data-checks.ts';

describe('requestDigest', () => {
  // hashlib.sha256(json.dumps([["é\"\n🙂\x7f", ["\n"]], ["a", " b"]]).encode()).hexdigest() in Python
  it('hashes what json.dumps writes', () => {
    expect(
      requestDigest([
        ['é"\n🙂\u007f', ['\n']],
        ['a', ' b'],
      ]),
    ).toBe('b50681b1cdb073ed826965db9124c3b2d2479677dd3e33a59cffad0fd99dc246');
    expect(requestDigest([])).toBe('4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945');
  });
});

describe('checkData', () => {
  it('tells other rows and missing data from the published ones', async () => {
    const checks = await checkData(async (task) => {
      if (datasetOf(task).name === 'gsm8k') throw new DataError('no gsm8k here');
      return [];
    });
    expect(checks.map(({ name, status }) => [name, status])).toEqual([
      ['arc_easy-v0-loglikelihood', 'mismatch'],
      ['gsm8k-v0-greedy_until', 'unavailable'],
      ['squad2-v1-greedy_until', 'mismatch'],
      ['squad2-v1-loglikelihood', 'mismatch'],
      ['hellaswag-v0-loglikelihood', 'mismatch'],
    ]);
    expect(checks[1]).toMatchObject({ reason: 'no gsm8k here', actual: undefined });
  });

  it('does not hide faults of ours', async () => {
    await expect(checkData(async () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
  });
});

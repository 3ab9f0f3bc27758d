import { Agent, request } from 'undici';

/** Where an API server is, and as whom it is asked. */
export interface ApiAccess {
  readonly server: string;
  readonly token: string;
  /** The certificate that it must show, as PEM; undefined where it has none. */
  readonly ca: string | undefined;
}

/** What an API server refused. */
export class ApiRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
}

/** What tests read of a Pod, as its JSON has it. */
export interface PodJson {
  readonly metadata: Metadata;
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly [
      {
        readonly name: string;
        readonly image: string;
        readonly args?: readonly string[];
        readonly env?: readonly {
          readonly name: string;
          readonly value?: string;
          readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
        }[];
        readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[];
        readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
      },
    ];
  };
  readonly status: { readonly phase: string };
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

const contentTypes: Readonly<Partial<Record<Method, string>>> = {
  POST: 'application/json',
  PATCH: 'application/strategic-merge-patch+json',
};

/** A Kubernetes API server, asked in plain JSON: what plays a part of a cluster in tests doesn't use the client that it tests. */
export class ApiClient implements AsyncDisposable {
  readonly access: ApiAccess;
  readonly #dispatcher: Agent;

  constructor(access: ApiAccess) {
    this.access = access;
    this.#dispatcher = new Agent(access.ca === undefined ? {} : { connect: { ca: access.ca } });
  }

  /** @throws {ApiRefusal} unless the server does it */
  async ask(method: Method, path: string, body?: object): Promise<unknown> {
    const answer = await request(`${this.access.server}${path}`, {
      method,
      dispatcher: this.#dispatcher,
      headersTimeout: 10_000,
      headers: { authorization: `Bearer ${this.access.token}`, 'content-type': contentTypes[method] ?? '*/*' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ApiRefusal(answer.statusCode, text.slice(0, 500));
    return text.startsWith('{') ? (JSON.parse(text) as unknown) : text;
  }

  /** The same, where what is there already is as good; or isn't there any more. */
  async askUnless(code: 404 | 409, ...question: Parameters<ApiClient['ask']>): Promise<void> {
    try {
      await this.ask(...question);
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.code !== code) throw error;
    }
  }

  async pods(query: string): Promise<readonly PodJson[]> {
    return ((await this.ask('GET', `/api/v1/pods?${query}`)) as { readonly items: readonly PodJson[] }).items;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiAccess, Metadata } from './api-client.ts';

/** An object of the API, as JSON; what it has depends on its kind. */
export interface Stored {
  readonly metadata: Metadata & { readonly creationTimestamp: string };
  readonly [part: string]: unknown;
}

interface Place {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** A refusal as the API server words it: `Status` of meta/v1. */
class Refused extends Error {
  readonly code: number;
  readonly details: Partial<Record<'name' | 'kind', string>>;

  constructor(code: number, message: string, details: Refused['details'] = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

const paths = /^(?:\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/u;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/u;

export const doubleTokens = { admin: 'token-of-an-admin', guest: 'token-of-a-guest' } as const;

/**
 * An HTTP server that answers the questions that perbench and a kubelet ask, as the API of Kubernetes documents them. It
 * only keeps objects; what controllers do with them, `reconcile` does after each change.
 */
export class ApiDouble implements AsyncDisposable {
  /** Methods and paths, in the order in which they were asked. */
  readonly asked: string[] = [];
  readonly namespaces = new Set(['default', 'kube-node-lease']);
  /** Answers to the next questions whose path fits: what a proxy says, or a server that starts; with code 0, none at all. */
  readonly faults: { readonly on: RegExp; readonly code: number; readonly text: string }[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #server: Server = createServer();
  readonly #reconcile: (double: ApiDouble) => void;
  /** The log of a Pod, from the node that it is on. */
  readonly #log: (pod: Stored, query: string) => Promise<string | undefined>;
  #count = 0;
  #port = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    reconcile: (double: ApiDouble) => void,
    log: (pod: Stored, query: string) => Promise<string | undefined>,
  ) {
    this.#reconcile = reconcile;
    this.#log = log;
    this.#server.on('request', (request: IncomingMessage, response) => {
      void this.#answer(request).then(({ code, body }) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const type = typeof body === 'string' ? 'text/plain' : 'application/json';
        response.writeHead(code, { 'content-type': type }).end(text);
      });
    });
  }

  /** Listens, again on the same port after a stop. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#timer = setInterval(() => {
      this.#reconcile(this);
    }, 100);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  access(token: string = doubleTokens.admin): ApiAccess {
    return { server: `http://127.0.0.1:${this.#port}`, token, ca: undefined };
  }

  async #answer(request: IncomingMessage): Promise<{ readonly code: number; readonly body: unknown }> {
    const { method = '', url = '' } = request;
    this.asked.push(`${method} ${url}`);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const [fault] = this.faults;
    if (fault?.on.test(url) === true) {
      this.faults.shift();
      if (fault.code === 0) await new Promise(() => {});
      return { code: fault.code, body: fault.text };
    }
    try {
      const { pathname, search, searchParams } = new URL(url, 'http://double');
      const [, namespace = '', resource = '', name = '', part = ''] = paths.exec(pathname) ?? [];
      this.#authorise(request, { namespace, resource, name });
      const place = { resource, namespace, name };
      if (part === 'log') return { code: 200, body: await this.#podLog(place, search) };
      const body = parts.length === 0 ? {} : (JSON.parse(Buffer.concat(parts).toString()) as Partial<Stored>);
      const answer = this.#do(method, place, body, searchParams);
      this.#reconcile(this);
      return { code: method === 'POST' ? 201 : 200, body: answer };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code, message, details } = error;
      return { code, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, details, code } };
    }
  }

  #authorise({ method = '', headers }: IncomingMessage, { namespace, resource }: Place): void {
    const token = headers.authorization?.replace('Bearer ', '');
    if (token === doubleTokens.admin) return;
    if (token !== doubleTokens.guest) throw new Refused(401, 'Unauthorized');
    const verb = method === 'POST' ? 'create' : 'list';
    const what = `cannot ${verb} resource "${resource}" in API group "batch" in the namespace "${namespace}"`;
    throw new Refused(403, `${resource}.batch is forbidden: User "guest" ${what}`, { kind: resource });
  }

  #do(method: string, place: Place, body: Partial<Stored>, query: URLSearchParams): unknown {
    switch (method) {
      case 'POST':
        return this.#create(place, body, query.get('dryRun') === 'All');
      case 'PATCH':
        return this.put(place, merged(this.#need(place), body) as Stored);
      case 'DELETE':
        return this.remove(place, Number(query.get('gracePeriodSeconds') ?? 30));
      default:
        return place.name === '' ? { items: this.#select(place, query) } : this.#need(place);
    }
  }

  #create({ resource, namespace }: Place, body: Partial<Stored>, isTrial: boolean): Stored {
    if (namespace !== '' && !this.namespaces.has(namespace))
      throw new Refused(404, `namespaces "${namespace}" not found`, { name: namespace, kind: 'namespaces' });
    const name = body.metadata?.name ?? '';
    checkSelector(body, name);
    const place = { resource, namespace, name };
    if (this.get(place) !== undefined)
      throw new Refused(409, `${resource} "${name}" already exists`, { name, kind: resource });
    this.#count += 1;
    const metadata = {
      ...body.metadata,
      name,
      namespace,
      uid: `uid-${this.#count}`,
      creationTimestamp: new Date().toISOString(),
    };
    const stored = { status: {}, ...body, metadata };
    return isTrial ? stored : this.put(place, stored);
  }

  #need(place: Place): Stored {
    const found = this.get(place);
    if (found !== undefined) return found;
    const { resource: kind, name } = place;
    throw new Refused(404, `${kind} "${name}" not found`, { name, kind });
  }

  #select({ resource, namespace }: Place, query: URLSearchParams): readonly Stored[] {
    const labels = (query.get('labelSelector') ?? '').split(',').filter((each) => each !== '');
    const node = /^spec\.nodeName=(.*)$/u.exec(query.get('fieldSelector') ?? '')?.[1];
    return this.all(resource).filter(({ metadata, spec }) => {
      if (namespace !== '' && metadata.namespace !== namespace) return false;
      if (node !== undefined && (spec as { readonly nodeName?: string }).nodeName !== node) return false;
      return labels.every((label) => {
        const [key = '', value] = label.split('=');
        return metadata.labels?.[key] === value;
      });
    });
  }

  async #podLog(place: Place, query: string): Promise<string> {
    const text = await this.#log(this.#need(place), query);
    if (text === undefined) throw new Refused(500, `Get "https://node/containerLogs": connect: connection refused`);
    return text;
  }

  get({ resource, namespace, name }: Place): Stored | undefined {
    return this.#objects.get(`${resource}/${namespace}/${name}`);
  }

  put({ resource, namespace, name }: Place, stored: Stored): Stored {
    this.#objects.set(`${resource}/${namespace}/${name}`, stored);
    return stored;
  }

  all(resource: string): readonly Stored[] {
    return Array.from(this.#objects).flatMap(([key, stored]) => (key.startsWith(`${resource}/`) ? [stored] : []));
  }

  /** Jobs wait for their Pods, and Pods that are on a node for its kubelet. */
  remove(place: Place, graceSeconds: number): Stored {
    const stored = this.#need(place);
    const isBound = (stored['spec'] as { readonly nodeName?: string } | undefined)?.nodeName !== undefined;
    if (place.resource !== 'jobs' && (graceSeconds === 0 || !isBound)) {
      this.#objects.delete(`${place.resource}/${place.namespace}/${place.name}`);
      return stored;
    }
    const deletionTimestamp = stored.metadata.deletionTimestamp ?? new Date().toISOString();
    const metadata = { ...stored.metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds };
    return this.put(place, { ...stored, metadata });
  }

  forget({ resource, namespace, name }: Place): void {
    this.#objects.delete(`${resource}/${namespace}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function checkSelector(body: Partial<Stored>, name: string): void {
  const { template } = (body['spec'] ?? {}) as {
    readonly template?: { readonly spec: { readonly nodeSelector?: Readonly<Record<string, string>> } };
  };
  const bad = Object.values(template?.spec.nodeSelector ?? {}).find((value) => !labelValue.test(value));
  if (bad === undefined) return;
  const what = `spec.template.spec.nodeSelector: Invalid value: "${bad}": a valid label must consist of alphanumeric characters`;
  throw new Refused(422, `Job.batch "${name}" is invalid: ${what}`, { name, kind: 'Job' });
}

/** A strategic merge as far as it is needed: conditions by type, other lists as a whole. */
export function merged(old: unknown, change: unknown, key = ''): unknown {
  if (key === 'conditions' && Array.isArray(old) && Array.isArray(change)) {
    const conditions = [...old, ...change] as readonly { readonly type: string }[];
    return Array.from(new Map(conditions.map((condition) => [condition.type, condition])).values());
  }
  if (!isObject(old) || !isObject(change)) return change;
  const parts = Object.entries(change).map(([name, value]) => [name, merged(old[name], value, name)]);
  return { ...old, ...(Object.fromEntries(parts) as object) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

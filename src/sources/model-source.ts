/** One member of one wheel. */
export interface PipPart {
  readonly package: string;
  readonly version: string;
  /** Path inside the wheel. */
  readonly member: string;
}

/** Where the bytes of a model can come from. `sha256` is hex, and undefined where nobody has pinned it. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'hub';
      readonly repo: string;
      readonly file: string;
      readonly revision: string;
      readonly sha256: string | undefined;
    }
  /** The parts are joined in this order. */
  | { readonly kind: 'pip'; readonly parts: readonly PipPart[]; readonly sha256: string | undefined }
  | { readonly kind: 'url'; readonly url: string; readonly sha256: string };

/** The source as a user would write it; never holds credentials. */
export function describeSource(source: ModelSource): string {
  switch (source.kind) {
    case 'file':
      return source.path;
    case 'hub':
      return `hf:${source.repo}/${source.file}${source.revision === 'main' ? '' : `@${source.revision}`}`;
    case 'pip':
      return `pip:${source.parts.map((part) => `${part.package}==${part.version}/${part.member}`).join('+')}`;
    case 'url': {
      const url = new URL(source.url);
      url.username = '';
      url.password = '';
      return `${url.origin}${url.pathname}`;
    }
  }
}

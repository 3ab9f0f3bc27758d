import type { ServerFlavour } from './server-facts.ts';

/** Under which name a server takes a JSON schema. */
export type SchemaWay = 'response_format' | 'json_schema' | 'structured_outputs' | 'guided_json' | 'format';

type Schema = Readonly<Record<string, unknown>>;

const fields: Readonly<Record<SchemaWay, (schema: Schema) => Schema>> = {
  response_format: (schema) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
  }),
  json_schema: (schema) => ({ json_schema: schema }),
  structured_outputs: (schema) => ({ structured_outputs: { json: schema } }),
  guided_json: (schema) => ({ guided_json: schema }),
  format: (schema) => ({ format: schema }),
};

/** The fields that hold an answer to a schema. */
export function schemaFields(way: SchemaWay, schema: Schema): Schema {
  return fields[way](schema);
}

/** What is worth trying at each kind of server, for chats and plain prompts alike. */
export const schemaWays: Readonly<Record<ServerFlavour, readonly SchemaWay[]>> = {
  'llama-server': ['json_schema', 'response_format'],
  // The second since version 0.11, the third before it.
  vllm: ['response_format', 'structured_outputs', 'guided_json'],
  sglang: ['response_format', 'json_schema'],
  ollama: ['response_format', 'format'],
  unknown: ['response_format'],
};

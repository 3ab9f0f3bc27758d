/*
 * Just enough of the WebAssembly binary format (core specification 2.0, section 5) to write one module by hand: it is
 * assembled when the engine's process starts, so no binary is committed and no build tool is needed.
 */

export type Code = readonly number[];

/** Value types and the opcodes in use; vector opcodes follow the prefix 0xfd. */
export const i32 = 0x7f;
export const f32 = 0x7d;
export const f64 = 0x7c;
export const v128 = 0x7b;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

function floatBytes(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}

function vector(opcode: number, ...immediates: number[]): Code {
  return [0xfd, ...unsigned(opcode), ...immediates];
}

/** `align` is a power of two's exponent, as the format wants it. */
function memoryArgument(align: number, offset: number): number[] {
  return [...unsigned(align), ...unsigned(offset)];
}

export const op = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  end: [0x0b],
  branchIf: (depth: number): Code => [0x0d, ...unsigned(depth)],
  return: [0x0f],
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  loadF32: (offset: number): Code => [0x2a, ...memoryArgument(2, offset)],
  i32Const: (value: number): Code => [0x41, ...signed(value)],
  i32LessUnsigned: [0x49],
  i32Add: [0x6a],
  i32Sub: [0x6b],
  i32ShiftRight: [0x76],
  f32Const: (value: number): Code => [0x43, ...floatBytes(value)],
  f32Equal: [0x5b],
  f64Add: [0xa0],
  f32Max: [0x97],
  load: (offset: number): Code => vector(0, ...memoryArgument(4, offset)),
  splatF32: vector(19),
  splatConst: (value: number): Code =>
    vector(12, ...floatBytes(value), ...floatBytes(value), ...floatBytes(value), ...floatBytes(value)),
  splatConstI32: (value: number): Code => {
    const bytes = [...new Uint8Array(new Int32Array([value]).buffer)];
    return vector(12, ...bytes, ...bytes, ...bytes, ...bytes);
  },
  shuffleHigh: vector(13, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
  laneF32: (lane: number): Code => vector(31, lane),
  laneF64: (lane: number): Code => vector(33, lane),
  vectorEqual: vector(65),
  anyTrue: vector(83),
  vectorAdd: vector(228),
  vectorSub: vector(229),
  vectorMul: vector(230),
  vectorMax: vector(233),
  /** Like max without its rules for NaN and zero: one machine instruction. */
  pseudoMax: vector(235),
  promoteLow: vector(95),
  vectorAddF64: vector(240),
  shiftLeftInt: vector(171),
  addInt: vector(174),
} satisfies Record<string, Code | ((argument: number) => Code)>;

export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly result: number;
  /** Types of the locals after the parameters. */
  readonly locals: readonly number[];
  readonly body: readonly Code[];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** A module that imports its memory as `env.memory` and exports the functions. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [0x60, ...list(parameters.map((type) => [type])), 1, result]);
  const codes = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, type])), ...body.flat(), ...op.end];
    return [...unsigned(code.length), ...code];
  });
  return new Uint8Array([
    ...magicAndVersion,
    ...section(1, list(types)),
    ...section(2, list([[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(functions.map((each, index) => [...name(each.name), 0x00, ...unsigned(index)]))),
    ...section(10, list(codes)),
  ]);
}

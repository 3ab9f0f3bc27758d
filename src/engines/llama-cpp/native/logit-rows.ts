import { assemble, f32, f64, i32, op, v128, type Code, type WasmFunction } from './wasm-assembler.ts';

/** Floats that one turn of the loops takes; rows are padded to a multiple with -Infinity. */
const floatsPerTurn = 16;
const rowOffset = 16;

const forEachTurn = (body: readonly Code[]): Code[] => [
  op.loop,
  ...body,
  [...op.get(0), ...op.i32Const(floatsPerTurn * 4), ...op.i32Add, ...op.tee(0)],
  [...op.get(1), ...op.i32LessUnsigned, ...op.branchIf(0), ...op.end],
];

/** max(from, to): the highest float between two addresses. Locals 2 to 5 hold a maximum each. */
const highest: WasmFunction = {
  name: 'highest',
  parameters: [i32, i32],
  result: f32,
  locals: [v128, v128, v128, v128],
  body: [
    ...[2, 3, 4, 5].map((local) => [...op.splatConst(-Infinity), ...op.set(local)]),
    ...forEachTurn(
      [2, 3, 4, 5].map((local, part) => [
        ...op.get(local),
        ...op.get(0),
        ...op.load(part * 16),
        ...op.pseudoMax,
        ...op.set(local),
      ]),
    ),
    [
      ...op.get(2),
      ...op.get(3),
      ...op.vectorMax,
      ...op.get(4),
      ...op.vectorMax,
      ...op.get(5),
      ...op.vectorMax,
      ...op.set(2),
    ],
    [...op.get(2), ...op.laneF32(0), ...op.get(2), ...op.laneF32(1), ...op.f32Max],
    [...op.get(2), ...op.laneF32(2), ...op.f32Max, ...op.get(2), ...op.laneF32(3), ...op.f32Max],
  ],
};

/** indexOf(from, to, value): how many floats lie before the first that equals the value; local 3 keeps the start. */
const indexOf: WasmFunction = {
  name: 'indexOf',
  parameters: [i32, i32, f32],
  result: i32,
  locals: [i32, v128],
  body: [
    [...op.get(0), ...op.set(3), ...op.get(2), ...op.splatF32, ...op.set(4)],
    op.loop,
    [...op.get(0), ...op.load(0), ...op.get(4), ...op.vectorEqual, ...op.anyTrue],
    op.if,
    ...[0, 1, 2, 3].flatMap((lane) => [
      [...op.get(0), ...op.loadF32(lane * 4), ...op.get(2), ...op.f32Equal, ...op.if],
      [...op.get(0), ...op.get(3), ...op.i32Sub, ...op.i32Const(2), ...op.i32ShiftRight],
      [...op.i32Const(lane), ...op.i32Add, ...op.return, ...op.end],
    ]),
    op.end,
    [
      ...op.get(0),
      ...op.i32Const(16),
      ...op.i32Add,
      ...op.tee(0),
      ...op.get(1),
      ...op.i32LessUnsigned,
      ...op.branchIf(0),
    ],
    op.end,
    op.i32Const(-1),
  ],
};

/** ln 2 in two parts, so that x - n ln 2 keeps its low bits. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
/** Minimax coefficients of (exp(r) - 1 - r) / r² on [-ln 2 / 2, ln 2 / 2], highest power first (Cephes `expf`). */
const exponentialCoefficients = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];

/** Adding it rounds a small float to the nearest integer, which then stands in the low bits. */
const roundingMagic = 1.5 * 2 ** 23;

/** Locals of `sumExponentials` after its parameters. Constants in locals: V8 builds a vector literal anew at each use. */
const local = { max: 3, lowSum: 4, highSum: 5, x: 6, rounded: 7, power: 8, four: 9, firstConstant: 10 };
// Below -87 the result would leave the range of normal floats; it adds nothing at that size.
const constants = [-87, Math.LOG2E, roundingMagic, ln2High, ln2Low, 1, ...exponentialCoefficients];
const constant = (index: number): Code => op.get(local.firstConstant + index);
const exponentBias = local.firstConstant + constants.length;

/** Leaves exp of the four floats at `offset` minus the maximum on the stack. */
function exponentials(offset: number): Code[] {
  const { x, rounded, power } = local;
  return [
    [
      ...op.get(0),
      ...op.load(offset),
      ...op.get(local.max),
      ...op.vectorSub,
      ...constant(0),
      ...op.pseudoMax,
      ...op.tee(x),
    ],
    [...constant(1), ...op.vectorMul, ...constant(2), ...op.vectorAdd, ...op.tee(rounded)],
    [...constant(2), ...op.vectorSub, ...op.set(power)],
    [...op.get(x), ...op.get(power), ...constant(3), ...op.vectorMul, ...op.vectorSub],
    [...op.get(power), ...constant(4), ...op.vectorMul, ...op.vectorSub, ...op.set(x)],
    constant(6),
    ...[7, 8, 9, 10, 11].map((index) => [...op.get(x), ...op.vectorMul, ...constant(index), ...op.vectorAdd]),
    [...op.get(x), ...op.vectorMul, ...op.get(x), ...op.vectorMul, ...op.get(x), ...op.vectorAdd],
    [...constant(5), ...op.vectorAdd],
    // 2^n by moving n into the exponent bits.
    [
      ...op.get(rounded),
      ...op.i32Const(23),
      ...op.shiftLeftInt,
      ...op.get(exponentBias),
      ...op.addInt,
      ...op.vectorMul,
    ],
  ];
}

/** sumExponentials(from, to, max): the sum of exp(x - max), in float64. */
const sumExponentials: WasmFunction = {
  name: 'sumExponentials',
  parameters: [i32, i32, f32],
  result: f64,
  locals: Array.from({ length: exponentBias - 2 }, () => v128),
  body: [
    [...op.get(2), ...op.splatF32, ...op.set(local.max)],
    ...constants.map((value, index) => [...op.splatConst(value), ...op.set(local.firstConstant + index)]),
    [...op.splatConstI32(127 << 23), ...op.set(exponentBias)],
    ...forEachTurn([
      ...[0, 16, 32, 48].flatMap((offset) => exponentials(offset)),
      [...op.vectorAdd, ...op.vectorAdd, ...op.vectorAdd, ...op.tee(local.four)],
      // Four at a time in float32, all the rest in float64.
      [...op.promoteLow, ...op.get(local.lowSum), ...op.vectorAddF64, ...op.set(local.lowSum)],
      [...op.get(local.four), ...op.get(local.four), ...op.shuffleHigh, ...op.promoteLow],
      [...op.get(local.highSum), ...op.vectorAddF64, ...op.set(local.highSum)],
    ]),
    [...op.get(local.lowSum), ...op.get(local.highSum), ...op.vectorAddF64, ...op.tee(local.lowSum), ...op.laneF64(0)],
    [...op.get(local.lowSum), ...op.laneF64(1), ...op.f64Add],
  ],
};

/** What is used of WebAssembly, whose types belong to the browser's library. */
interface WebAssemblyGlobal {
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

interface RowFunctions {
  highest(from: number, to: number): number;
  indexOf(from: number, to: number, value: number): number;
  sumExponentials(from: number, to: number, max: number): number;
}

/** A row of logits in WebAssembly memory, reduced there by SIMD: a JavaScript loop takes about ten times as long. */
export class LogitRows {
  readonly #functions: RowFunctions;
  readonly #row: Float32Array;
  readonly #end: number;
  readonly #vocabularySize: number;

  constructor(vocabularySize: number) {
    this.#vocabularySize = vocabularySize;
    const padded = Math.ceil(vocabularySize / floatsPerTurn) * floatsPerTurn;
    this.#end = rowOffset + padded * 4;
    const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal };
    const memory = new WebAssembly.Memory({ initial: Math.ceil(this.#end / 65_536) });
    this.#row = new Float32Array(memory.buffer, rowOffset, padded).fill(-Infinity);
    const module = new WebAssembly.Module(assemble([highest, indexOf, sumExponentials]));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    // The three functions are the ones that were assembled two lines above.
    this.#functions = exports as RowFunctions;
  }

  /** Copies a row in; the others work on it. */
  load(logits: Float32Array): void {
    this.#row.set(logits);
  }

  at(token: number): number {
    return this.#row[token] ?? Number.NaN;
  }

  /** The highest logit; NaN logits give -Infinity or a number that is in the row. */
  highest(): number {
    return this.#functions.highest(rowOffset, this.#end);
  }

  /** The first token whose logit is the highest, or -1 where none is a number. */
  argmax(highestLogit: number): number {
    const index = this.#functions.indexOf(rowOffset, this.#end, highestLogit);
    return index < this.#vocabularySize ? index : -1;
  }

  /** ln of the sum of exp over the row, in float64. */
  logSumExp(highestLogit: number): number {
    return highestLogit + Math.log(this.#functions.sumExponentials(rowOffset, this.#end, highestLogit));
  }
}

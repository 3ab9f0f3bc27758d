/**
 * What files and repositories call a quantisation, of what llama.cpp calls it: `Q4_K_M` of `Q4_K - Medium`, `IQ3_M` of
 * `IQ3_S mix - 3.66 bpw`. Other names stay as they are.
 */
export function quantisationName(name: string): string {
  return name
    .replace(/^all /, '')
    .replace(/^Q2_K - Medium$/, 'Q2_K')
    .replace(/^(Q\d_K) - (\w)\w+$/, '$1_$2')
    .replace(/^IQ3_S mix/, 'IQ3_M')
    .replace(/ (- \d.*|MoE)$/, '');
}

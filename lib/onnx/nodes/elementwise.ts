/** Ops that go element by element: they take tensors in whatever order their axes are held. */
import type { Params } from '../../core/run.js';
import { numel } from '../../core/shape.js';
import { fixed, type Extents, type Graph, type Value } from '../graph.js';
import { inPlace, type Order } from '../order.js';
import { elementTypes } from '../schema.js';
import type { NodeCall, NodeTable, Nodes } from './call.js';

type UnaryFunction = Params<'unary_forward'>['function'];

/** Puts nodes for f(x); alpha and beta are the function's own, as in native/unary_functions.h. */
type UnaryNodes = (graph: Graph, x: string, alpha: number, beta: number) => string;

const named = (operator: string): UnaryNodes => (graph, x) => graph.node(operator, [x]);

const times = (graph: Graph, x: string, factor: number) => (factor === 1 ? x : graph.node('Mul', [x, graph.float(factor)]));
const plus = (graph: Graph, x: string, term: number) => (term === 0 ? x : graph.node('Add', [x, graph.float(term)]));

const clip: UnaryNodes = (graph, x, alpha, beta) => {
  const bounds = [alpha === -Infinity ? '' : graph.float(alpha), beta === Infinity ? '' : graph.float(beta)];
  return graph.node('Clip', [x, ...(bounds[1] === '' ? bounds.slice(0, 1) : bounds)]);
};

/** log(1 + exp(x)) */
const softplus: UnaryNodes = (graph, x) => graph.node('Softplus', [x]);

/** x where a condition holds, else y. */
const choose = (graph: Graph, condition: string, x: string, y: string) => graph.node('Where', [condition, x, y]);

const unaries: Record<UnaryFunction, UnaryNodes> = {
  relu: named('Relu'),
  leakyRelu: (graph, x, alpha) => graph.node('LeakyRelu', [x], { alpha: { float: alpha } }),
  elu: (graph, x, alpha, beta) => {
    if (beta === 1) return graph.node('Elu', [x], { alpha: { float: alpha } });
    const below = graph.node('Elu', [times(graph, x, beta)], { alpha: { float: alpha } });
    return choose(graph, graph.node('Greater', [x, graph.float(0)]), x, below);
  },
  selu: named('Selu'),
  hardtanh: clip,
  hardswish: named('HardSwish'),
  hardsigmoid: (graph, x) => graph.node('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }),
  gelu: (graph, x) => {
    const share = plus(graph, graph.node('Erf', [times(graph, x, Math.SQRT1_2)]), 1);
    return graph.node('Mul', [x, times(graph, share, 0.5)]);
  },
  geluTanh: (graph, x) => {
    const cubed = times(graph, graph.node('Mul', [x, graph.node('Mul', [x, x])]), 0.044715);
    const share = plus(graph, graph.node('Tanh', [times(graph, graph.node('Add', [x, cubed]), Math.sqrt(2 / Math.PI))]), 1);
    return graph.node('Mul', [x, times(graph, share, 0.5)]);
  },
  silu: (graph, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  mish: (graph, x) => graph.node('Mul', [x, graph.node('Tanh', [softplus(graph, x, 1, 0)])]),
  softplus: (graph, x, alpha, beta) => {
    const scaled = times(graph, x, alpha), smooth = times(graph, softplus(graph, scaled, 1, 0), 1 / alpha);
    return choose(graph, graph.node('Greater', [scaled, graph.float(beta)]), x, smooth);
  },
  softsign: named('Softsign'),
  logSigmoid: (graph, x) => graph.node('Neg', [softplus(graph, graph.node('Neg', [x]), 1, 0)]),
  sigmoid: named('Sigmoid'),
  tanh: named('Tanh'),
  tanhshrink: (graph, x) => graph.node('Sub', [x, graph.node('Tanh', [x])]),
  softshrink: (graph, x, alpha) => graph.node('Shrink', [x], { lambd: { float: alpha }, bias: { float: alpha } }),
  hardshrink: (graph, x, alpha) => graph.node('Shrink', [x], { lambd: { float: alpha }, bias: { float: 0 } }),
  threshold: (graph, x, alpha, beta) => choose(graph, graph.node('LessOrEqual', [x, graph.float(alpha)]), graph.float(beta), x),
  exp: named('Exp'),
  expm1: (graph, x) => plus(graph, graph.node('Exp', [x]), -1),
  log: named('Log'),
  log1p: (graph, x) => graph.node('Log', [plus(graph, x, 1)]),
  sqrt: named('Sqrt'),
  rsqrt: (graph, x) => graph.node('Reciprocal', [graph.node('Sqrt', [x])]),
  square: (graph, x) => graph.node('Mul', [x, x]),
  cube: (graph, x) => graph.node('Mul', [x, graph.node('Mul', [x, x])]),
  reciprocal: named('Reciprocal'),
  power: (graph, x, alpha) => graph.node('Pow', [x, graph.float(alpha)]),
  abs: named('Abs'),
  sign: named('Sign'),
  floor: named('Floor'),
  ceil: named('Ceil'),
  round: named('Round'),
  clamp: clip,
  sin: named('Sin'),
  cos: named('Cos'),
  atan: named('Atan'),
  erf: named('Erf'),
};

/** An operand with leading axes of extent 1, up to a rank. */
function widened(graph: Graph, value: Value, rank: number): Value {
  const missing = rank - value.shape.length;
  if (missing === 0) return value;
  const ones = fixed(Array<number>(missing).fill(1));
  return graph.reshaped(value, { shape: [...ones.shape, ...value.shape], perImage: [...ones.perImage, ...value.perImage] });
}

/** Operands as nodes take them that stretch them to a shape, all with their axes in one order: that of the largest. */
export function aligned(graph: Graph, operands: readonly Value[], { shape }: Extents): { names: string[]; order: Order } {
  const wide = operands.map((operand) => (operand.shape.length === 0 ? operand : widened(graph, operand, shape.length)));
  const held = wide.flatMap((value) => ('order' in value && value.shape.length === shape.length ? [value] : []));
  const [largest] = held.sort((a, b) => numel(b.shape) - numel(a.shape));
  const order = largest?.order ?? inPlace(shape.length);
  return { names: wide.map((value) => graph.held(value, value.shape.length === 0 ? [] : order)), order };
}

/** Ops of two tensors that stretch to one shape. */
type Pair = 'add' | 'sub' | 'mul' | 'div' | 'power' | 'maximum' | 'minimum';

function pair(operator: string): (call: NodeCall<Pair>) => void {
  return (call) => {
    const { names, order } = aligned(call.graph, [call.value('a'), call.value('b')], call.output('y'));
    call.write('y', call.graph.node(operator, names), order);
  };
}

function prelu(call: NodeCall<'prelu_forward'>): void {
  const { names, order } = aligned(call.graph, [call.value('x'), call.value('weight')], call.output('y'));
  call.write('y', call.graph.node('PRelu', names), order);
}

/** A value of booleans. */
function truth(graph: Graph, value: Value): Value {
  if (value.type === 'bool') return value;
  const held = graph.inMemory(value);
  return { ...held, name: graph.node('Cast', [held.name], { to: elementTypes.bool }), type: 'bool' };
}

function where(call: NodeCall<'where'>): void {
  const operands = [truth(call.graph, call.value('condition')), call.value('a'), call.value('b')];
  const { names, order } = aligned(call.graph, operands, call.output('y'));
  call.write('y', call.graph.node('Where', names), order);
}

function compare(call: NodeCall<'compare' | 'compare_i32'>): void {
  const { graph, params } = call;
  const { names, order } = aligned(graph, [call.value('a'), call.value('b')], call.output('y'));
  const operators: Record<typeof params.relation, string> = { equal: 'Equal', notEqual: 'Equal', less: 'Less', lessEqual: 'LessOrEqual' };
  const y = graph.node(operators[params.relation], names);
  call.write('y', params.relation === 'notEqual' ? graph.node('Not', [y]) : y, order, 'bool');
}

function logical(call: NodeCall<'logical'>): void {
  const { graph, params } = call;
  const { names, order } = aligned(graph, [truth(graph, call.value('a')), truth(graph, call.value('b'))], call.output('y'));
  const operators: Record<typeof params.connective, string> = { conjunction: 'And', disjunction: 'Or', exclusion: 'Xor' };
  call.write('y', graph.node(operators[params.connective], names), order, 'bool');
}

function logicalNot(call: NodeCall<'logical_not'>): void {
  const x = call.graph.inMemory(truth(call.graph, call.value('x')));
  call.write('y', call.graph.node('Not', [x.name]), x.order, 'bool');
}

function cast(to: 'float' | 'int32' | 'uint8'): Nodes<'cast_f32' | 'cast_i32' | 'cast_u8'> {
  return (call) => {
    const x = call.graph.inMemory(call.value('x'));
    call.write('y', call.graph.node('Cast', [x.name], { to: elementTypes[to] }), x.order, to);
  };
}

function unary(call: NodeCall<'unary_forward'>): void {
  const { graph, params } = call, x = graph.inMemory(call.value('x'));
  call.write('y', unaries[params.function](graph, x.name, params.alpha, params.beta), x.order);
}

/** scale * x + shift of a value. */
export function scaled(graph: Graph, x: string, scale: number, shift: number): string {
  return plus(graph, times(graph, x, scale), shift);
}

export const elementwise: NodeTable = {
  unary_forward: unary,
  add: pair('Add'),
  sub: pair('Sub'),
  mul: pair('Mul'),
  div: pair('Div'),
  power: pair('Pow'),
  maximum: pair('Max'),
  minimum: pair('Min'),
  prelu_forward: prelu,
  where,
  compare,
  compare_i32: compare,
  logical,
  logical_not: logicalNot,
  cast_f32: cast('float'),
  cast_i32: cast('int32'),
  cast_u8: cast('uint8'),
};

import { native } from '../native.js';
import { defaultDevice, device as openDevice, type Device } from './device.js';
import { dtypeOf, hostArray, isFloat, isHalf, type DType, type Float, type HostArray, type HostArrays } from './dtype.js';
import { ConvoltError, fromNative } from './errors.js';
import { converted, overwrite } from './gradient_memory.js';
import { checkRecordingDevice, noteChange, refuseRecording } from './recording.js';
import { keep, track } from './scope.js';
import { numel, sameShape, shapeText, type Shape } from './shape.js';
import { Storage } from './storage.js';
import { backward, LeafNode, OpNode, wantsGradient, type BackwardOptions, type GradNode, type GradientHook } from './tape.js';

/**
 * A dense tensor on a device, channels last. `Tensor` without a type is one of real numbers: float32, or 16-bit floats
 * where an op takes them. Its contents are read with {@link Tensor.data}, which waits without blocking the event loop.
 */
export class Tensor<D extends DType = Float> {
  readonly shape: Shape;
  readonly dtype: D;
  /** Where the gradient of a leaf with `requiresGrad` is summed by backward(); null before the first. */
  grad: Tensor | null = null;
  /** Whether the next gradient overwrites `grad` instead of adding to it. @internal */
  gradIsStale = false;
  /** How the tensor was made, if it takes part in a gradient. @internal */
  node: GradNode | null = null;

  private owned: Storage;
  private disposed = false;

  /** @internal Use {@link tensor} or an op. */
  constructor(storage: Storage, shape: Shape, dtype: D) {
    this.owned = storage;
    this.shape = shape;
    this.dtype = dtype;
  }

  get device(): Device {
    return this.owned.device;
  }

  get numel(): number {
    return numel(this.shape);
  }

  /** The memory behind the tensor. @internal @throws ERR_ARGUMENT if the tensor was disposed. */
  get storage(): Storage {
    if (this.disposed) throw new ConvoltError('ERR_ARGUMENT', `expected a live tensor, but got one of shape ${shapeText(this.shape)} that was disposed`);
    return this.owned;
  }

  get isDisposed(): boolean {
    return this.disposed;
  }

  /** Whether a gradient flows to this tensor. Set it on leaves of a float type only. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }

  set requiresGrad(value: boolean) {
    if (this.node !== null && !(this.node instanceof LeafNode)) {
      throw new ConvoltError('ERR_ARGUMENT', `requiresGrad: expected a leaf, but got the result of ${this.node.name}; use detach() for a leaf with its values`);
    }
    if (value && !isFloat(this.dtype)) {
      throw new ConvoltError('ERR_ARGUMENT', `requiresGrad: expected a tensor of a float type, but got ${this.dtype}`);
    }
    this.node = value ? (this.node ?? new LeafNode(this)) : null;
    noteChange();
  }

  /**
   * The contents, copied to the host, when all work given so far has run. 16-bit floats arrive as float32.
   *
   * @throws ERR_RECORDING, at once, in {@link capture}.
   */
  data(): Promise<HostArrays[D]> {
    refuseRecording('data() or item()', 'a replay brings no value to the host by itself');
    return this.read();
  }

  private async read(): Promise<HostArrays[D]> {
    if (isHalf(this.dtype)) {
      const wide = converted(this, 'float32');
      keep(wide);
      try {
        return (await wide.data()) as HostArrays[D];
      } finally {
        wide.dispose();
      }
    }
    try {
      return (await native.read(this.storage.handle)) as HostArrays[D];
    } catch (error) {
      throw error instanceof ConvoltError ? error : fromNative(error);
    }
  }

  /** The only element. @throws ERR_ARGUMENT if there is not exactly one. */
  item(): Promise<number> {
    refuseRecording('data() or item()', 'a replay brings no value to the host by itself');
    return this.readItem();
  }

  private async readItem(): Promise<number> {
    if (this.numel !== 1) throw new ConvoltError('ERR_ARGUMENT', `item: expected a tensor with one element, but got shape ${shapeText(this.shape)}`);
    const [value] = await this.data();
    return value ?? NaN;
  }

  /**
   * Overwrites the contents, in the order of the device's work.
   *
   * @throws ERR_ARGUMENT if type or length differ; ERR_RECORDING in {@link capture}.
   */
  write(data: HostArrays[D]): void {
    refuseRecording('write()', 'replays would write the same again; write in front of a replay');
    if (isHalf(this.dtype) || dtypeOf(data) !== this.dtype || data.length !== this.numel) {
      throw new ConvoltError('ERR_ARGUMENT', `write: expected ${this.numel} elements of ${this.dtype}, but got ${data.length} of ${dtypeOf(data)}`);
    }
    native.write(this.storage.handle, data);
    this.storage.noteUpdate();
  }

  /**
   * Overwrites the contents with those of another tensor, outside of any gradient.
   *
   * @throws ERR_ARGUMENT if shape, type or device differ.
   */
  copyFrom(other: Tensor<D extends Float ? Float : D>): void {
    if (!sameShape(other.shape, this.shape) || other.dtype !== this.dtype || other.device !== this.device) {
      throw new ConvoltError('ERR_ARGUMENT', `copyFrom: expected a tensor like ${this.toString()}, but got ${other.toString()}`);
    }
    overwrite(this, other);
  }

  /**
   * The same elements in another shape, without a copy. One extent may be -1: it is what remains.
   *
   * @throws ERR_ARGUMENT if the counts differ.
   */
  reshape(shape: Shape): Tensor<D> {
    const known = numel(shape.filter((extent) => extent !== -1));
    const resolved = shape.map((extent) => (extent === -1 ? this.numel / known : extent));
    const valid = resolved.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (!valid || numel(resolved) !== this.numel || shape.filter((extent) => extent === -1).length > 1) {
      throw new ConvoltError('ERR_ARGUMENT', `reshape: expected a shape with the ${this.numel} elements of ${shapeText(this.shape)}, but got ${shapeText(shape)}`);
    }
    const from = this.shape;
    const result = track(new Tensor(this.storage.retain(), resolved, this.dtype));
    if (wantsGradient({ x: this }, ['x'])) result.node = new OpNode('reshape', [this.node], (_, dy) => dy.reshape(from), []);
    return result;
  }

  /** The same values outside of any gradient: shares memory with this tensor. */
  detach(): Tensor<D> {
    return track(this.alias());
  }

  /** Like {@link detach}, but outside of every scope: whoever asks for it disposes it. @internal */
  alias(): Tensor<D> {
    return new Tensor(this.storage.retain(), this.shape, this.dtype);
  }

  /** `numel(shape)` elements from element `offset` on, as a tensor that shares their memory. @internal */
  view(offset: number, shape: Shape): Tensor<D> {
    const handle = native.view(this.storage.handle, offset, numel(shape));
    return track(new Tensor(new Storage(handle, this.device, this.dtype, { storage: this.storage, shape: this.shape, offset }), shape, this.dtype));
  }

  /** Lets go of how the tensor was made, if it is no leaf. @internal */
  leaveGraph(): void {
    if (!(this.node instanceof OpNode)) return;
    this.node.release();
    this.node = null;
  }

  /** Moves the tensor's identity onto the memory of another of the same shape, which is consumed. @internal */
  adopt(other: Tensor<D>): void {
    this.storage.release();
    this.owned = other.storage.retain();
    other.dispose();
  }

  /**
   * Adds the gradient of this one-element tensor to `grad` of every leaf it depends on, and frees what the
   * forward pass saved. Gradients have their leaf's type and shape.
   *
   * @throws ERR_ARGUMENT if the tensor has more than one element, does not depend on a leaf that wants a gradient, or
   *   `createGraph` meets an op whose gradient has none.
   */
  backward(options: BackwardOptions = {}): void {
    backward(this, options);
  }

  /**
   * Calls `hook` with the gradient of this tensor, complete, in each backward pass before it flows on. What the hook
   * returns takes its place; it has to have the same shape.
   *
   * @returns a function that removes the hook.
   * @throws ERR_ARGUMENT if no gradient flows to this tensor.
   */
  registerHook(hook: GradientHook): () => void {
    const { node } = this;
    if (!node) throw new ConvoltError('ERR_ARGUMENT', 'registerHook: expected a tensor that a gradient flows to, but got one without');
    node.hooks.push(hook);
    return () => {
      const at = node.hooks.indexOf(hook);
      if (at >= 0) node.hooks.splice(at, 1);
    };
  }

  /** Frees the tensor's share of its memory now instead of at the end of the scope. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.node?.release();
    this.node = null;
    this.owned.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor(${this.dtype} ${shapeText(this.shape)} on ${this.device.name})`;
  }
}

export interface TensorOptions {
  /** Default: the data's length as a vector. */
  shape?: Shape;
  /** Of plain numbers, or the 16-bit float type to store a Float32Array in. Default: the array's own, or float32. */
  dtype?: DType;
  /** Default: {@link defaultDevice}. */
  device?: Device | string;
  /** Default false. */
  requiresGrad?: boolean;
}

/** Resolves an optional device argument. @internal */
export function resolveDevice(value: Device | string | undefined): Device {
  if (value === undefined) return defaultDevice();
  return typeof value === 'string' ? openDevice(value) : value;
}

function upload(host: HostArray, shape: Shape, device: Device): Tensor<DType> {
  checkRecordingDevice('tensor()', device);
  try {
    return track(new Tensor(new Storage(native.create(device.id, host), device, dtypeOf(host)), shape, dtypeOf(host)));
  } catch (error) {
    throw fromNative(error);
  }
}

/**
 * A tensor with a copy of the data: a number, an array of numbers, or a Float32Array, Int32Array or Uint8Array.
 *
 * @throws ERR_ARGUMENT if the shape does not have as many elements as the data.
 */
export function tensor<D extends 'bfloat16' | 'float16'>(data: Float32Array, options: TensorOptions & { dtype: D }): Tensor<D>;
export function tensor<T extends HostArray>(data: T, options?: Omit<TensorOptions, 'dtype'>): Tensor<T extends Float32Array ? 'float32' : T extends Int32Array ? 'int32' : 'uint8'>;
export function tensor<D extends DType = 'float32'>(data: number | readonly number[], options?: TensorOptions & { dtype?: D }): Tensor<D>;
export function tensor(data: number | readonly number[] | HostArray, options: TensorOptions = {}): Tensor<DType> {
  const values = typeof data === 'number' ? [data] : data;
  const host = ArrayBuffer.isView(values) ? values : hostArray(options.dtype ?? 'float32', values);
  const shape = options.shape ?? (typeof data === 'number' ? [] : [host.length]);
  if (numel(shape) !== host.length || !shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) {
    throw new ConvoltError('ERR_ARGUMENT', `tensor: expected a shape with the ${host.length} elements of the data, but got ${shapeText(shape)}`);
  }
  const { dtype = dtypeOf(host) } = options;
  if (dtype !== dtypeOf(host) && !(isHalf(dtype) && host instanceof Float32Array)) {
    throw new ConvoltError('ERR_ARGUMENT', `tensor: expected dtype to be the data's own type ${dtypeOf(host)}, but got ${dtype}`);
  }
  const uploaded = upload(host, [...shape], resolveDevice(options.device));
  const result = dtype === uploaded.dtype ? uploaded : converted(uploaded, dtype);
  if (result !== uploaded) uploaded.dispose();
  if (options.requiresGrad) result.requiresGrad = true;
  return result;
}

/**
 * Files of torch.save that hold a state dict: the zip archives of torch 1.6 and newer, and what came before. The format is
 * that of torch/serialization.py; nothing in a file is ever run.
 */
import { ConvoltError } from '../core/errors.js';
import { numel, shapeText, type Shape } from '../core/shape.js';
import { elementBytes, type StoredType } from '../data/safetensors.js';
import type { ByteSource } from './byte_source.js';
import type { StoredTensor, WeightFile } from './stored_tensor.js';
import { PickleGlobal, PickleTuple, unpickle } from './unpickle.js';
import { openZip } from './zip.js';

const mostPickleBytes = 4e6; // some twenty thousand tensors
const legacyMagic = 0x1950a86a20f9469cfc6cn, legacyProtocol = 1001;

type Wrong = (what: string) => ConvoltError;

/** Elements that tensors are views of. */
class Storage {
  readonly type: StoredType;
  readonly key: string;
  readonly length: number;

  constructor(type: StoredType, key: string, length: number) {
    this.type = type;
    this.key = key;
    this.length = length;
  }
}

/** A view of a storage: element [i,j,…] is number offset + i * strides[0] + j * strides[1] + …. */
class View {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: Shape, strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

class StorageType extends PickleGlobal {
  readonly type: StoredType;

  constructor(type: StoredType) {
    super();
    this.type = type;
  }
}

const storageTypes = {
  DoubleStorage: 'F64', FloatStorage: 'F32', HalfStorage: 'F16', BFloat16Storage: 'BF16', LongStorage: 'I64', IntStorage: 'I32',
  ShortStorage: 'I16', CharStorage: 'I8', ByteStorage: 'U8', BoolStorage: 'BOOL',
} as const;

/** All that a state dict may name. */
function globalsOf(wrong: Wrong): Map<string, PickleGlobal> {
  const rebuildTensor = new PickleGlobal(([storage, offset, shape, strides]) => viewOf(storage, offset, shape, strides, wrong));
  return new Map<string, PickleGlobal>([
    ['collections.OrderedDict', new PickleGlobal(() => new Map())],
    ['torch._utils._rebuild_tensor', rebuildTensor],
    ['torch._utils._rebuild_tensor_v2', rebuildTensor],
    ['torch._utils._rebuild_parameter', new PickleGlobal(([tensor]) => tensor)],
    ['torch.Size', new PickleGlobal(([items]) => items)],
    ...Object.entries(storageTypes).map(([name, type]) => [`torch.${name}`, new StorageType(type)] as const),
  ]);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function counts(value: unknown): readonly number[] | undefined {
  return value instanceof PickleTuple && value.items.every(isCount) ? value.items : undefined;
}

function viewOf(storage: unknown, offset: unknown, size: unknown, stride: unknown, wrong: Wrong): View {
  const shape = counts(size), strides = counts(stride);
  if (!(storage instanceof Storage && isCount(offset) && shape && strides?.length === shape.length)) {
    throw wrong('it has a tensor without storage, offset, size and stride');
  }
  const elements = numel(shape);
  const last = shape.reduce((at, extent, axis) => at + (extent - 1) * strides[axis]!, offset);
  if (elements > 0 && (elements > storage.length || last >= storage.length)) {
    throw wrong(`a tensor ${shapeText(shape)} is larger than its storage of ${storage.length} elements`);
  }
  return new View(storage, offset, shape, strides);
}

/** The storage that a persistent id names: ('storage', type, key, location, length), and in old files a view, None. */
function storageOf(id: unknown, wrong: Wrong): Storage {
  const [tag, type, key, , length, view = null] = id instanceof PickleTuple ? id.items : [];
  if (tag !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(length) || view !== null) {
    throw wrong('it has a tensor whose storage is none');
  }
  return new Storage(type.type, key, length);
}

/** A view's elements, one behind the other. */
function gathered({ storage, offset, shape, strides }: View, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const size = elementBytes[storage.type], elements = numel(shape);
  let step = 1;
  const isDense = [...shape.keys()].reverse().every((axis) => {
    const isNext = shape[axis] === 1 || strides[axis] === step;
    step *= shape[axis]!;
    return isNext;
  });
  if (isDense || elements === 0) return bytes.slice(offset * size, (offset + elements) * size);
  const result = new Uint8Array(elements * size), index = shape.map(() => 0);
  for (let i = 0, at = offset; i < elements; i++) {
    result.set(bytes.subarray(at * size, (at + 1) * size), i * size);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Reads a storage's bytes. */
type ReadStorage = (storage: Storage) => Promise<Uint8Array<ArrayBuffer>>;

/** The tensors of a state dict, or of the one that training scripts put beside other things. */
function tensorsOf(root: unknown, read: ReadStorage, wrong: Wrong): Map<string, StoredTensor> {
  const found = viewsOf(root) ?? ['state_dict', 'model', 'model_state_dict', 'net'].map((key) => root instanceof Map && viewsOf(root.get(key))).find(Boolean);
  if (!found) throw wrong('it has no dict of tensors');
  return new Map([...found].map(([name, view]) => {
    const { shape, storage } = view;
    return [name, { shape, type: storage.type, bytes: async () => gathered(view, await read(storage)) }];
  }));
}

/** The tensors of a dict by their names; undefined if it is none, or has no tensor. */
function viewsOf(value: unknown): Map<string, View> | undefined {
  if (!(value instanceof Map)) return undefined;
  const views = new Map<string, View>();
  for (const [name, view] of value as Map<unknown, unknown>) if (typeof name === 'string' && view instanceof View) views.set(name, view);
  return views.size > 0 ? views : undefined;
}

/**
 * Reads what a file of torch.save (torch 1.6 and newer) says of its tensors.
 *
 * @throws ERR_DATA if it is damaged, is big-endian, or its pickle names anything that no state dict needs.
 */
export async function openTorchZip(source: ByteSource): Promise<WeightFile> {
  const wrong: Wrong = (what) => new ConvoltError('ERR_DATA', `${source.name}: expected a state dict of torch, but ${what}`);
  const zip = await openZip(source);
  const pickle = [...zip.entries].find(([name]) => name.endsWith('/data.pkl'));
  if (!pickle) throw wrong('the archive has no data.pkl');
  const [path, { size }] = pickle, folder = path.slice(0, -'data.pkl'.length);
  if (size > mostPickleBytes) throw wrong(`its pickle has ${size} bytes`);
  const order = zip.entries.has(`${folder}byteorder`) ? Buffer.from(await zip.read(`${folder}byteorder`)).toString() : 'little';
  if (order !== 'little') throw wrong('its numbers are big-endian');

  const { value } = unpickle(await zip.read(path), { globals: globalsOf(wrong), persistent: (id) => storageOf(id, wrong), wrong });
  const read: ReadStorage = async ({ key, type, length }) => {
    const bytes = await zip.read(`${folder}data/${key}`);
    if (bytes.length < length * elementBytes[type]) throw wrong(`storage ${key} has ${bytes.length} bytes for ${length} of ${type}`);
    return bytes;
  };
  return { tensors: tensorsOf(value, read, wrong), metadata: {}, isTorch: true };
}

/** Whether a file begins as those of torch before 1.6 do: with a pickle of a number. */
export function isLegacyTorch(start: Uint8Array): boolean {
  return start[0] === 0x80 && start[1] === 2 && start[2] === 0x8a && start[3] === 10;
}

/**
 * The same of a file of torch before 1.6: pickles of a number, a protocol, the machine, the state dict and the keys of
 * storages, and behind them each storage with its length in front.
 *
 * @throws ERR_DATA as {@link openTorchZip} does.
 */
export async function openLegacyTorch(source: ByteSource): Promise<WeightFile> {
  const wrong: Wrong = (what) => new ConvoltError('ERR_DATA', `${source.name}: expected a state dict of torch before 1.6, but ${what}`);
  const head = await source.read(0, Math.min(source.size, mostPickleBytes));
  const globals = globalsOf(wrong), storages = new Map<string, Storage>();
  const persistent = (id: unknown): Storage => {
    const named = storageOf(id, wrong), known = storages.get(named.key) ?? named;
    storages.set(named.key, known);
    return known;
  };
  let at = 0;
  const next = (): unknown => {
    const { value, end } = unpickle(head, { globals, persistent, wrong, at });
    at = end;
    return value;
  };
  const magic = next(), protocol = next(), machine = next();
  if (magic !== legacyMagic || protocol !== legacyProtocol) throw wrong('it does not begin as such a file does');
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) throw wrong('its numbers are big-endian');
  const root = next(), keys = next();
  if (!Array.isArray(keys)) throw wrong('it has no list of storages');

  const places = new Map<string, number>();
  for (const key of keys as readonly unknown[]) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw wrong('it lists a storage that no tensor uses');
    const length = Number(new DataView((await source.read(at, 8)).buffer).getBigInt64(0, true));
    if (length !== storage.length) throw wrong(`storage ${storage.key} has ${length} elements instead of ${storage.length}`);
    places.set(storage.key, at + 8);
    at += 8 + length * elementBytes[storage.type];
  }
  const read: ReadStorage = async ({ key, type, length }) => source.read(places.get(key) ?? source.size + 1, length * elementBytes[type]);
  return { tensors: tensorsOf(root, read, wrong), metadata: {}, isTorch: true };
}

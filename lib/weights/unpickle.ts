/**
 * A reader of Python's pickles (the module pickletools documents the format) that runs no code: a pickle is a program for
 * a machine with a stack, and of what such programs may name and call, this one knows only what it is given.
 */

/** Something that a pickle may name. */
export class PickleGlobal {
  /** What a call of it gives; without, it cannot be called. */
  readonly call: ((args: readonly unknown[]) => unknown) | undefined;

  constructor(call?: (args: readonly unknown[]) => unknown) {
    this.call = call;
  }
}

/** A Python tuple. */
export class PickleTuple {
  readonly items: readonly unknown[];

  constructor(items: readonly unknown[]) {
    this.items = items;
  }
}

export interface UnpickleOptions {
  /** What may be named, by `module.name`. */
  globals: ReadonlyMap<string, PickleGlobal>;
  /** Gives what a persistent id stands for. */
  persistent?: (id: unknown) => unknown;
  /** Where the pickle begins. Default 0. */
  at?: number;
  /** The error for a pickle that is damaged or names something else. */
  wrong: (what: string) => Error;
}

const decoder = new TextDecoder('utf-8');
const latin1 = new TextDecoder('latin1');

/** Reads a pickle. Lists become arrays, dicts maps, tuples {@link PickleTuple}. `end` is where the pickle ends. */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: unknown; end: number } {
  return new Unpickler(bytes, options).run();
}

class Unpickler {
  private readonly bytes: Uint8Array;
  private readonly fields: DataView;
  private readonly options: UnpickleOptions;
  private at: number;
  private readonly memo = new Map<number, unknown>();
  /** What is on top; below are the stacks that marks have set aside. */
  private stack: unknown[] = [];
  private readonly below: unknown[][] = [];

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.bytes = bytes;
    this.fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.options = options;
    this.at = options.at ?? 0;
  }

  run(): { value: unknown; end: number } {
    for (;;) {
      const code = this.bytes[this.skip(1)]!;
      if (code === 0x2e) return { value: this.pop(), end: this.at }; // STOP
      this.execute(code);
    }
  }

  /** Goes on by some bytes. Returns where they begin. */
  private skip(count: number): number {
    const begin = this.at;
    if (count > this.bytes.length - begin) throw this.options.wrong('its pickle is cut short');
    this.at += count;
    return begin;
  }

  private slice(count: number): Uint8Array {
    const begin = this.skip(count);
    return this.bytes.subarray(begin, begin + count);
  }

  private readonly uint8 = () => this.fields.getUint8(this.skip(1));
  private readonly uint16 = () => this.fields.getUint16(this.skip(2), true);
  private readonly uint32 = () => this.fields.getUint32(this.skip(4), true);
  private readonly uint64 = () => Number(this.fields.getBigUint64(this.skip(8), true));

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.options.wrong('its pickle is cut short');
    const text = decoder.decode(this.slice(end - this.at));
    this.skip(1);
    return text;
  }

  private pop(): unknown {
    if (this.stack.length === 0) throw this.options.wrong('its pickle takes from an empty stack');
    return this.stack.pop();
  }

  private top(): unknown {
    if (this.stack.length === 0) throw this.options.wrong('its pickle takes from an empty stack');
    return this.stack.at(-1);
  }

  /** All that lies above the last mark. */
  private popMark(): unknown[] {
    const items = this.stack, below = this.below.pop();
    if (!below) throw this.options.wrong('its pickle has no mark where one was expected');
    this.stack = below;
    return items;
  }

  private tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop()).reverse();
    this.stack.push(new PickleTuple(items));
  }

  private append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.options.wrong('its pickle appends to what is no list');
    for (const item of items) list.push(item);
  }

  private setItems(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.options.wrong('its pickle sets items of what is no dict');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  private global(module: string, name: string): void {
    const path = `${module}.${name}`, found = this.options.globals.get(path);
    if (!found) throw this.options.wrong(`it names ${path}, which no state dict needs: such a file could run code`);
    this.stack.push(found);
  }

  private reduce(): void {
    const args = this.pop(), called = this.pop();
    if (!(called instanceof PickleGlobal && called.call && args instanceof PickleTuple)) {
      throw this.options.wrong('its pickle calls what is no function');
    }
    this.stack.push(called.call(args.items));
  }

  private get(key: number): void {
    if (!this.memo.has(key)) throw this.options.wrong(`its pickle takes number ${key} from its memory, which is not there`);
    this.stack.push(this.memo.get(key));
  }

  private put(key: number): void {
    this.memo.set(key, this.top());
  }

  /** A whole number of two's complement, little-endian. */
  private long(count: number): void {
    const digits = this.slice(count);
    if (count > 16) throw this.options.wrong(`its pickle has a number of ${count} bytes`);
    let value = 0n;
    for (const [i, digit] of digits.entries()) value |= BigInt(digit) << BigInt(8 * i);
    const signed = BigInt.asIntN(Math.max(8 * count, 1), value);
    this.stack.push(signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed);
  }

  private text(count: number): void {
    this.stack.push(decoder.decode(this.slice(count)));
  }

  private frame(): void {
    this.skip(8); // the length of what follows, for readers of streams
  }

  private execute(code: number): void {
    const { stack } = this;
    switch (code) {
      case 0x80: // PROTO
        this.skip(1);
        return;
      case 0x95:
        return this.frame();
      case 0x28: // MARK
        this.below.push(stack);
        this.stack = [];
        return;
      case 0x30: // POP
        this.pop();
        return;
      case 0x31: // POP_MARK
        this.popMark();
        return;
      case 0x4e: // NONE
        stack.push(null);
        return;
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        stack.push(code === 0x88);
        return;
      case 0x4b: // BININT1
        stack.push(this.uint8());
        return;
      case 0x4d: // BININT2
        stack.push(this.uint16());
        return;
      case 0x4a: // BININT
        stack.push(this.uint32() | 0);
        return;
      case 0x8a: // LONG1
        return this.long(this.uint8());
      case 0x8b: // LONG4
        return this.long(this.uint32());
      case 0x47: // BINFLOAT, big-endian
        stack.push(this.fields.getFloat64(this.skip(8)));
        return;
      case 0x8c: // SHORT_BINUNICODE
        return this.text(this.uint8());
      case 0x58: // BINUNICODE
        return this.text(this.uint32());
      case 0x8d: // BINUNICODE8
        return this.text(this.uint64());
      case 0x55: // SHORT_BINSTRING
        stack.push(latin1.decode(this.slice(this.uint8())));
        return;
      case 0x29: // EMPTY_TUPLE
        return this.tuple(0);
      case 0x85: // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        return this.tuple(code - 0x84);
      case 0x74: // TUPLE
        this.push(new PickleTuple(this.popMark()));
        return;
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        return;
      case 0x61: // APPEND
        return this.append([this.pop()]);
      case 0x65: // APPENDS
        return this.append(this.popMark());
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        return;
      case 0x73: // SETITEM
        return this.setItems([this.pop(), this.pop()].reverse());
      case 0x75: // SETITEMS
        return this.setItems(this.popMark());
      case 0x63: // GLOBAL
        return this.global(this.line(), this.line());
      case 0x93: // STACK_GLOBAL
        return this.stackGlobal();
      case 0x52: // REDUCE
        return this.reduce();
      case 0x62: // BUILD: attributes of an object; those of an ordered dict are torch's notes on versions
        this.pop();
        this.top();
        return;
      case 0x51: // BINPERSID
        return this.persistent();
      case 0x68: // BINGET
        return this.get(this.uint8());
      case 0x6a: // LONG_BINGET
        return this.get(this.uint32());
      case 0x71: // BINPUT
        return this.put(this.uint8());
      case 0x72: // LONG_BINPUT
        return this.put(this.uint32());
      case 0x94: // MEMOIZE
        return this.put(this.memo.size);
      default:
        throw this.options.wrong(`its pickle has the instruction 0x${code.toString(16).padStart(2, '0')}, which no state dict needs`);
    }
  }

  private push(value: unknown): void {
    this.stack.push(value);
  }

  private stackGlobal(): void {
    const name = this.pop(), module = this.pop();
    if (typeof name !== 'string' || typeof module !== 'string') throw this.options.wrong('its pickle names something by what is no text');
    this.global(module, name);
  }

  private persistent(): void {
    const id = this.pop();
    if (!this.options.persistent) throw this.options.wrong('its pickle has a persistent id where none was expected');
    this.push(this.options.persistent(id));
  }
}

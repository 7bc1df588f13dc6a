import { ConvoltError } from './errors.js';

/** What a scope frees. */
export interface Disposable {
  dispose(): void;
}

const stack: Set<Disposable>[] = [];

/** Puts a new object under the innermost scope, if there is one. Returns it. @internal */
export function track<T extends Disposable>(made: T): T {
  stack.at(-1)?.add(made);
  return made;
}

/** Takes an object out of every scope: it lives until it is disposed. Returns it. */
export function keep<T extends Disposable>(made: T): T {
  for (const scoped of stack) scoped.delete(made);
  return made;
}

function isDisposable(value: object): value is Disposable {
  return 'dispose' in value && typeof value.dispose === 'function';
}

/** Calls `visit` for every disposable object in a value made of arrays, maps and plain objects. */
function forEachDisposable(value: unknown, visit: (found: Disposable) => void, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isDisposable(value)) {
    visit(value);
  } else if (value instanceof Map || Array.isArray(value)) {
    for (const item of value.values()) forEachDisposable(item, visit, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) forEachDisposable(item, visit, seen);
  }
}

/**
 * Runs `fn` and frees every tensor made inside, but for those in its result (a tensor, or arrays, maps and
 * plain objects of them) and those given to {@link keep}.
 *
 * @throws ERR_ARGUMENT if `fn` returns a promise: what is made after an `await` could not be told from what
 *   others make meanwhile. Await outside of the scope.
 */
export function scope<T>(fn: () => T): T {
  const { result, made } = handingOver(() => {
    const value = fn();
    if (value instanceof Promise) {
      throw new ConvoltError('ERR_ARGUMENT', 'scope: expected a function that returns no promise, but got an async one');
    }
    return value;
  });
  for (const object of made) track(object);
  return result;
}

/** As {@link scope}, but what was made inside and is in the result is in no scope: the caller owns it. @internal */
export function handingOver<T>(fn: () => T): { result: T; made: Disposable[] } {
  const inside = new Set<Disposable>(), made: Disposable[] = [];
  stack.push(inside);
  try {
    const result = fn();
    forEachDisposable(
      result,
      (found) => {
        if (inside.delete(found)) made.push(found);
      },
      new Set(),
    );
    return { result, made };
  } finally {
    stack.pop();
    for (const object of inside) object.dispose();
  }
}

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
  const made = new Set<Disposable>();
  stack.push(made);
  let result: T;
  try {
    result = fn();
    if (result instanceof Promise) {
      throw new ConvoltError('ERR_ARGUMENT', 'scope: expected a function that returns no promise, but got an async one');
    }
    forEachDisposable(
      result,
      (found) => {
        if (made.delete(found)) stack.at(-2)?.add(found);
      },
      new Set(),
    );
  } finally {
    stack.pop();
    for (const object of made) object.dispose();
  }
  return result;
}

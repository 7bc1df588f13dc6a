/** The kinds of error that convolt throws. A message is one sentence: who, which argument, expected, received. */
export type ErrorCode =
  | 'ERR_ARGUMENT' // a wrong argument
  | 'ERR_DATA' // a data set, checkpoint or other file whose contents are wrong
  | 'ERR_FILE' // a file or folder that cannot be read or written
  | 'ERR_DEVICE' // a device that is not there or cannot be used
  | 'ERR_OUT_OF_MEMORY' // a device or the host has no memory left, or a limit is reached
  | 'ERR_NOT_FINITE' // a NaN or an infinity, where detectAnomaly looks for them
  | 'ERR_RECORDING' // work that cannot be a part of a recorded step
  | 'ERR_INTERNAL'; // a mistake of convolt's own

/** The one class of errors that convolt throws. `code` tells the kind, for programs. */
export class ConvoltError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConvoltError';
    this.code = code;
  }
}

/** What native code threw, as the error that users see. @internal */
export function fromNative(error: unknown): ConvoltError {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('out of memory')) return new ConvoltError('ERR_OUT_OF_MEMORY', message);
  return new ConvoltError(message.startsWith('capture: ') ? 'ERR_RECORDING' : 'ERR_INTERNAL', message);
}

/**
 * Texts that tell nothing about the cause: exceptions of Python itself, and sentences without a reason. They are `unknown` so
 * that nobody acts on a guess.
 */
import type { Signature } from './signature.ts'

export const BUG = [
  {
    name: 'python-exception',
    cause: 'unknown',
    transient: 'no',
    patterns: [
      /'NoneType' object|object has no attribute|object is not (?:subscriptable|iterable|callable)|unexpected keyword argument|positional arguments?\b/i,
      /\b(?:TypeError|AttributeError|KeyError|IndexError|UnboundLocalError|NameError|AssertionError|NotImplementedError|RecursionError):/,
      /(?:list|tuple|string) index out of range|referenced before assignment|is not JSON serializable|not enough values to unpack/i,
      /^'[\w.:-]{1,60}'\.?$/,
      /^BUG: |step returned invalid value/,
      /codec can't (?:en|de)code|cannot unpack|maximum recursion depth|An exclusive lock is required|\bVersion \d[\d.]{0,8} of \w{1,40} is not supported/i,
    ],
    why: 'The text of a Python exception: a defect in the code, where trying again meets the same line.',
    example: "Failed to tear down: 'str' object has no attribute 'items'",
  },
  {
    name: 'local-command-failed',
    cause: 'unknown',
    transient: 'maybe',
    patterns: [/^Unexpected error while running command\. Command: (?:sudo )?(?:kill|ps|pgrep|socat|shellinaboxd?)\b/i],
    why: 'A helper process of the conductor failed (oslo_concurrency ProcessExecutionError); the text does not say what it was for.',
    example: "Failed to tear down: Unexpected error while running command.\nCommand: kill -0 4711\nExit code: 1\nStdout: ''\nStderr: ''",
  },
  {
    name: 'nothing-said',
    cause: 'unknown',
    transient: 'maybe',
    patterns: [
      /^Failed to tear down \w+ after aborting the operation/i,
      /^(?:Could not find|Failed to find) node \S+ in cache/i,
      /^\*\* (?:Value )?Redacted/i,
      /^Could not find a node for attributes/i,
      /^An unknown exception occurred/i,
    ],
    why: 'The sentence names a phase and no reason.',
    example: 'Failed to tear down cleaning after aborting the operation',
  },
] as const satisfies readonly Signature[]

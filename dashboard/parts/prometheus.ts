/**
 * Reads the daemon's own figures as /metrics gives them: plain samples of the text format, which is all that the page needs.
 */
export type Sample = { name: string; labels: Record<string, string>; value: number }

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g

export const samplesIn = (text: string): Sample[] =>
  text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined) return []
    return [
      { name, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text])), value: Number(value) },
    ]
  })

export const named = (samples: readonly Sample[], name: string): Sample[] => samples.filter((sample) => sample.name === name)
export const sumOf = (samples: readonly Sample[]): number => samples.reduce((sum, { value }) => sum + value, 0)

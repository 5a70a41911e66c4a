/**
 * How a picture of a history looks: few colours, each with one meaning. Under way is blue, failed is red, healthy green; a person's is dark,
 * Anneal's own violet. Nothing is drawn here.
 */

/** The first that fits. */
export const STATES: readonly { test: RegExp; colour: string; says: string }[] = [
  { test: /^active$/, colour: '#86bf86', says: 'active: a tenant has it' },
  { test: /^(available|manageable)$/, colour: '#cfe8cf', says: 'available' },
  { test: /^(error|.* failed)$/, colour: '#e0605b', says: 'error or a failed step' },
  { test: /^(deleting|cleaning|clean wait)$/, colour: '#5b8fd6', says: 'deleting, cleaning' },
  { test: /./, colour: '#b4c9ea', says: 'deploying and the rest' },
]

export const MAINTENANCE = {
  ours: { colour: '#7b3fa0', says: "maintenance: Anneal's quarantine" },
  person: { colour: '#33383f', says: "maintenance: a person's" },
  ironic: { colour: '#d08a12', says: "maintenance: Ironic's own fault" },
} as const

const triangle = (x: number, y: number): string => `<path d="M${x - 4.5} ${y + 4}h9l-4.5-8.5z"/>`

/** `look` is attributes for a group. */
export const MARKS = {
  act: { draw: triangle, look: 'fill="#0b5cad" stroke="#0b5cad"', says: 'Anneal acts, and Ironic accepts' },
  tried: { draw: triangle, look: 'fill="#fff" stroke="#0b5cad" stroke-width="1.4"', says: 'Anneal acts: refused, not sent, or not known' },
  person: {
    draw: (x: number, y: number) => `<path d="M${x} ${y - 5}l4.5 5-4.5 5-4.5-5z"/>`,
    look: 'fill="#b3261e" stroke="#b3261e"',
    says: 'a person is told',
  },
  done: {
    draw: (x: number, y: number) => `<path d="M${x - 4.5} ${y}l3.4 3.6 5.6-7.2"/>`,
    look: 'fill="none" stroke="#1d7a36" stroke-width="2.2"',
    says: 'healed or launched',
  },
  breach: {
    draw: (x: number, y: number) => `<path d="M${x - 6} ${y - 6}l12 12m0-12l-12 12"/>`,
    look: 'fill="none" stroke="#ff0000" stroke-width="3.2"',
    says: 'a promise was broken',
  },
} as const

export const STYLE = `body{margin:20px 24px;font:14px/1.45 system-ui,sans-serif;background:#fff;color:#1f2328;max-width:1600px}
h1{font-size:19px;margin:0}p{margin:2px 0 10px;color:#59636e}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 10px;font-size:12px}.legend span{display:inline-flex;align-items:center;gap:6px}.key{width:18px;height:14px}
svg{width:100%;font:11px system-ui,sans-serif}body>svg{min-width:1000px}svg text{fill:#1f2328}
.grid{stroke:#e6e8eb}svg .small{fill:#59636e;font-size:10.5px}svg .lane{fill:#59636e}svg .in{font-size:9.8px}
.span{fill:#f3c98b;stroke:#d08a12}.some{fill:#fbe9cf;stroke:#e0b877}.noise{fill:#f3f4f6;stroke:#d5d9de}
.deed{fill:#33383f}.lasting{stroke:#8b949e;stroke-width:2}
.cut{fill:#f0f1f3}svg .cut-text{fill:#59636e;font-size:10px;font-style:italic}.calm{stroke:#1d7a36;stroke-dasharray:5 4}svg .calm-text{fill:#1d7a36}`

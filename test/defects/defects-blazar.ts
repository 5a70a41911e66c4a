/** Planted defects in what is done at Blazar; what an edit must keep to stands in defects.ts. */
import type { Defect, Edit } from './defect.ts'

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace })
const ACT = 'src/actions/shield.ts'
const AT_HOME = 'src/core/at-home.ts'
const SHIELD = 'src/core/shield.ts'
/** A Blazar at every site, not at one of three: a rare chain of events is met within the seeds. */
const AT_EVERY_SITE = edit('src/simulator/drawn-site.ts', 'if (!chance(random, 1 / 3)) return []', 'chance(random, 1 / 3)')

export const RESERVATIONS: readonly Defect[] = [
  {
    name: 'undo without comparing',
    imitates: 'a healer that enables whatever it once disabled',
    breaks: ['S11'],
    seeds: 24,
    edits: [AT_EVERY_SITE, edit(ACT, 'if (updated_at === null || host.updated_at !== updated_at)', 'if (host.id !== host_id)')],
  },
  {
    name: 'shield over what an operator disabled',
    imitates: 'a host that is not read right before',
    breaks: ['S11'],
    seeds: 24,
    often: ['ambush before-mark "blazar-disable @ for 10m"'],
    edits: [edit(ACT, 'if (host.disabled !== false) return { reason', 'if (host.id !== host_id) return { reason')],
  },
  {
    name: 'a shield that is forgotten',
    imitates: 'a case that closes without putting right what it changed elsewhere',
    breaks: ['S11', 'S12'],
    seeds: 24,
    edits: [
      edit(
        AT_HOME,
        '(unsettled(j) ?? shieldOver(j, { taken: isTaken(j) }) ?? closing(j, decision))',
        '(unsettled(j) ?? closing(j, decision))',
      ),
      edit(AT_HOME, 'shieldOver(j, { taken: isTaken(j) }) ?? notSeenSince(j)', 'notSeenSince(j)'),
    ],
  },
  {
    name: 'a lease given back as anybody’s',
    imitates: 'a change of a lease that says less than the lease did',
    breaks: ['S13'],
    seeds: 24,
    edits: [
      AT_EVERY_SITE,
      edit(
        'src/actions/give-back.ts',
        'reserveAgain(wanted.id, wanted.reservation, {',
        "reserveAgain(wanted.id, { ...wanted.reservation, resource_properties: '' }, {",
      ),
    ],
  },
  {
    name: '`disabled` to any Blazar',
    imitates: 'taking a 200 of upstream Blazar for a yes',
    breaks: ['S13'],
    seeds: 24,
    edits: [
      AT_EVERY_SITE,
      edit(SHIELD, "if (kind !== 'chameleon' || host?.disabled !== false ||", 'if (host === null || host.disabled === true ||'),
      edit(ACT, 'if (host.disabled !== false) return { reason', 'if (host.disabled === true) return { reason'),
    ],
  },
]

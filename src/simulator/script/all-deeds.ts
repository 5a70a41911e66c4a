/** Every deed that a scenario can name. */
import type { Deed } from './deed.ts'
import { BLAZAR_DEEDS } from './deeds-blazar.ts'
import { BUS_DEEDS } from './deeds-bus.ts'
import { CLOUD_DEEDS } from './deeds-cloud.ts'
import { OPERATOR_DEEDS } from './deeds-operator.ts'
import { PEOPLE_DEEDS } from './deeds-people.ts'

export const DEEDS: ReadonlyMap<string, Deed> = new Map(
  Object.entries({ ...CLOUD_DEEDS, ...PEOPLE_DEEDS, ...OPERATOR_DEEDS, ...BLAZAR_DEEDS, ...BUS_DEEDS }),
)

/**
 * What a change of a node's driver does to its interfaces: `reset_interfaces` gives each that the same patch does not name the new driver's
 * default. Measured on a real 21.4: such a patch is taken in `available`, `active` and `error`, maintenance or not.
 */

import type { Reply } from './answer.ts'
import { fault } from './ironic-states.ts'
import type { NodeRow } from './world.ts'

export const FAKE_DRIVER = 'fake-hardware'

type Interfaces = Pick<
  NodeRow,
  | 'bios_interface'
  | 'boot_interface'
  | 'console_interface'
  | 'deploy_interface'
  | 'inspect_interface'
  | 'management_interface'
  | 'power_interface'
  | 'raid_interface'
  | 'rescue_interface'
  | 'vendor_interface'
>

const NONE = {
  bios_interface: 'no-bios',
  console_interface: 'no-console',
  raid_interface: 'no-raid',
  rescue_interface: 'no-rescue',
} as const
const IPMI: Interfaces = {
  ...NONE,
  boot_interface: 'pxe',
  deploy_interface: 'direct',
  inspect_interface: 'no-inspect',
  management_interface: 'ipmitool',
  power_interface: 'ipmitool',
  vendor_interface: 'ipmitool',
}
const FAKE: Interfaces = {
  ...{ bios_interface: 'fake', boot_interface: 'fake', console_interface: 'fake', deploy_interface: 'fake', inspect_interface: 'fake' },
  ...{ management_interface: 'fake', power_interface: 'fake', raid_interface: 'fake', rescue_interface: 'fake', vendor_interface: 'fake' },
}

/** The defaults of a driver where both hardware types are enabled with all of their interfaces. */
export const interfacesOf = (driver: 'fake-hardware' | 'ipmi'): Interfaces => (driver === FAKE_DRIVER ? FAKE : IPMI)

/** What else a patch of the driver changes, or why it is refused: without a reset every interface must go with the new driver. */
export function withInterfaces(row: NodeRow, patched: Partial<NodeRow>, isReset: boolean): Partial<NodeRow> | { refusal: Reply } {
  const { driver } = patched
  if (driver === undefined || driver === row.driver) return patched
  if (driver !== FAKE_DRIVER && driver !== 'ipmi')
    return {
      refusal: fault(
        400,
        `No valid host was found. Reason: No conductor service registered which supports driver ${driver} for conductor group "${row.conductor_group}".`,
      ),
    }
  if (isReset) return { ...interfacesOf(driver), ...patched }
  // Which of the interfaces is named first is Python's to say.
  const named = row.driver === FAKE_DRIVER ? '<ironic.drivers.modules.fake.FakeRAID object at 0x7f2a5d97c110>' : 'ipmitool'
  const type = driver === FAKE_DRIVER ? 'FakeHardware' : 'IPMIHardware'
  return { refusal: fault(400, `raid interface implementation '${named}' is not supported by hardware type ${type}.`) }
}

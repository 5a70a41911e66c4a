/** What a person is told to do for each cause, and where that stands; that it stands there is held by test/runbook.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviceFor } from './cause-advice.ts'
import { CAUSES } from './decision.ts'

test('advises for each cause what a person does, and names its place in the runbook', () => {
  const told = CAUSES.map((cause) => {
    const { advice, runbook } = adviceFor(cause)
    return [runbook, advice]
  })
  assert.deepEqual(told, [
    ['docs/runbook.md#bmc-unreachable', 'Look at the BMC, its NIC, cable and switch port only when Anneal says so.'],
    ['docs/runbook.md#api-unreachable', 'Mend the service. Nothing is needed on the node.'],
    ['docs/runbook.md#bmc-fault', 'Correct credentials or licence, reset the BMC, or replace it.'],
    ['docs/runbook.md#network-fabric', "Look at the switch port and at Neutron's log."],
    ['docs/runbook.md#agent', "Look at the node's console, DHCP and the ramdisk."],
    ['docs/runbook.md#storage', 'Look at the volume targets or the disk.'],
    ['docs/runbook.md#locked', 'Nothing, unless it lasts.'],
    ['docs/runbook.md#config', 'Correct what the text names, then `anneal retry`.'],
    ['docs/runbook.md#unknown', 'Read the evidence in `anneal explain`.'],
  ])
})

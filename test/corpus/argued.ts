/**
 * The texts that are read otherwise than they were labelled, with the reason why no rule was made for them. A label is never changed
 * after a rule has read its text.
 */
export const ARGUED: Record<string, string> = {
  w177: 'the label knows a cause (an integer password) that the text does not hold',
  u174: 'an address pool that is used up: the rule says a person must enlarge it, the label hopes for left-over ports to go',
  v008: 'the dialect is a constant in the program, but the words are those of a wrong setting',
  v059: 'the agent could not start its iSCSI target: agent and storage are both in the sentence',
  v076: 'the SDK waited for a port to become ACTIVE: the label blames Neutron, the reading the fabric, as for "failed to reach status ACTIVE"',
  x063: 'ports for consoles on the conductor: nothing of the node, but the words are those of a setting',
  y036: 'the driver that spoke SSH left Ironic in Queens, and its sentence names no BMC',
}

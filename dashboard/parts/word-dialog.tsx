/**
 * The dialog of a person's word: what it does, and why it is said. The reason stands in the audit trail, and without one nothing is said. Who
 * says it is who is logged in, or else what this browser was told last.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form'
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/dynamic/components/Modal'
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { say } from '../api/login.ts'
import { client, login } from '../api/queries.ts'
import { announce } from './announcement.tsx'
import { Trouble } from './answered.tsx'
import type { Word } from './word.tsx'

const BY_KEY = 'anneal-by'
const WHY_MAX = 500

export function WordDialog({ word, about, close }: { word: Word; about: string; close: () => void }) {
  const id = useId()
  const [why, setWhy] = useState('')
  const [by, setBy] = useState(localStorage.getItem(BY_KEY) ?? '')
  const isKnown = useQuery(login).data?.as?.method === 'keystone'
  const said = useMutation({
    mutationFn: () => say(word.path, { ...word.body, why: why.trim(), ...(isKnown || by.trim() === '' ? {} : { by: by.trim() }) }),
    onSuccess: ({ message }) => {
      localStorage.setItem(BY_KEY, by.trim())
      announce(message)
      close()
      void client.invalidateQueries()
    },
  })
  const isReady = why.trim() !== '' && !said.isPending
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isReady) said.mutate()
  }
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby={`${id}-title`} aria-describedby={`${id}-does`}>
      <ModalHeader title={`${word.label} ${about}`} labelId={`${id}-title`} description={word.does} descriptorId={`${id}-does`} />
      <ModalBody>
        <Form id={id} onSubmit={submit}>
          <FormGroup label="Why" isRequired fieldId={`${id}-why`}>
            <TextInput
              id={`${id}-why`}
              isRequired
              autoFocus
              maxLength={WHY_MAX}
              value={why}
              onChange={(_event, value) => setWhy(value)}
              placeholder="It stands in the audit trail"
            />
          </FormGroup>
          {isKnown ? null : (
            <FormGroup label="Your name" fieldId={`${id}-by`}>
              <TextInput id={`${id}-by`} maxLength={100} autoComplete="name" value={by} onChange={(_event, value) => setBy(value)} />
            </FormGroup>
          )}
          {said.error === null ? null : <Trouble error={said.error} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button type="submit" form={id} variant={word.isWeighty === true ? 'danger' : 'primary'} isDisabled={!isReady}>
          {word.label}
        </Button>
        <Button variant="link" onClick={close}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  )
}

/**
 * The form to log in, at every address until somebody is: with what the cloud's own Keystone takes, or with a token of Anneal's. What is
 * typed goes to the daemon once and is kept nowhere.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { Form, FormGroup } from '@patternfly/react-core/dist/dynamic/components/Form'
import { TextInput } from '@patternfly/react-core/dist/dynamic/components/TextInput'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useId, useState } from 'react'
import type { Answers } from '../api/answers.ts'
import { logIn, type Shown } from '../api/login.ts'
import { Heading, Trouble } from '../parts/answered.tsx'

type Typed = Record<string, string>
type Field = { name: string; label: string; isSecret?: boolean; isOptional?: boolean; autoComplete?: string }
type Way = { label: string; fields: Field[]; shown: (typed: Typed) => Shown }

const PASSWORD: Way = {
  label: 'Password',
  fields: [
    { name: 'user', label: 'User', autoComplete: 'username' },
    { name: 'password', label: 'Password', isSecret: true, autoComplete: 'current-password' },
    { name: 'domain', label: 'Domain, where it is not the usual one', isOptional: true },
  ],
  shown: ({ user = '', password = '', domain = '' }) => ({ user, password, ...(domain === '' ? {} : { domain }) }),
}
const CREDENTIAL: Way = {
  label: 'Application credential',
  fields: [
    { name: 'id', label: 'ID' },
    { name: 'secret', label: 'Secret', isSecret: true },
  ],
  shown: ({ id = '', secret = '' }) => ({ applicationCredential: { id, secret } }),
}
const TOKEN: Way = {
  label: 'Token',
  fields: [{ name: 'token', label: 'Token of anneal token add', isSecret: true }],
  shown: ({ token = '' }) => ({ token }),
}

export function LoginPage({ methods }: Pick<Answers['login'], 'methods'>) {
  const ways = methods.includes('keystone') ? [PASSWORD, CREDENTIAL, TOKEN] : [TOKEN]
  const [way, setWay] = useState(ways[0] ?? TOKEN)
  useEffect(() => {
    document.title = 'Log in · Anneal'
  }, [])
  return (
    <main className="login">
      <Heading title="Log in to Anneal" />
      {ways.length === 1 ? null : (
        <fieldset className="login-ways" aria-label="With what">
          {ways.map((one) => (
            <label key={one.label}>
              <input type="radio" name="way" checked={one === way} onChange={() => setWay(one)} /> {one.label}
            </label>
          ))}
        </fieldset>
      )}
      <LoginForm key={way.label} way={way} />
    </main>
  )
}

function LoginForm({ way: { fields, shown } }: { way: Way }) {
  const id = useId()
  const [typed, setTyped] = useState<Typed>({})
  const login = useMutation({ mutationFn: () => logIn(shown(typed)) })
  const isReady = !login.isPending && fields.every(({ name, isOptional }) => isOptional === true || (typed[name] ?? '') !== '')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (isReady) login.mutate()
  }
  return (
    <Form onSubmit={submit}>
      {fields.map(({ name, label, isSecret, isOptional, autoComplete }, at) => (
        <FormGroup key={name} label={label} isRequired={isOptional !== true} fieldId={`${id}-${name}`}>
          <TextInput
            id={`${id}-${name}`}
            type={isSecret === true ? 'password' : 'text'}
            isRequired={isOptional !== true}
            autoFocus={at === 0}
            autoComplete={autoComplete ?? 'off'}
            value={typed[name] ?? ''}
            onChange={(_event, value) => setTyped({ ...typed, [name]: value })}
          />
        </FormGroup>
      ))}
      {login.error === null ? null : <Trouble error={login.error} />}
      <Button type="submit" isDisabled={!isReady}>
        Log in
      </Button>
    </Form>
  )
}

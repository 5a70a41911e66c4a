/**
 * A person's word: a button, whose dialog asks why (word-dialog.tsx, in a file of its own, since most views end without one). Viewers may only
 * look.
 */
import { Button } from '@patternfly/react-core/dist/dynamic/components/Button'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { login } from '../api/queries.ts'
import { WordDialogLater } from '../pages/later.tsx'

export type Word = {
  label: string
  /** What it does, in a sentence or two. */
  does: string
  path: string
  body?: Record<string, unknown>
  isWeighty?: boolean
}

export function WordButton({ word, about, isPlain = true }: { word: Word; about: string; isPlain?: boolean }) {
  const [isOpen, setOpen] = useState(false)
  const isViewer = useQuery(login).data?.as?.role === 'viewer'
  if (isViewer) return null
  return (
    <>
      <Button variant={isPlain ? 'secondary' : 'primary'} isDanger={word.isWeighty === true} size="sm" onClick={() => setOpen(true)}>
        {word.label}
      </Button>
      {isOpen ? <WordDialogLater word={word} about={about} close={() => setOpen(false)} /> : null}
    </>
  )
}

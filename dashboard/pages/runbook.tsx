/**
 * The runbook, as the project publishes it, built into the page: each cause and each reason has its heading, and the dashboard leads there.
 */
import { type ReactNode, useEffect } from 'react'
import runbook from '../../docs/runbook.md?raw'
import { Link } from '../address.tsx'
import { Heading } from '../parts/answered.tsx'

type Block = { heading: { level: number; text: string } | null; lines: string[] }

/** Headings, lists and paragraphs are all that the runbook is made of. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  for (const line of text.split('\n')) {
    const [, marks, title] = /^(#{1,3}) (.*)/.exec(line) ?? []
    if (marks !== undefined && title !== undefined) blocks.push({ heading: { level: marks.length, text: title }, lines: [] })
    else blocks.at(-1)?.lines.push(line)
  }
  return blocks
}

const BLOCKS = blocksOf(runbook)
const slugOf = (title: string): string => title.toLowerCase().replaceAll(' ', '-')

const SPAN = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)]+)\)/g

function inline(text: string): ReactNode[] {
  const parts: ReactNode[] = []
  let from = 0
  for (const match of text.matchAll(SPAN)) {
    const [whole, code, strong, label, target = ''] = match
    parts.push(text.slice(from, match.index))
    const key = `${match.index}`
    if (code !== undefined) parts.push(<code key={key}>{code}</code>)
    else if (strong !== undefined) parts.push(<b key={key}>{strong}</b>)
    // Other pages of the documentation are not here.
    else if (target.startsWith('#'))
      parts.push(
        <Link key={key} to={`/runbook/${target.slice(1)}`}>
          {label}
        </Link>,
      )
    else parts.push(label)
    from = match.index + whole.length
  }
  parts.push(text.slice(from))
  return parts
}

function Body({ lines }: { lines: string[] }) {
  // A line that goes on is indented or begins with no sign of its own.
  const items = lines
    .join('\n')
    .split(/\n(?=- )|\n\n+/)
    .map((item) => item.replaceAll(/\s+/g, ' ').trim())
    .filter((item) => item !== '')
  const points = items.filter((item) => item.startsWith('- '))
  return (
    <>
      {items
        .filter((item) => !item.startsWith('- '))
        .map((item) => (
          <p key={item}>{inline(item)}</p>
        ))}
      {points.length === 0 ? null : (
        <ul>
          {points.map((item) => (
            <li key={item}>{inline(item.slice(2))}</li>
          ))}
        </ul>
      )}
    </>
  )
}

export function RunbookPage({ slug }: { slug: string }) {
  useEffect(() => {
    if (slug !== '') document.getElementById(slug)?.scrollIntoView({ block: 'start' })
  }, [slug])
  return (
    <div className="runbook">
      {BLOCKS.map(({ heading, lines }) => {
        if (heading === null) return null
        const id = slugOf(heading.text)
        if (heading.level === 1) return <Heading key={id} title={heading.text} />
        const Title = heading.level === 2 ? 'h2' : 'h3'
        return (
          <section
            key={id}
            id={id}
            className={id === slug ? 'passage is-meant' : 'passage'}
            aria-current={id === slug ? 'true' : undefined}
          >
            <Title>{heading.text}</Title>
            <Body lines={lines} />
          </section>
        )
      })}
    </div>
  )
}

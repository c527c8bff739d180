import { Button, Group, Text, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { type DaySpan, spanProblem } from './overview-range.ts'

export interface CustomRangeProps {
  readonly span: DaySpan
  readonly onApply: (span: DaySpan) => void
}

/** The first and the last day, taken by a button: half of a choice is no range. */
export default function CustomRange({ span, onApply }: CustomRangeProps) {
  const [from, setFrom] = useState(span.from)
  const [to, setTo] = useState(span.to)
  const [problem, setProblem] = useState<string | null>(null)
  const problemId = useId()
  const described = {
    'aria-invalid': problem !== null,
    'aria-describedby': problemId,
    error: problem !== null,
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        const found = spanProblem({ from, to }, Date.now())
        setProblem(found)
        if (found === null) onApply({ from, to })
      }}
    >
      <Group gap="xs">
        <TextInput
          type="date"
          aria-label="First day, in UTC"
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
          {...described}
        />
        <span aria-hidden="true">–</span>
        <TextInput
          type="date"
          aria-label="Last day, in UTC"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          {...described}
        />
        <Button type="submit" variant="default">
          Apply
        </Button>
      </Group>
      <Text
        id={problemId}
        role="alert"
        size="sm"
        c="var(--mantine-color-error)"
        mt={problem === null ? 0 : 4}
      >
        {problem}
      </Text>
    </form>
  )
}

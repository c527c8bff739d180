import { flushSync } from 'react-dom'

/** Shows what is wrong in a form, and leads to the first of it. @param show makes the errors appear */
export function focusInvalid(form: HTMLFormElement, show: () => void): void {
  flushSync(show)
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
}

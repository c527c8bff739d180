import { Burger } from '@mantine/core'
import { useWindowEvent } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { useSession } from '../session/session.tsx'
import { Account } from './account.tsx'
import { Brand } from './brand.tsx'
import { Navigation } from './navigation.tsx'
import style from './shell.module.css'

/** The frame around every page: places at the left, behind a button where the screen is narrow. */
export function Shell({ children }: { readonly children: ReactNode }) {
  const { appName } = useSession()
  const [opened, setOpened] = useState(false)
  const close = () => setOpened(false)
  useWindowEvent('keydown', ({ key }) => {
    if (key === 'Escape') close()
  })
  return (
    <div className={style.frame}>
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className={style.bar}>
        <Brand appName={appName} />
        <Burger
          opened={opened}
          onClick={() => setOpened(!opened)}
          size="sm"
          aria-label={opened ? 'Close the navigation' : 'Open the navigation'}
          aria-expanded={opened}
          aria-controls="places"
        />
      </header>
      <nav id="places" className={style.places} aria-label="Places" data-closed={opened ? undefined : true}>
        <div className={style.brand}>
          <Brand appName={appName} />
        </div>
        <div className={style.links}>
          <Navigation onVisit={close} />
        </div>
        <Account />
      </nav>
      <main id="content" className={style.content} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
